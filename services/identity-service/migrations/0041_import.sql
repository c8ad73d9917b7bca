-- Files of areas, customers and lines on their way in, with what came of each row.
CREATE TABLE import (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT import_kind CHECK (kind IN ('areas', 'customers', 'lines')),
    state text NOT NULL CONSTRAINT import_state CHECK (state IN
        ('arriving', 'received', 'queued', 'running', 'checked', 'finished', 'failed', 'cancelled')),
    user_id uuid REFERENCES app_user (id) ON DELETE SET NULL,
    file_name text NOT NULL,
    -- Null once the file is gone.
    storage_key text,
    delimiter text NOT NULL,
    columns text[] NOT NULL,
    sample jsonb NOT NULL,
    row_count integer NOT NULL,
    mapping jsonb NOT NULL,
    is_dry_run boolean NOT NULL DEFAULT true,
    invites boolean NOT NULL DEFAULT false,
    updates boolean NOT NULL DEFAULT true,
    -- Each start is a run of its own: keys and faults of the one before count no more.
    run_id uuid,
    -- How far this run is: the pass over the file, and the last row of it that is done.
    pass smallint NOT NULL DEFAULT 0,
    position integer NOT NULL DEFAULT 0,
    created integer NOT NULL DEFAULT 0,
    updated integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    invited integer NOT NULL DEFAULT 0,
    reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    queued_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    claimed_by uuid,
    claimed_until timestamptz
);

CREATE INDEX import_by_age ON import (created_at);
CREATE INDEX import_waiting ON import (queued_at) WHERE state IN ('queued', 'running');

-- What a row of this run is called, so that the same thing twice in a file is found.
CREATE TABLE import_key (
    run_id uuid NOT NULL,
    key text NOT NULL,
    row integer NOT NULL,
    kind text,
    PRIMARY KEY (run_id, key)
);

CREATE TABLE import_fault (
    run_id uuid NOT NULL,
    row integer NOT NULL,
    number smallint NOT NULL,
    field text NOT NULL,
    value text NOT NULL,
    detail text NOT NULL,
    code text NOT NULL,
    params jsonb NOT NULL,
    PRIMARY KEY (run_id, row, number)
);
