-- The tickets with some words or of some people, at most so many, always through the indexes: with a
-- LIMIT the planner would rather read the table and hope, as it knows little about prefixes.
CREATE FUNCTION tickets_with(words tsquery, person_like text, at_most integer)
RETURNS SETOF uuid LANGUAGE sql STABLE
SET enable_seqscan = off
SET enable_indexscan = off
AS $$
    (SELECT id FROM ticket WHERE search @@ words LIMIT at_most)
    UNION
    (SELECT t.id FROM ticket t WHERE t.deleted_at IS NULL AND t.requester_id = ANY(ARRAY(
        SELECT p.id FROM person p WHERE p.search LIKE person_like LIMIT 200)) LIMIT at_most)
$$;
