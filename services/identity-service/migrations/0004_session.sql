-- Who is logged in; of the token only its SHA-256, so a copy of the table logs nobody in.
CREATE TABLE session (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL CONSTRAINT session_token_hash UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    client_address text NOT NULL,
    client_agent text NOT NULL
);

CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_expires_at ON session (expires_at);
