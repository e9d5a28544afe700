-- What grants a right needs two signatures.

CREATE TABLE right_grant (
    grant_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('account', 'password', 'token', 'second_factor')),
    target        text NOT NULL,
    change        jsonb NOT NULL,
    password_hash text,
    version       integer,
    why           text NOT NULL,
    asked_by      text NOT NULL,
    by_security   boolean NOT NULL,
    asked_at      timestamptz NOT NULL,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'granted', 'refused', 'withdrawn', 'lapsed')),
    decided_by    text,
    decided_at    timestamptz,
    reason        text,
    CONSTRAINT two_signatures CHECK (state NOT IN ('granted', 'refused') OR (decided_by IS NOT NULL AND decided_by <> asked_by))
);
COMMENT ON TABLE right_grant IS 'rights that one of administrator and security asks for and the other countersigns';
COMMENT ON COLUMN right_grant.target IS 'account or token';
COMMENT ON COLUMN right_grant.change IS 'by field: what it was when it was asked for, and what it is to be';
COMMENT ON COLUMN right_grant.password_hash IS 'argon2id; of a reset: the password to be, erased once it is decided';
COMMENT ON COLUMN right_grant.version IS 'of the account, where any change of it overtakes what is asked for';
CREATE UNIQUE INDEX right_grant_waiting ON right_grant (kind, target) WHERE state = 'waiting';

ALTER TABLE api_token
    ADD COLUMN purpose text NOT NULL DEFAULT '',
    ADD COLUMN countersigned_by text,
    ADD COLUMN countersigned_at timestamptz;
COMMENT ON COLUMN api_token.countersigned_at IS 'until then it opens nothing';
-- Tokens of before this migration go on until they end or are revoked.
UPDATE api_token SET countersigned_at = created_at;
