-- Photos: uploaded by somebody first, then named once by the report or message that they belong to.
CREATE TABLE attachment (
    id uuid PRIMARY KEY,
    storage_key text NOT NULL CONSTRAINT attachment_storage_key_once UNIQUE,
    uploader_id uuid NOT NULL,
    -- The ticket of the signed link that it came through; null for somebody who was logged in.
    link_ticket_id uuid REFERENCES ticket (id),
    ticket_id uuid REFERENCES ticket (id),
    -- Null together with a ticket: it belongs to the report itself.
    message_id uuid REFERENCES message (id),
    name text NOT NULL,
    media_type text NOT NULL CONSTRAINT attachment_media_type CHECK (media_type IN
        ('image/jpeg', 'image/webp')),
    size integer NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    created_at timestamptz NOT NULL,
    -- The row comes before the objects: without this time they may be missing.
    stored_at timestamptz,
    given_up_at timestamptz,
    CONSTRAINT attachment_message_of_ticket CHECK (message_id IS NULL OR ticket_id IS NOT NULL),
    CONSTRAINT attachment_kept_or_given_up CHECK (given_up_at IS NULL OR ticket_id IS NULL)
);

CREATE INDEX attachment_ticket ON attachment (ticket_id, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX attachment_waiting ON attachment (uploader_id) WHERE ticket_id IS NULL;
CREATE INDEX attachment_orphan ON attachment (created_at) WHERE ticket_id IS NULL;
