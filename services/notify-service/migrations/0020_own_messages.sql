-- no transaction: built beside the traffic. A copy of one's data lists what one was told, everywhere.
CREATE INDEX CONCURRENTLY intent_recipient ON intent (recipient_id, id);
