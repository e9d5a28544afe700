-- Who may sign in to the console and the API. Of every secret only a hash is kept.

CREATE TABLE account (
    username      text PRIMARY KEY CHECK (username ~ '^[a-z0-9][a-z0-9_.-]{1,39}$'),
    name          text NOT NULL,
    roles         text[] NOT NULL CHECK (roles <@ ARRAY['officer', 'auxiliary', 'custodian', 'leader', 'deputy', 'head',
        'command_centre', 'verifier', 'supervision', 'political', 'engineer', 'auditor', 'administrator', 'security']),
    unit_id       text,
    officer_id    text,
    password_hash text,
    must_change   boolean NOT NULL DEFAULT false,
    disabled      boolean NOT NULL DEFAULT false,
    oidc_subject  text UNIQUE,
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL,
    password_at   timestamptz,
    version       integer NOT NULL DEFAULT 1,
    -- 三员分立: whoever gives rights, whoever sets security and whoever audits both are three people.
    CONSTRAINT account_separation CHECK (
        ('administrator' = ANY (roles))::integer + ('auditor' = ANY (roles))::integer + ('security' = ANY (roles))::integer <= 1)
);
COMMENT ON COLUMN account.unit_id IS 'its subtree is what the account sees; null: the whole bureau';
COMMENT ON COLUMN account.password_hash IS 'argon2id; null: no password, it signs in by single sign-on or not at all';
COMMENT ON COLUMN account.must_change IS 'somebody else knows the password: until it is changed nothing else can be done';
-- One person has one account: two would let him hold what must be held apart.
CREATE UNIQUE INDEX account_of_officer ON account (officer_id) WHERE officer_id IS NOT NULL;

CREATE TABLE account_session (
    session_hash bytea PRIMARY KEY CHECK (length(session_hash) = 32),
    username     text NOT NULL REFERENCES account ON DELETE CASCADE,
    created_at   timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL,
    idle_s       integer NOT NULL CHECK (idle_s > 0),
    expires_at   timestamptz NOT NULL,
    address      text NOT NULL,
    agent        text NOT NULL
);
COMMENT ON COLUMN account_session.session_hash IS 'SHA-256 of the random id in the cookie';
COMMENT ON COLUMN account_session.idle_s IS 'it ends after so long without a request (s)';
CREATE INDEX account_session_of ON account_session (username);

-- A login that works once: printed by a command for whoever sits at the machine.
CREATE TABLE login_once (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    username   text NOT NULL REFERENCES account ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    session_s  integer NOT NULL CHECK (session_s > 0)
);
COMMENT ON COLUMN login_once.session_s IS 'how long the session lasts that it opens (s)';

-- Failed logins by account and by address. In the database, so that a restart forgives nothing.
CREATE TABLE login_throttle (
    kind         text NOT NULL CHECK (kind IN ('account', 'address')),
    key          text NOT NULL,
    attempts     integer NOT NULL,
    since        timestamptz NOT NULL,
    locked_until timestamptz,
    PRIMARY KEY (kind, key)
);
COMMENT ON COLUMN login_throttle.attempts IS 'since `since`, those under way included; a success clears them';

CREATE TABLE api_token (
    token_id     text PRIMARY KEY,
    token_hash   bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    name         text NOT NULL,
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['facts:write', 'read', 'metrics']),
    unit_id      text,
    created_at   timestamptz NOT NULL,
    created_by   text NOT NULL,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    revoked_by   text,
    last_used_at timestamptz
);
COMMENT ON COLUMN api_token.unit_id IS 'its subtree is what the token reads; null: the whole bureau';

-- A login at the bureau's single sign-on that is under way.
CREATE TABLE oidc_login (
    state_hash bytea PRIMARY KEY CHECK (length(state_hash) = 32),
    nonce      text NOT NULL,
    verifier   text NOT NULL,
    created_at timestamptz NOT NULL
);
