-- Customers' subscriptions: what a fault can hit.
CREATE TABLE service_line (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    number text NOT NULL CONSTRAINT service_line_number UNIQUE,
    user_id uuid NOT NULL REFERENCES app_user (id),
    plan text NOT NULL,
    address text NOT NULL,
    area_id uuid REFERENCES area (id),
    state text NOT NULL CONSTRAINT service_line_state
        CHECK (state IN ('active', 'suspended', 'ended')),
    search text NOT NULL GENERATED ALWAYS AS (lower(number || ' ' || address)) STORED
);

CREATE INDEX service_line_by_user ON service_line (user_id, number);
CREATE INDEX service_line_by_area ON service_line (area_id);
CREATE INDEX service_line_search ON service_line USING gin (search gin_trgm_ops);
