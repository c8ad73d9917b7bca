-- People (`user` is a reserved word) and, apart from what is shown of them, their secrets.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE app_user (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    kind text NOT NULL,
    role text NOT NULL,
    name text NOT NULL,
    -- Lower case and ASCII (an international domain is in its xn-- form), so equal means the same.
    email text NOT NULL CONSTRAINT app_user_email UNIQUE
        CONSTRAINT app_user_email_is_lower CHECK (email = lower(email)),
    phone text CONSTRAINT app_user_phone_is_e164 CHECK (phone ~ '^\+[0-9]{6,15}$'),
    language text NOT NULL CONSTRAINT app_user_language CHECK (language IN ('id', 'en')),
    time_zone text NOT NULL,
    team_ids uuid[] NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    is_email_verified boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    search text NOT NULL GENERATED ALWAYS AS
        (lower(name || ' ' || email || ' ' || coalesce(phone, ''))) STORED,
    CONSTRAINT app_user_role FOREIGN KEY (role, kind) REFERENCES role (name, kind)
);

CREATE INDEX app_user_by_name ON app_user (lower(name), id);
CREATE INDEX app_user_by_role ON app_user (role);
CREATE INDEX app_user_search ON app_user USING gin (search gin_trgm_ops);
CREATE INDEX app_user_teams ON app_user USING gin (team_ids);

CREATE TABLE credential (
    user_id uuid PRIMARY KEY REFERENCES app_user (id) ON DELETE CASCADE,
    password_hash text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
