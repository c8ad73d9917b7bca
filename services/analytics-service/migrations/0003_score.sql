-- What the requester said last about a ticket, from 1 to 5; null where nobody said anything.
ALTER TABLE ticket_fact ADD COLUMN score smallint;
