-- Copies of what others say about people, teams and categories; no foreign keys to them.
CREATE TABLE person (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT person_kind CHECK (kind IN ('customer', 'staff', 'api_client')),
    role text NOT NULL,
    name text NOT NULL,
    team_ids uuid[] NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL
);

CREATE INDEX person_staff ON person (role) WHERE kind = 'staff' AND is_active;

CREATE TABLE team (
    id uuid PRIMARY KEY,
    key text NOT NULL,
    name text NOT NULL,
    is_active boolean NOT NULL
);

CREATE TABLE category (
    id uuid PRIMARY KEY,
    slug text NOT NULL,
    name jsonb NOT NULL,
    team_id uuid,
    is_active boolean NOT NULL
);
