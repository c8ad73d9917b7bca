-- How far each aggregate of another service has been applied here, and what waits or failed.
CREATE TABLE consumed (
    consumer text NOT NULL,
    aggregate_id uuid NOT NULL,
    last_version bigint NOT NULL,
    is_blocked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (consumer, aggregate_id)
);

CREATE TABLE parked (
    consumer text NOT NULL,
    aggregate_id uuid NOT NULL,
    version bigint NOT NULL,
    family text NOT NULL,
    partition integer NOT NULL,
    headers jsonb NOT NULL,
    value bytea NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    -- {topic: end offset} of the family's same-numbered partitions, noted after parking.
    ends jsonb,
    passed_at timestamptz,
    PRIMARY KEY (consumer, aggregate_id, version)
);

CREATE INDEX parked_partition ON parked (consumer, partition);

CREATE TABLE dead_letter (
    id uuid PRIMARY KEY,
    consumer text NOT NULL,
    aggregate_id uuid,
    version bigint,
    type text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    headers jsonb NOT NULL,
    value bytea NOT NULL,
    error text NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    died_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolution text CONSTRAINT dead_letter_resolution
        CHECK (resolution IN ('replayed', 'superseded', 'discarded')),
    CONSTRAINT dead_letter_once UNIQUE (consumer, type, partition, record_offset, died_at)
);

CREATE INDEX dead_letter_open ON dead_letter (consumer, aggregate_id, version)
    WHERE resolved_at IS NULL;
