-- Accounts at a company's own login (OpenID Connect) that somebody has agreed to log in with.
CREATE TABLE company_account (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    issuer text NOT NULL,
    -- Who it is there, for ever; addresses change hands.
    subject text NOT NULL,
    email text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    CONSTRAINT company_account_subject UNIQUE (issuer, subject),
    CONSTRAINT company_account_one_each UNIQUE (user_id, issuer)
);
