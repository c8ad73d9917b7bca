-- Erasing a person finds what tells of them: as the one who reported, did something, or had the ticket.
CREATE INDEX notice_requester ON notice ((data ->> 'requester_id'));
CREATE INDEX notice_actor ON notice ((data ->> 'actor_id'));
CREATE INDEX notice_assignee ON notice ((data ->> 'assignee_id'));
