-- What the server's administrator does once in production, here at each start: the owner, the roles, and a login that has
-- the rights of portal_app and nothing more. Tables from a time when the administrator owned them change hands.
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format('CREATE ROLE %s', wanted) FROM (VALUES
            ('portal_migrate', 'portal_migrate LOGIN'),
            ('portal_app', 'portal_app NOLOGIN'),
            ('portal_read', 'portal_read NOLOGIN'),
            ('portal_local', 'portal_local LOGIN IN ROLE portal_app')
        ) AS roles (name, wanted) WHERE name NOT IN (SELECT rolname FROM pg_roles)
    LOOP
        EXECUTE statement;
    END LOOP;
    FOR statement IN
        SELECT format('ALTER %s %s OWNER TO portal_migrate', kind, name) FROM (
            SELECT 'TABLE', oid::regclass::text, relowner FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
            UNION ALL
            SELECT 'ROUTINE', oid::regprocedure::text, proowner FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL
            SELECT 'TYPE', pg_type.oid::regtype::text, typowner FROM pg_type LEFT JOIN pg_class ON pg_class.oid = typrelid
            WHERE typnamespace = 'public'::regnamespace AND (typtype = 'e' OR relkind = 'c')
            UNION ALL
            SELECT 'DATABASE', quote_ident(datname), datdba FROM pg_database WHERE datname = current_database()
        ) AS objects (kind, name, owner) WHERE owner <> (SELECT oid FROM pg_roles WHERE rolname = 'portal_migrate')
    LOOP
        EXECUTE statement;
    END LOOP;
END $$;
