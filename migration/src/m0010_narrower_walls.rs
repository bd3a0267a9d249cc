//! What an account must not write even of its own: who a role is for, because whoever has a role in an account is seen by it; and what a reseller earns.

use crate::m0006_walls::{RESELLER, TENANT};
// SQLite has no such thing: there the scope in each statement is the only wall.
crate::migration!("", &walls());

fn walls() -> String {
    let mut sql = String::new();
    for (name, rows) in [
        ("tenant", format!("tenant_id = {TENANT}")),
        ("reseller", format!("reseller_id = {RESELLER}")),
    ] {
        // Roles are given by the platform, within the transaction of the account that gives them.
        sql += &format!(
            "DROP POLICY {name} ON membership;\n\
             CREATE POLICY {name} ON membership FOR SELECT USING ({rows});\n\
             CREATE POLICY {name}_changes ON membership FOR UPDATE USING ({rows}) WITH CHECK ({rows});\n\
             CREATE POLICY {name}_ends ON membership FOR DELETE USING ({rows});\n"
        );
    }
    for table in ["commission", "commission_agreement"] {
        sql += &format!(
            "DROP POLICY reseller ON {table};\n\
             CREATE POLICY reseller ON {table} FOR SELECT USING (reseller_id = {RESELLER});\n"
        );
    }
    sql + ONE_PERSON
}

/// A policy cannot compare a row with what it was.
const ONE_PERSON: &str = "
CREATE FUNCTION stays_with_its_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a role stays with its person' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER stays_with_its_person BEFORE UPDATE ON membership
    FOR EACH ROW WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id) EXECUTE FUNCTION stays_with_its_person();
";
