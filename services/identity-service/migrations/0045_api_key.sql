-- Keys of programs that act for a person; of the key only its SHA-256, so a copy of the table opens nothing.
CREATE TABLE api_key (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    name text NOT NULL,
    -- The beginning of the key, by which people and log files recognise it.
    prefix text NOT NULL CONSTRAINT api_key_prefix UNIQUE,
    key_hash bytea NOT NULL CONSTRAINT api_key_hash UNIQUE,
    scopes text[] NOT NULL,
    is_read_only boolean NOT NULL,
    -- Where it may be used from; none means anywhere.
    networks cidr[] NOT NULL DEFAULT '{}',
    calls_per_minute integer NOT NULL
        CONSTRAINT api_key_calls CHECK (calls_per_minute BETWEEN 1 AND 12000),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz
);

CREATE INDEX api_key_by_user ON api_key (user_id);
CREATE INDEX api_key_newest ON api_key (created_at DESC, id DESC);
