-- Notices: who is to be told what (items), what is sent to whom (notices, stored before they are sent), how it went
-- (attempts). A person is an officer's id, or `post:<name>` for a desk such as the command centre's.

CREATE TABLE notice (
    notice_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person        text NOT NULL,
    urgent        boolean NOT NULL,
    created_at    timestamptz NOT NULL,
    message       jsonb NOT NULL,
    routes        jsonb NOT NULL,
    state         text NOT NULL CHECK (state IN ('queued', 'sent', 'dead', 'cancelled')),
    next_at       timestamptz NOT NULL,
    claimed_by    text,
    claimed_until timestamptz,
    sent_at       timestamptz,
    sent_by       text,
    reason        text,
    CHECK ((state = 'sent') = (sent_at IS NOT NULL))
) WITH (fillfactor = 70);
COMMENT ON COLUMN notice.message IS '{title, text, public_text, link}: text names people, public_text never does';
COMMENT ON COLUMN notice.routes IS '[[channel, address], …] in the person''s order of preference';
COMMENT ON COLUMN notice.next_at IS 'when a sender should look at it again';
COMMENT ON COLUMN notice.claimed_until IS 'until then one sender alone works on it';
COMMENT ON COLUMN notice.reason IS 'why it is dead or was cancelled';
CREATE INDEX notice_due ON notice (next_at) WHERE state = 'queued';
CREATE INDEX notice_by_person ON notice (person, created_at DESC);
CREATE INDEX notice_dead ON notice (created_at DESC) WHERE state = 'dead';

-- `sending` is written before the request goes out. One that a crash left behind has an unknown outcome.
CREATE TABLE notice_attempt (
    notice_id  bigint NOT NULL REFERENCES notice,
    n          integer NOT NULL,
    channel    text NOT NULL,
    state      text NOT NULL CHECK (state IN ('sending', 'sent', 'failed', 'refused', 'unknown')),
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    code       text,
    detail     text,
    PRIMARY KEY (notice_id, n)
);
COMMENT ON COLUMN notice_attempt.state IS
    'failed: the channel said no for now; refused: it never will take this one; unknown: it didn''t say';

-- One thing that one person is to be told of one incident; it waits (notice_id null) until it may travel in a notice.
CREATE TABLE notice_item (
    item_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id text NOT NULL REFERENCES incident,
    person      text NOT NULL,
    capacity    text NOT NULL CHECK (capacity IN
        ('subject', 'wearer', 'leader', 'deputy', 'head', 'custodian', 'command_centre')),
    kind        text NOT NULL CHECK (kind IN ('new', 'update', 'escalation', 'withdrawal')),
    urgent      boolean NOT NULL,
    weight      text NOT NULL,
    cause       text,
    officer_id  text,
    created_at  timestamptz NOT NULL,
    not_before  timestamptz NOT NULL,
    notice_id   bigint REFERENCES notice,
    dropped     text
);
COMMENT ON COLUMN notice_item.capacity IS 'as what he is told';
COMMENT ON COLUMN notice_item.weight IS 'the incident''s when the item was made: a person is told again when it rises';
COMMENT ON COLUMN notice_item.dropped IS 'why it was never sent';
CREATE INDEX notice_item_by_incident ON notice_item (incident_id);
CREATE INDEX notice_item_by_notice ON notice_item (notice_id);
CREATE INDEX notice_item_waiting ON notice_item (person) WHERE notice_id IS NULL AND dropped IS NULL;

-- What all senders share of a channel: its rate, and its circuit breaker.
CREATE TABLE channel_gate (
    channel     text PRIMARY KEY,
    earliest_at timestamptz[] NOT NULL DEFAULT '{}',
    failures    integer NOT NULL DEFAULT 0,
    opened      integer NOT NULL DEFAULT 0,
    shut_until  timestamptz,
    fault       text,
    changed_at  timestamptz
);
COMMENT ON COLUMN channel_gate.earliest_at IS 'per rate limit, when the bucket is empty again (theoretical arrival time)';
COMMENT ON COLUMN channel_gate.failures IS 'in a row';
COMMENT ON COLUMN channel_gate.opened IS 'how often in a row the breaker opened: each time for twice as long';

-- When it was last looked at what nobody has acknowledged: seldom enough to cost nothing, whoever plans.
CREATE TABLE notice_escalation (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    looked_at timestamptz NOT NULL
);
INSERT INTO notice_escalation (looked_at) VALUES ('-infinity');

CREATE TABLE notice_preference (
    officer_id text PRIMARY KEY,
    channels   text[] NOT NULL
);

-- Planned maintenance: while it lasts, what it covers is told to nobody; what still holds afterwards is told then.
CREATE TABLE maintenance (
    maintenance_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id      text,
    recorder_id  text,
    rules        text[] NOT NULL DEFAULT '{}' CHECK (NOT 'sos' = ANY (rules)),
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    reason       text NOT NULL,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL,
    cancelled_at timestamptz,
    cancelled_by text,
    CHECK (starts_at < ends_at)
);
COMMENT ON COLUMN maintenance.unit_id IS 'with all units below it; null: the whole bureau';
COMMENT ON COLUMN maintenance.rules IS 'empty: every rule but sos';
CREATE INDEX maintenance_by_end ON maintenance (ends_at);
