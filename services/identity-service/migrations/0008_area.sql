-- The network tree; `path` lists the ids from the root to the node, so a subtree is one index look-up.
CREATE TABLE area (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    key text NOT NULL CONSTRAINT area_key UNIQUE,
    kind text NOT NULL CONSTRAINT area_kind CHECK (kind IN ('region', 'pop', 'olt', 'odp')),
    name text NOT NULL,
    parent_id uuid REFERENCES area (id),
    path uuid[] NOT NULL CONSTRAINT area_path_ends_here CHECK (path[cardinality(path)] = id),
    is_active boolean NOT NULL DEFAULT true,
    search text NOT NULL GENERATED ALWAYS AS (lower(name || ' ' || key)) STORED,
    CONSTRAINT area_only_regions_are_roots CHECK ((kind = 'region') = (parent_id IS NULL))
);

CREATE INDEX area_by_parent ON area (parent_id);
CREATE INDEX area_path ON area USING gin (path);
CREATE INDEX area_search ON area USING gin (search gin_trgm_ops);
