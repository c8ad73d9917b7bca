-- What each person who registered an unproven address typed; proof of the address makes one count.
CREATE TABLE registration (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    name text NOT NULL,
    phone text,
    language text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

CREATE INDEX registration_by_user ON registration (user_id, created_at);
CREATE INDEX registration_expires_at ON registration (expires_at);
