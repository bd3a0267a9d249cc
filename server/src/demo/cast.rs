//! Who is in the demo: a vendor's plans, resellers and tenants, and how the tenants behave.

use crate::{billing::plan::price::Cadence, identity::user::membership::Role};

/// How far back the demo begins, in days.
pub const DAYS: i64 = 214;

const MIB: i64 = 1 << 20;

/// A plan.
pub struct Plan {
    pub code: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub deployments: i32,
    pub memory_bytes: i64,
    pub subscribers: i64,
    pub users: i32,
    /// Cadence, currency, minor units.
    pub prices: &'static [(Cadence, &'static str, i64)],
}

/// The plans.
pub const PLANS: [Plan; 4] = [
    Plan {
        code: "community",
        name: "Community",
        description: "For networks that neighbours run: one instance and a handful of people.",
        deployments: 1,
        memory_bytes: 128 * MIB,
        subscribers: 250,
        users: 3,
        prices: &[
            (Cadence::Monthly, "EUR", 1_900),
            (Cadence::Monthly, "USD", 2_100),
            (Cadence::Yearly, "EUR", 19_000),
        ],
    },
    Plan {
        code: "regional",
        name: "Regional",
        description: "For a provider in one region: more subscribers, more staff, a second instance for tests.",
        deployments: 2,
        memory_bytes: 256 * MIB,
        subscribers: 2_500,
        users: 15,
        prices: &[
            (Cadence::Monthly, "EUR", 14_900),
            (Cadence::Monthly, "USD", 15_900),
            (Cadence::Quarterly, "EUR", 42_000),
        ],
    },
    Plan {
        code: "carrier",
        name: "Carrier",
        description: "For carriers with several networks, billed by the quarter or the year.",
        deployments: 6,
        memory_bytes: 512 * MIB,
        subscribers: 50_000,
        users: 100,
        prices: &[
            (Cadence::Quarterly, "EUR", 149_000),
            (Cadence::Quarterly, "USD", 162_000),
            (Cadence::Yearly, "EUR", 540_000),
        ],
    },
    Plan {
        code: "wholesale",
        name: "Wholesale",
        description: "Without a limit on subscribers, for those who sell access to other providers.",
        deployments: 12,
        memory_bytes: 1_024 * MIB,
        subscribers: 0,
        users: 250,
        prices: &[
            (Cadence::Monthly, "EUR", 129_000),
            (Cadence::Monthly, "USD", 139_000),
            (Cadence::Yearly, "USD", 1_490_000),
        ],
    },
];

/// A reseller.
pub struct Reseller {
    pub code: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    pub initial_rate_ppm: i32,
    pub recurring_rate_ppm: i32,
    pub recurring_invoices: i32,
    pub hold_days: i32,
}

/// The resellers.
pub const RESELLERS: [Reseller; 3] = [
    Reseller {
        code: "alpenlink",
        name: "Alpenlink Partner",
        email: "partner@alpenlink.example",
        initial_rate_ppm: 200_000,
        recurring_rate_ppm: 80_000,
        recurring_invoices: 0,
        hold_days: 30,
    },
    Reseller {
        code: "harbour-it",
        name: "Harbour IT",
        email: "channel@harbour-it.example",
        initial_rate_ppm: 150_000,
        recurring_rate_ppm: 100_000,
        recurring_invoices: 12,
        hold_days: 14,
    },
    Reseller {
        code: "prairie-tel",
        name: "Prairie Telecom Consulting",
        email: "sales@prairie-tel.example",
        initial_rate_ppm: 250_000,
        recurring_rate_ppm: 50_000,
        recurring_invoices: 24,
        hold_days: 45,
    },
];

/// What becomes of a tenant at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is active, and its instance runs when the demo begins.
    Running,
    /// It is active; its instance is stopped, so that twelve of them do not fill a small machine.
    Stopped,
    /// The vendor has suspended it: it owes too much.
    Suspended,
    /// It was deleted and can be taken back.
    Deleted,
}

/// A tenant.
pub struct Tenant {
    pub slug: &'static str,
    pub name: &'static str,
    pub contact: &'static str,
    pub email: &'static str,
    pub currency: &'static str,
    pub time_zone: &'static str,
    pub color: &'static str,
    pub plan: &'static str,
    pub cadence: Cadence,
    pub anchor_day: i32,
    pub reseller: Option<&'static str>,
    /// The day of the demo on which it joins.
    pub joins: i64,
    /// How many days after an invoice it pays; `None` for one that has stopped paying.
    pub pays_after: Option<i64>,
    /// The day of the demo from which it pays no more.
    pub pays_until: i64,
    pub end: End,
}

macro_rules! tenant {
    ($slug:literal, $name:literal, $contact:literal, $email:literal, $currency:literal, $zone:literal, $color:literal, $plan:literal, $cadence:ident, $anchor:literal,
     $reseller:expr, $joins:expr, $after:expr, $until:expr, $end:ident) => {
        Tenant {
            slug: $slug,
            name: $name,
            contact: $contact,
            email: $email,
            currency: $currency,
            time_zone: $zone,
            color: $color,
            plan: $plan,
            cadence: Cadence::$cadence,
            anchor_day: $anchor,
            reseller: $reseller,
            joins: $joins,
            pays_after: $after,
            pays_until: $until,
            end: End::$end,
        }
    };
}

/// The tenants, in the order in which they join.
#[rustfmt::skip]
pub const TENANTS: [Tenant; 12] = [
    tenant!("bergnetz", "Bergnetz", "Anna Moser", "anna@bergnetz.example", "EUR", "Europe/Vienna", "#1f6f54", "regional", Monthly, 1, Some("alpenlink"), 2, Some(6), DAYS, Running),
    tenant!("hafenfunk", "Hafenfunk Kiel", "Jonas Petersen", "jonas@hafenfunk.example", "EUR", "Europe/Berlin", "#0b5cad", "carrier", Quarterly, 15, Some("harbour-it"), 9, Some(12), DAYS, Running),
    tenant!("prairie-fiber", "Prairie Fiber Co-op", "Dana Whitfield", "dana@prairie-fiber.example", "USD", "America/Chicago", "#8a4b12", "regional", Monthly, 0, Some("prairie-tel"), 21, Some(9), DAYS, Running),
    tenant!("talfunk", "Talfunk Genossenschaft", "Reto Caflisch", "reto@talfunk.example", "EUR", "Europe/Zurich", "#7a1f3d", "community", Monthly, 0, Some("alpenlink"), 34, Some(3), DAYS, Stopped),
    tenant!("nordkabel", "Nordkabel", "Ingrid Solheim", "ingrid@nordkabel.example", "EUR", "Europe/Oslo", "#204a87", "wholesale", Monthly, 1, None, 48, Some(13), DAYS, Stopped),
    tenant!("mesa-wireless", "Mesa Wireless", "Luis Ortega", "luis@mesa-wireless.example", "USD", "America/Denver", "#9a3412", "community", Monthly, 31, Some("prairie-tel"), 63, Some(5), 150, Suspended),
    tenant!("insel-net", "Insel-Net", "Maren Claasen", "maren@insel-net.example", "EUR", "Europe/Berlin", "#0f766e", "community", Yearly, 0, Some("harbour-it"), 80, Some(20), DAYS, Stopped),
    tenant!("karst-online", "Karst Online", "Luka Zupan", "luka@karst-online.example", "EUR", "Europe/Ljubljana", "#5b21b6", "regional", Quarterly, 1, Some("alpenlink"), 97, Some(11), DAYS, Stopped),
    tenant!("lowland-isp", "Lowland ISP", "Femke de Boer", "femke@lowland-isp.example", "EUR", "Europe/Amsterdam", "#b45309", "regional", Monthly, 15, None, 112, Some(7), 165, Stopped),
    tenant!("coastline", "Coastline Broadband", "Aoife Byrne", "aoife@coastline.example", "EUR", "Europe/Dublin", "#155e75", "carrier", Yearly, 0, Some("harbour-it"), 140, Some(25), DAYS, Stopped),
    tenant!("valley-link", "Valley Link", "Grace Okafor", "grace@valley-link.example", "USD", "America/Los_Angeles", "#166534", "regional", Monthly, 0, None, 158, Some(4), DAYS, Deleted),
    tenant!("auennetz", "Auennetz", "Tobias Lindner", "tobias@auennetz.example", "EUR", "Europe/Berlin", "#374151", "community", Monthly, 0, None, 201, Some(30), DAYS, Stopped),
];

/// Somebody whose sign-in is written down.
pub struct Person {
    pub name: &'static str,
    pub email: &'static str,
    pub role: Role,
    /// The tenant's slug or the reseller's code; empty for the vendor.
    pub account: &'static str,
}

/// People besides the first admin.
pub const PEOPLE: [Person; 6] = [
    Person {
        name: "Olivia Grant",
        email: "operations@tenantry.example",
        role: Role::MasterOperator,
        account: "",
    },
    Person {
        name: "Sam Reyes",
        email: "support@tenantry.example",
        role: Role::MasterSupport,
        account: "",
    },
    Person {
        name: "Anna Moser",
        email: "anna@bergnetz.example",
        role: Role::TenantAdmin,
        account: "bergnetz",
    },
    Person {
        name: "Luis Ortega",
        email: "luis@mesa-wireless.example",
        role: Role::TenantAdmin,
        account: "mesa-wireless",
    },
    Person {
        name: "Nina Gruber",
        email: "nina@alpenlink.example",
        role: Role::ResellerAdmin,
        account: "alpenlink",
    },
    Person {
        name: "Paul Harms",
        email: "paul@harbour-it.example",
        role: Role::ResellerAgent,
        account: "harbour-it",
    },
];
