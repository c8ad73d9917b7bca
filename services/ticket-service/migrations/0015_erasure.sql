-- no transaction: built beside the traffic. Erasing a colleague finds the timelines that name them.
CREATE INDEX CONCURRENTLY timeline_entry_assignee ON timeline_entry
    USING gin ((data -> 'changes' -> 'assignee')) WHERE data -> 'changes' ? 'assignee';
