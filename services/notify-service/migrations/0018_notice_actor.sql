-- no transaction: built beside the traffic. Erasing a person finds the notices of them as the one who did something.
CREATE INDEX CONCURRENTLY notice_actor ON notice ((data ->> 'actor_id'));
