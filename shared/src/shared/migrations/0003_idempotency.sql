-- The answer to a creating request, kept with its effect, so that a repeated request gets it again.
CREATE TABLE idempotency_key (
    principal text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status integer,
    headers jsonb,
    body text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal, key)
);

CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at);
