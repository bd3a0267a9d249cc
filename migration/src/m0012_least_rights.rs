//! What an account must not write even of its own: what the platform keeps for it. And what nobody writes: a row of two accounts, a trail that became shorter.

use crate::m0006_walls::{RESELLER, TENANT};

// SQLite has no such thing: there the scope in each statement is the only wall.
crate::migration!("", &walls());

/// What an account may do with rows of its own besides reading them, as `tables.rs` of the server says.
const TENANTS: [(&[&str], &[&str]); 2] = [
    (
        &[
            "operation",
            "operation_step",
            "port_lease",
            "deployment_sample",
            "subscription",
            "invoice",
            "invoice_line",
            "payment",
        ],
        &[],
    ),
    (&["tenant_setting", "deployment"], &["changes"]),
];
const ANYONES: [(&[&str], &[&str]); 2] = [
    (&["audit_entry", "event"], &["adds"]),
    (&["audit_head", "idempotency_record"], &["adds", "changes"]),
];

fn walls() -> String {
    let tenant = ("tenant", format!("tenant_id = {TENANT}"));
    let reseller = ("reseller", format!("reseller_id = {RESELLER}"));
    let mut sql = String::new();
    for (tables, rights) in TENANTS {
        for table in tables {
            sql += &narrowed(table, rights, &tenant);
        }
    }
    for (tables, rights) in ANYONES {
        for table in tables {
            sql += &narrowed(table, rights, &tenant);
            sql += &narrowed(table, rights, &reseller);
            // Both policies would let such a row in, each for one of the two.
            sql += &format!("ALTER TABLE {table} ADD CONSTRAINT one_owner CHECK (tenant_id IS NULL OR reseller_id IS NULL);\n");
        }
    }
    sql + HEADS
}

/// In place of a policy for everything: one for reading, and one for each right.
fn narrowed(table: &str, rights: &[&str], (name, rows): &(&str, String)) -> String {
    let mut sql = format!("DROP POLICY {name} ON {table};\nCREATE POLICY {name} ON {table} FOR SELECT USING ({rows});\n");
    for right in rights {
        sql += &match *right {
            "adds" => format!("CREATE POLICY {name}_adds ON {table} FOR INSERT WITH CHECK ({rows});\n"),
            _ => format!("CREATE POLICY {name}_changes ON {table} FOR UPDATE USING ({rows}) WITH CHECK ({rows});\n"),
        };
    }
    sql
}

/// The head of a trail has its owner's id: a key of one's own choice that is taken would tell that somebody has a trail. And a policy cannot compare a row with what it
/// was: a head that is put back after it was forged loses its stamp, and never gets one again.
const HEADS: &str = "
ALTER TABLE audit_head ADD CONSTRAINT id_of_owner CHECK (id = coalesce(tenant_id, reseller_id, '00000000-0000-0000-0000-000000000000'));
CREATE FUNCTION only_longer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the head of an audit trail stays with its owner, and the trail never becomes shorter' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER only_longer BEFORE UPDATE ON audit_head FOR EACH ROW WHEN (
    (OLD.id, OLD.tenant_id, OLD.reseller_id) IS DISTINCT FROM (NEW.id, NEW.tenant_id, NEW.reseller_id)
    OR NEW.entries < OLD.entries AND (NEW.stamp <> '' OR NEW.entries <= 0)
    OR OLD.entries <> 0 AND OLD.stamp = '' AND NEW.stamp <> ''
) EXECUTE FUNCTION only_longer();
";
