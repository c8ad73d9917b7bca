-- Tickets; each row is an aggregate whose version grows by one with every event.
CREATE TABLE ticket (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    number text NOT NULL CONSTRAINT ticket_number_once UNIQUE
        CONSTRAINT ticket_number_digits CHECK (number ~ '^([0-9]{8}|[0-9]{10})$'),
    subject text NOT NULL,
    description text NOT NULL,
    status text NOT NULL CONSTRAINT ticket_status CHECK (status IN
        ('new', 'open', 'pending', 'on_hold', 'solved', 'closed', 'cancelled', 'merged')),
    priority text NOT NULL CONSTRAINT ticket_priority CHECK (priority IN
        ('low', 'normal', 'high', 'urgent')),
    category_id uuid NOT NULL REFERENCES category (id),
    channel text NOT NULL CONSTRAINT ticket_channel CHECK (channel IN
        ('web', 'staff', 'api', 'email', 'whatsapp')),
    impact text CONSTRAINT ticket_impact CHECK (impact IN ('down', 'degraded', 'intermittent')),
    tags text[] NOT NULL DEFAULT '{}',
    requester_id uuid NOT NULL,
    assignee_id uuid,
    team_id uuid,
    service_line_id uuid,
    area_id uuid,
    follows_id uuid REFERENCES ticket (id),
    merged_into_id uuid REFERENCES ticket (id),
    link_id uuid NOT NULL,
    link_expires_at timestamptz NOT NULL,
    last_message_by text CONSTRAINT ticket_last_message_by CHECK (last_message_by IN
        ('customer', 'staff')),
    reopen_count integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    first_replied_at timestamptz,
    solved_at timestamptz,
    closed_at timestamptz,
    deleted_at timestamptz,
    deleted_reason text,
    search tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', subject), 'A')
        || setweight(to_tsvector('simple', left(description, 5000)), 'B')) STORED
);

-- Ids are time-ordered (UUIDv7), so (…, id) is the order of creation and the key of the pages.
CREATE INDEX ticket_requester ON ticket (requester_id, id) WHERE deleted_at IS NULL;
CREATE INDEX ticket_shown ON ticket (id) WHERE deleted_at IS NULL AND status <> 'merged';
CREATE INDEX ticket_active ON ticket (id)
    WHERE deleted_at IS NULL AND status IN ('new', 'open', 'pending', 'on_hold');
CREATE INDEX ticket_active_assignee ON ticket (assignee_id, id)
    WHERE deleted_at IS NULL AND status IN ('new', 'open', 'pending', 'on_hold');
CREATE INDEX ticket_active_team ON ticket (team_id, id)
    WHERE deleted_at IS NULL AND status IN ('new', 'open', 'pending', 'on_hold');
CREATE INDEX ticket_status ON ticket (status, id) WHERE deleted_at IS NULL;
CREATE INDEX ticket_category ON ticket (category_id, id) WHERE deleted_at IS NULL;
CREATE INDEX ticket_assignee ON ticket (assignee_id, id) WHERE deleted_at IS NULL;
CREATE INDEX ticket_team ON ticket (team_id, id) WHERE deleted_at IS NULL;
CREATE INDEX ticket_updated ON ticket (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX ticket_deleted ON ticket (id) WHERE deleted_at IS NOT NULL;
CREATE INDEX ticket_search ON ticket USING gin (search);
CREATE UNIQUE INDEX ticket_link ON ticket (link_id);
