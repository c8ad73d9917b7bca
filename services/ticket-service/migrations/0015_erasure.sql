-- Erasing a colleague finds the timelines that name them as the one to whom a ticket was given.
CREATE INDEX timeline_entry_assignee ON timeline_entry
    USING gin ((data -> 'changes' -> 'assignee')) WHERE data -> 'changes' ? 'assignee';
