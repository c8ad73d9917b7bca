-- no transaction: built beside the traffic. Erasing a person finds the notices of them as the one who reported.
CREATE INDEX CONCURRENTLY notice_requester ON notice ((data ->> 'requester_id'));
