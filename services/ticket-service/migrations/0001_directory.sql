-- Copies of what identity-service says about people, teams, areas and lines; no foreign keys to them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE person (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT person_kind CHECK (kind IN ('customer', 'staff', 'api_client')),
    role text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    phone text,
    team_ids uuid[] NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL,
    search text GENERATED ALWAYS AS (lower(name || ' ' || email || ' ' || coalesce(phone, ''))) STORED
);

CREATE INDEX person_search ON person USING gin (search gin_trgm_ops);
CREATE INDEX person_staff ON person (name, id) WHERE kind = 'staff' AND is_active;

CREATE TABLE team (
    id uuid PRIMARY KEY,
    key text NOT NULL,
    name text NOT NULL,
    is_active boolean NOT NULL
);

CREATE TABLE area (
    id uuid PRIMARY KEY,
    key text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    path uuid[] NOT NULL,
    is_active boolean NOT NULL
);

CREATE TABLE service_line (
    id uuid PRIMARY KEY,
    number text NOT NULL,
    user_id uuid NOT NULL,
    plan text NOT NULL,
    address text NOT NULL,
    area_id uuid,
    state text NOT NULL
);

CREATE INDEX service_line_user ON service_line (user_id);
