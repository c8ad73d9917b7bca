-- Who is to be told of it: one row per event, rule, recipient and channel, made with the event.
CREATE TABLE intent (
    id uuid PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0,
    event_id uuid NOT NULL REFERENCES notice (event_id),
    rule text NOT NULL,
    recipient_id uuid NOT NULL,
    channel text NOT NULL CONSTRAINT intent_channel CHECK (channel IN ('email', 'in_app')),
    ticket_id uuid,
    -- Set only where the message goes to an address of its own, and not to the recipient's present one.
    address text,
    state text NOT NULL CONSTRAINT intent_state CHECK (state IN
        ('pending', 'joined', 'sending', 'sent', 'delivered', 'read', 'failed', 'expired', 'unknown')),
    -- The intent whose message carries this one: itself, or the one that it was joined to.
    mail_id uuid NOT NULL,
    -- What may be joined with what, and when the message was first meant to leave.
    topic uuid,
    leaves_at timestamptz NOT NULL,
    -- The next try; null while there is no address that may be written to.
    due_at timestamptz,
    expires_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    -- A try ended without our knowing whether the provider took the message.
    is_repeat boolean NOT NULL DEFAULT false,
    owner uuid,
    epoch bigint NOT NULL DEFAULT 0,
    claimed_at timestamptz,
    error_code text,
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    read_at timestamptz,
    CONSTRAINT intent_once UNIQUE (event_id, rule, recipient_id, channel)
);

CREATE INDEX intent_due ON intent (channel, due_at) WHERE state = 'pending' AND due_at IS NOT NULL;
CREATE INDEX intent_waiting ON intent (recipient_id) WHERE state = 'pending' AND due_at IS NULL;
CREATE INDEX intent_sending ON intent (owner) WHERE state = 'sending';
CREATE INDEX intent_joined ON intent (mail_id, id) WHERE state = 'joined';
CREATE INDEX intent_topic ON intent (recipient_id, topic, leaves_at)
    WHERE topic IS NOT NULL AND mail_id = id;
CREATE INDEX intent_thread ON intent (ticket_id, recipient_id, id) WHERE channel = 'email';
CREATE INDEX intent_inbox ON intent (recipient_id, id) WHERE channel = 'in_app';
CREATE INDEX intent_unread ON intent (recipient_id, id)
    WHERE channel = 'in_app' AND state = 'delivered';
CREATE INDEX intent_address ON intent (lower(address), created_at) WHERE address IS NOT NULL;
CREATE INDEX intent_troubled ON intent (id) WHERE state IN ('failed', 'expired', 'unknown');
