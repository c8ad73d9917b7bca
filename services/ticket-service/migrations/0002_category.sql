-- What a ticket can be about; the default team and the urgency come from here.
CREATE TABLE category (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    slug text NOT NULL CONSTRAINT category_slug_once UNIQUE,
    name_id text NOT NULL,
    name_en text NOT NULL,
    urgency text NOT NULL CONSTRAINT category_urgency CHECK (urgency IN ('low', 'normal', 'high')),
    team_id uuid,
    position integer NOT NULL,
    is_active boolean NOT NULL DEFAULT true
);
