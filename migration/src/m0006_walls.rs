//! Row level security: on PostgreSQL the database itself decides which rows exist, whatever a statement says.
//!
//! A transaction says on whose behalf it acts by one setting, which ends with it: `app.platform`, `app.tenant_id` or `app.reseller_id`. Without any of them every
//! table is empty and nothing can be written. The owner of the tables is bound as well; only who may bypass row level security (a superuser) is not, which is why
//! the server refuses to work as one.

// SQLite has no such thing: there the scope in each statement is the only wall.
crate::migration!("", &walls());

// The settings are read once for a statement and not for each row, because they stand in a SELECT of their own. After a transaction a setting is '' and not
// missing.
const PLATFORM: &str = "(SELECT current_setting('app.platform', true)) = 'on'";
pub(crate) const TENANT: &str = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)";
pub(crate) const RESELLER: &str = "(SELECT nullif(current_setting('app.reseller_id', true), '')::uuid)";

/// What a policy is for.
#[derive(Clone, Copy)]
pub(crate) enum For {
    /// Reading and writing.
    All,
    /// Reading.
    Reading,
    /// Reading, and holding a row against changes by others.
    Holding,
}

fn walls() -> String {
    use For::{All, Holding, Reading};
    let tenant = |column: &str| format!("{column} = {TENANT}");
    let reseller = |column: &str| format!("{column} = {RESELLER}");
    let mut walls = Vec::new();
    // The vendor's own.
    for table in ["session", "invitation", "document_series"] {
        walls.push(wall(table, &[]));
    }
    // The vendor's own, which everybody may read.
    for table in ["plan", "price"] {
        let somebody = format!("{TENANT} IS NOT NULL OR {RESELLER} IS NOT NULL");
        walls.push(wall(table, &[("account", Reading, somebody)]));
    }
    // A tenant's.
    for table in [
        "tenant_setting",
        "operation",
        "operation_step",
        "deployment",
        "port_lease",
        "deployment_sample",
        "invoice",
        "invoice_line",
        "payment",
    ] {
        walls.push(wall(table, &[("tenant", All, tenant("tenant_id"))]));
    }
    // A tenant's, which the reseller who brought it may read.
    let customers = format!("tenant_id IN (SELECT id FROM tenant WHERE {})", reseller("reseller_id"));
    walls.push(wall(
        "subscription",
        &[("tenant", All, tenant("tenant_id")), ("reseller", Reading, customers)],
    ));
    // A reseller's.
    for table in ["commission_agreement", "commission"] {
        walls.push(wall(table, &[("reseller", All, reseller("reseller_id"))]));
    }
    // A tenant's, a reseller's, or the vendor's where neither is named.
    for table in ["membership", "audit_entry", "event", "idempotency_record"] {
        walls.push(of_anyone(table));
    }
    // The accounts themselves.
    walls.push(wall(
        "tenant",
        &[("tenant", Holding, tenant("id")), ("reseller", Holding, reseller("reseller_id"))],
    ));
    walls.push(wall("reseller", &[("reseller", Holding, reseller("id"))]));
    // A person is seen by the accounts in which the person has a role. What is selected here has its own wall.
    let member = |column: &str, of: String| format!("id IN (SELECT user_id FROM membership WHERE {column} = {of})");
    walls.push(wall(
        "user",
        &[
            ("tenant", Holding, member("tenant_id", TENANT.into())),
            ("reseller", Holding, member("reseller_id", RESELLER.into())),
        ],
    ));
    walls.concat()
}

/// The wall of a table whose rows are a tenant's, a reseller's, or the vendor's where neither is named.
pub(crate) fn of_anyone(table: &str) -> String {
    let (tenant, reseller) = (format!("tenant_id = {TENANT}"), format!("reseller_id = {RESELLER}"));
    wall(table, &[("tenant", For::All, tenant), ("reseller", For::All, reseller)])
}

/// Puts a table behind its policies. The platform has one for every table.
pub(crate) fn wall(table: &str, policies: &[(&str, For, String)]) -> String {
    let mut sql = format!(
        "ALTER TABLE \"{table}\" ENABLE ROW LEVEL SECURITY;\n\
         ALTER TABLE \"{table}\" FORCE ROW LEVEL SECURITY;\n\
         CREATE POLICY platform ON \"{table}\" USING ({PLATFORM}) WITH CHECK ({PLATFORM});\n"
    );
    for (name, what, rows) in policies {
        sql += &match what {
            For::All => format!("CREATE POLICY {name} ON \"{table}\" USING ({rows}) WITH CHECK ({rows});\n"),
            For::Reading | For::Holding => format!("CREATE POLICY {name} ON \"{table}\" FOR SELECT USING ({rows});\n"),
        };
        if let For::Holding = what {
            // PostgreSQL lets nobody hold a row who could not update it; what would be written is refused.
            sql += &format!("CREATE POLICY {name}_holds ON \"{table}\" FOR UPDATE USING ({rows}) WITH CHECK (false);\n");
        }
    }
    sql
}
