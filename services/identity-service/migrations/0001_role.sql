-- Named sets of permissions; `name` is the stable key that a user points to, so it never changes.
CREATE TABLE role (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    name text NOT NULL CONSTRAINT role_name UNIQUE,
    kind text NOT NULL CONSTRAINT role_kind CHECK (kind IN ('customer', 'staff', 'api_client')),
    permissions text[] NOT NULL,
    CONSTRAINT role_name_and_kind UNIQUE (name, kind)
);
