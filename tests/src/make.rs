//! Good requests. A test changes the field that it is about.

use portal_client::{pb, request_id};

/// A plan in two currencies that leaves room for everything.
pub fn plan(code: &str) -> pb::CreatePlanRequest {
    let price = |cadence: pb::Cadence, currency: &str, minor: i64| pb::Price {
        cadence: cadence.into(),
        amount: Some(money(currency, minor)),
        ..Default::default()
    };
    pb::CreatePlanRequest {
        request_id: request_id(),
        plan: Some(pb::Plan {
            code: code.into(),
            display_name: format!("Plan {code}"),
            entitlements: Some(pb::Entitlements {
                deployments: 3,
                memory_bytes: 256 << 20,
                subscribers: 1000,
                users: 50,
            }),
            prices: vec![
                price(pb::Cadence::Monthly, "EUR", 4_900),
                price(pb::Cadence::Yearly, "EUR", 49_000),
                price(pb::Cadence::Monthly, "JPY", 8_000),
            ],
            ..Default::default()
        }),
        validate_only: false,
    }
}

/// A reseller that earns 10 % of the first invoice and 5 % of the next twelve.
pub fn reseller(code: &str) -> pb::CreateResellerRequest {
    pb::CreateResellerRequest {
        request_id: request_id(),
        reseller: Some(pb::Reseller {
            code: code.into(),
            display_name: format!("Reseller {code}"),
            contact_email: email(code),
            agreement: Some(pb::CommissionAgreement {
                initial_rate_ppm: 100_000,
                recurring_rate_ppm: 50_000,
                recurring_invoices: 12,
                hold_days: 30,
                ..Default::default()
            }),
            ..Default::default()
        }),
        validate_only: false,
    }
}

/// A tenant that is billed every month in euros.
pub fn onboarding(slug: &str, plan_id: &str) -> pb::OnboardTenantRequest {
    pb::OnboardTenantRequest {
        request_id: request_id(),
        tenant: Some(pb::Tenant {
            slug: slug.into(),
            display_name: format!("Tenant {slug}"),
            contact: Some(pb::Contact {
                name: "Carla Contact".into(),
                email: email(slug),
                phone: "+43 1 234".into(),
            }),
            billing_currency: "EUR".into(),
            time_zone: "Europe/Vienna".into(),
            ..Default::default()
        }),
        plan_id: plan_id.into(),
        cadence: pb::Cadence::Monthly.into(),
        ..Default::default()
    }
}

/// Somebody new with a role; in the master portal a tenant's or reseller's id has to be added.
pub fn user(name: &str, role: pb::Role) -> pb::InviteUserRequest {
    pb::InviteUserRequest {
        request_id: request_id(),
        email: email(name),
        display_name: format!("Person {name}"),
        role: role.into(),
        ..Default::default()
    }
}

/// A payment by bank transfer.
pub fn payment(invoice_id: &str, amount: pb::Money) -> pb::RecordPaymentRequest {
    pb::RecordPaymentRequest {
        request_id: request_id(),
        payment: Some(pb::Payment {
            invoice_id: invoice_id.into(),
            amount: Some(amount),
            method: pb::PaymentMethod::BankTransfer.into(),
            reference: "transfer 1".into(),
            ..Default::default()
        }),
        etag: String::new(),
    }
}

/// An amount.
pub fn money(currency: &str, minor_units: i64) -> pb::Money {
    pb::Money {
        currency_code: currency.into(),
        minor_units,
    }
}

/// An address that belongs to a name.
pub fn email(name: &str) -> String {
    format!("{name}@people.example")
}
