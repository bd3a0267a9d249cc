//! What a person is to others is not an account's to read: when they sign in, what they are called there, the digest of their password. What an account may know is in
//! the membership, and the role in it is one of the account's kind.

// SQLite has no such thing: there the scope in each statement is the only wall.
crate::migration!(
    "",
    r#"
DROP POLICY tenant ON "user";
DROP POLICY tenant_holds ON "user";
DROP POLICY reseller ON "user";
DROP POLICY reseller_holds ON "user";
ALTER TABLE membership ADD CONSTRAINT role_of_its_account CHECK (
    role LIKE CASE WHEN tenant_id IS NOT NULL THEN 'tenant\_%' WHEN reseller_id IS NOT NULL THEN 'reseller\_%' ELSE 'master\_%' END
);
"#
);
