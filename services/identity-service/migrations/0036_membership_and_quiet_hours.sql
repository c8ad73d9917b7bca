-- Which organisation a customer belongs to and what they see of it, and when nobody is to be disturbed.
ALTER TABLE app_user
    ADD COLUMN organisation_id uuid CONSTRAINT app_user_organisation REFERENCES organisation (id),
    ADD COLUMN membership text CONSTRAINT app_user_membership
        CHECK (membership IN ('own', 'company_read', 'company_manage')),
    ADD COLUMN quiet_from text CONSTRAINT app_user_quiet_from
        CHECK (quiet_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    ADD COLUMN quiet_to text CONSTRAINT app_user_quiet_to
        CHECK (quiet_to ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    ADD CONSTRAINT app_user_member_of CHECK ((organisation_id IS NULL) = (membership IS NULL)),
    ADD CONSTRAINT app_user_member_is_customer CHECK (organisation_id IS NULL OR kind = 'customer'),
    ADD CONSTRAINT app_user_quiet_hours CHECK ((quiet_from IS NULL) = (quiet_to IS NULL));

CREATE INDEX app_user_organisation ON app_user (organisation_id, lower(name), id)
    WHERE organisation_id IS NOT NULL;
