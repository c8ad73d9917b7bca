-- One row of facts for each ticket, and running totals by state that spare counting all of them.
CREATE TABLE ticket_fact (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    number text NOT NULL,
    status text NOT NULL CONSTRAINT ticket_fact_status CHECK (status IN
        ('new', 'open', 'pending', 'on_hold', 'solved', 'closed', 'cancelled', 'merged')),
    priority text NOT NULL,
    category text NOT NULL,
    channel text NOT NULL,
    requester_id uuid NOT NULL,
    assignee_id uuid,
    team_id uuid,
    area_id uuid,
    created_at timestamptz NOT NULL,
    first_replied_at timestamptz,
    solved_at timestamptz,
    closed_at timestamptz,
    reopen_count integer NOT NULL,
    merged_into_id uuid,
    is_deleted boolean NOT NULL,
    is_counted boolean NOT NULL GENERATED ALWAYS AS (NOT is_deleted AND status <> 'merged') STORED
);

CREATE INDEX ticket_fact_created ON ticket_fact (created_at) WHERE is_counted;
CREATE INDEX ticket_fact_solved ON ticket_fact (solved_at)
    WHERE is_counted AND solved_at IS NOT NULL;

-- A state's total is the sum over its slots; a ticket's slot comes from its id.
CREATE TABLE ticket_total (
    status text NOT NULL,
    slot smallint NOT NULL,
    tickets bigint NOT NULL,
    PRIMARY KEY (status, slot)
) WITH (fillfactor = 50);
