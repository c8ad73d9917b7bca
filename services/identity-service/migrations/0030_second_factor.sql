-- Second factors: the secret (sealed with a key that is not in this database), codes for a lost phone,
-- and log-ins that know the password and wait for the code.
CREATE TABLE second_factor (
    user_id uuid PRIMARY KEY REFERENCES app_user (id) ON DELETE CASCADE,
    sealed_secret bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Null until a first code proved that the app knows the secret.
    confirmed_at timestamptz,
    -- The time step of the newest code that was used: it and those before it are used up.
    last_step bigint NOT NULL DEFAULT 0
);

CREATE TABLE recovery_code (
    user_id uuid NOT NULL REFERENCES second_factor (user_id) ON DELETE CASCADE,
    -- The first character of the code, so that only one hash is compared.
    place text NOT NULL,
    code_hash text NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, place)
);

CREATE TABLE pending_log_in (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

CREATE INDEX pending_log_in_by_user ON pending_log_in (user_id);
CREATE INDEX pending_log_in_expires_at ON pending_log_in (expires_at);
