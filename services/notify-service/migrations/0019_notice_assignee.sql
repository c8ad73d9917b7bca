-- no transaction: built beside the traffic. Erasing a person finds the notices of them as the one who had the ticket.
CREATE INDEX CONCURRENTLY notice_assignee ON notice ((data ->> 'assignee_id'));
