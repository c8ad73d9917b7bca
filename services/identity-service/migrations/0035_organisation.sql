-- Companies whose people are customers; one is switched off, never deleted.
CREATE TABLE organisation (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    name text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX organisation_name ON organisation (lower(name));
