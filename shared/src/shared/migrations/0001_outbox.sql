-- Events wait here until the broker has acknowledged them, and are kept 14 days after that.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    type text NOT NULL,
    schema_version integer NOT NULL,
    aggregate_id uuid NOT NULL,
    aggregate_version bigint NOT NULL,
    slice smallint NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    traceparent text,
    payload text NOT NULL,
    published_at timestamptz,
    CONSTRAINT outbox_one_event_per_version UNIQUE (aggregate_id, aggregate_version, type)
);

CREATE INDEX outbox_waiting ON outbox (slice, id) WHERE published_at IS NULL;
CREATE INDEX outbox_published_at ON outbox (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE outbox_lease (
    slice smallint PRIMARY KEY,
    owner uuid NOT NULL,
    epoch bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Which Kafka cluster the relay and the consumer last worked with; another id means its log is new.
CREATE TABLE broker_seen (
    role text PRIMARY KEY CONSTRAINT broker_seen_role CHECK (role IN ('relay', 'consumer')),
    cluster_id text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now()
);
