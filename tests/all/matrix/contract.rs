//! What the descriptor set says: the RPCs, their fields, and the words of their comments.

use std::sync::LazyLock;

use anyhow::{Result, bail};
use portal_client::pb::{Portal, Role};
use prost_reflect::prost_types::method_options::IdempotencyLevel;
use prost_reflect::{DescriptorPool, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, MethodDescriptor};

static POOL: LazyLock<Result<DescriptorPool, String>> =
    LazyLock::new(|| DescriptorPool::decode(tenantry_proto::DESCRIPTORS).map_err(|error| error.to_string()));

/// One RPC.
#[derive(Clone)]
pub struct Rpc {
    pub method: MethodDescriptor,
    /// As it is called: `/tenantry.v1.AuthService/SignIn`.
    pub path: String,
}

/// All RPCs, service by service.
pub fn rpcs() -> Result<Vec<Rpc>> {
    let pool = POOL.as_ref().map_err(|error| anyhow::anyhow!("the descriptor set: {error}"))?;
    let ours = pool.services().filter(|service| service.package_name() == "tenantry.v1");
    let methods = ours.flat_map(|service| service.methods().collect::<Vec<_>>());
    let rpcs: Vec<_> = methods
        .map(|method| Rpc {
            path: format!("/{}/{}", method.parent_service().full_name(), method.name()),
            method,
        })
        .collect();
    if rpcs.len() < 90 {
        bail!("the contract has only {} RPCs", rpcs.len());
    }
    Ok(rpcs)
}

impl Rpc {
    /// The portal whose tokens it takes; none for the sign-in service, which takes all.
    pub fn portal(&self) -> Option<Portal> {
        match self.method.parent_service().name() {
            "MasterAdminService" => Some(Portal::Master),
            "TenantAdminService" => Some(Portal::Tenant),
            "ResellerService" => Some(Portal::Reseller),
            _ => None,
        }
    }

    /// What the contract says that it does: read, keep a session going, or else change something.
    pub fn level(&self) -> IdempotencyLevel {
        let options = self.method.method_descriptor_proto().options.as_ref();
        options.map(|options| options.idempotency_level()).unwrap_or_default()
    }

    /// Whether it changes something.
    pub fn changes(&self) -> bool {
        self.level() == IdempotencyLevel::IdempotencyUnknown
    }

    /// The fields of its answer that are not told again to whoever repeats the request.
    pub fn shown_once(&self) -> Vec<Place> {
        let mut places = Vec::new();
        collect(&self.method.output(), "", &mut places);
        places.retain(|place| place.says().contains("empty where the request was answered before"));
        places
    }

    /// The comment above it.
    pub fn says(&self) -> String {
        above(&self.method.parent_file(), self.method.path())
    }

    /// The comment above its service.
    pub fn service_says(&self) -> String {
        let service = self.method.parent_service();
        above(&service.parent_file(), service.path())
    }

    /// Whether the work goes on when the caller does not wait for it any more.
    pub fn is_done_to_its_end(&self) -> bool {
        self.says().contains("It is done to its end")
    }

    /// `AuthService/SignIn`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.method.parent_service().name(), self.method.name())
    }

    /// Every field that is read, with its path; those inside of messages too.
    pub fn fields(&self) -> Vec<Place> {
        let mut places = Vec::new();
        collect(&self.method.input(), "", &mut places);
        places.retain(|place| self.reads(place));
        places
    }

    /// Whether it can only be asked of something that is named by its id.
    pub fn needs_an_id(&self) -> bool {
        self.fields().iter().any(|place| place.id_of().is_some() && !place.is_optional())
    }

    /// Every field with an id, also those that the comments say are not read.
    pub fn ids(&self) -> Vec<Place> {
        let mut places = Vec::new();
        collect(&self.method.input(), "", &mut places);
        places.retain(|place| place.id_of().is_some());
        places
    }

    /// Whether the server reads a field: the comments say where it does not.
    pub fn reads(&self, place: &Place) -> bool {
        let (top, rest) = match place.path.split_once('.') {
            Some((top, rest)) => (top.trim_end_matches("[0]"), rest),
            None => return true,
        };
        let first = rest.split(['.', '[']).next().unwrap_or(rest);
        let Some(field) = self.method.input().get_field_by_name(top) else {
            return true;
        };
        let says = comment(&field);
        let listed = |end: &str| {
            let sentence = says.split_inclusive(['.', ';']).find(|s| s.contains(end));
            sentence.map(|s| words(s).contains(&first.to_owned()))
        };
        if listed("not read") == Some(true) {
            return false;
        }
        if let Some(named) = listed("are read") {
            return named;
        }
        if let Some(paths) = self.mask() {
            // The thing itself is named by its id; settings have none but their tenant's.
            let of_the_tenant = first == "tenant_id" && place.field.parent_message().get_field_by_name("id").is_none();
            let named = ["id", "etag"].contains(&first) || of_the_tenant || paths.iter().any(|p| p.split('.').next() == Some(first));
            if top != "update_mask" && (!named || rest == first) {
                return named;
            }
        }
        !comment(&place.field).contains("Output only")
    }

    /// What the update mask may name, where there is one.
    pub fn mask(&self) -> Option<Vec<String>> {
        let mask = self.method.input().get_field_by_name("update_mask")?;
        let says = comment(&mask);
        let list = says
            .split("Which fields change:")
            .nth(1)?
            .split(". ")
            .next()?
            .trim_end_matches('.')
            .to_owned();
        Some(
            list.split([',', ' '])
                .map(str::trim)
                .filter(|w| is_path(w))
                .map(str::to_owned)
                .collect(),
        )
    }

    /// The fields that a list can be filtered by.
    pub fn filters(&self) -> Vec<String> {
        let Some(filter) = self.method.input().get_field_by_name("filter") else {
            return Vec::new();
        };
        let says = comment(&filter);
        let list = says
            .split("Fields:")
            .nth(1)
            .unwrap_or_default()
            .split('.')
            .next()
            .unwrap_or_default()
            .to_owned();
        list.split(',').map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect()
    }

    /// The fields that a list can be sorted by.
    pub fn orders(&self) -> Vec<String> {
        let Some(order) = self.method.input().get_field_by_name("order_by") else {
            return Vec::new();
        };
        let says = comment(&order);
        let list = says.split("Fields:").nth(1).unwrap_or_default();
        let list = list.split('.').next().unwrap_or_default();
        list.split(',').map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect()
    }

    /// The order of a list that is not told one.
    pub fn default_order(&self) -> String {
        let order = self.method.input().get_field_by_name("order_by");
        let says = order.map(|field| comment(&field)).unwrap_or_default();
        let default = says.split("Default: \"").nth(1).unwrap_or_default();
        default.split('"').next().unwrap_or_default().to_owned()
    }

    /// Whether its request has a field.
    pub fn has(&self, name: &str) -> bool {
        self.method.input().get_field_by_name(name).is_some()
    }

    /// Those of them that hold an id.
    pub fn id_filters(&self) -> Vec<String> {
        self.filters()
            .into_iter()
            .filter(|field| field == "id" || field.ends_with("_id"))
            .collect()
    }
}

/// A field of a request.
#[derive(Clone)]
pub struct Place {
    /// As violations name it: `plan.prices[0].amount`.
    pub path: String,
    pub field: FieldDescriptor,
}

impl Place {
    /// The kind of thing whose id it is, by the prefix of the id.
    pub fn id_of(&self) -> Option<&'static str> {
        let name = self.field.name();
        if self.field.kind() != Kind::String || name == "request_id" {
            return None;
        }
        match name {
            "id" => prefix(&self.field.parent_message().name().to_lowercase()),
            _ => prefix(name.strip_suffix("_id")?),
        }
    }

    /// Whether it may be left empty.
    pub fn is_optional(&self) -> bool {
        let says = comment(&self.field).to_lowercase();
        [
            "empty",
            "only members",
            "only lines",
            "only samples",
            "absent",
            "may be",
            "0 means",
            "for a tenant's",
            "for a reseller's",
            "at most",
        ]
        .iter()
        .any(|word| says.contains(word))
    }

    pub fn says(&self) -> String {
        comment(&self.field)
    }
}

/// The prefix of the ids of a kind of thing.
fn prefix(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "tenant" | "customer" => "ten",
        "account" => "ten",
        "reseller" => "res",
        "user" => "usr",
        "plan" => "pla",
        "price" => "pri",
        "subscription" => "sub",
        "invoice" => "inv",
        "payment" => "pay",
        "commission" => "com",
        "deployment" => "dep",
        "operation" => "ope",
        _ => return None,
    })
}

fn collect(message: &MessageDescriptor, before: &str, places: &mut Vec<Place>) {
    for field in message.fields() {
        let index = if field.is_list() { "[0]" } else { "" };
        let path = format!("{before}{}{index}", field.name());
        if let Kind::Message(inner) = field.kind()
            && inner.package_name() == "tenantry.v1"
        {
            places.push(Place { path: path.clone(), field });
            collect(&inner, &format!("{path}."), places);
        } else {
            places.push(Place { path, field });
        }
    }
}

/// The comment above a field.
fn comment(field: &FieldDescriptor) -> String {
    above(&field.parent_message().parent_file(), field.path())
}

/// The comment above whatever is at a place of a file, in a line.
fn above(file: &FileDescriptor, path: &[i32]) -> String {
    let places = file.file_descriptor_proto().source_code_info.iter().flat_map(|info| &info.location);
    let mut found = places.filter(|place| place.path == path);
    found
        .next()
        .map(|place| place.leading_comments().split_whitespace().collect::<Vec<_>>().join(" "))
        .unwrap_or_default()
}

fn words(text: &str) -> Vec<String> {
    text.split([',', ' ', ';', '.']).map(|w| w.trim().to_owned()).collect()
}

fn is_path(word: &str) -> bool {
    !word.is_empty()
        && word.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.')
        && !["or", "fields", "inside", "them", "such", "as"].contains(&word)
}

/// All roles.
pub const ROLES: [Role; 9] = [
    Role::MasterAdmin,
    Role::MasterOperator,
    Role::MasterSupport,
    Role::MasterViewer,
    Role::TenantAdmin,
    Role::TenantUser,
    Role::TenantViewer,
    Role::ResellerAdmin,
    Role::ResellerAgent,
];

/// As the policy names it: `master_admin`.
pub fn word(role: Role) -> String {
    role.as_str_name().trim_start_matches("ROLE_").to_lowercase()
}

/// The portal of a role.
pub fn portal_of(role: Role) -> Portal {
    match word(role).split('_').next() {
        Some("master") => Portal::Master,
        Some("tenant") => Portal::Tenant,
        _ => Portal::Reseller,
    }
}
