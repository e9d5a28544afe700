-- The register as it stands now: units and recorders. Who changed what, and when it was known, is the facts' business.

CREATE TABLE unit (
    unit_id   text PRIMARY KEY,
    name      text NOT NULL,
    parent_id text REFERENCES unit (unit_id) DEFERRABLE INITIALLY DEFERRED,
    kind      text NOT NULL CHECK (kind IN ('bureau', 'office', 'detachment', 'squad')),
    area      jsonb
);

CREATE TABLE recorder (
    recorder_id text PRIMARY KEY,
    unit_id     text NOT NULL REFERENCES unit (unit_id) DEFERRABLE INITIALLY DEFERRED,
    model       text NOT NULL,
    holder_id   text,
    imei        text,
    iccid       text,
    heartbeat_s integer NOT NULL DEFAULT 30 CHECK (heartbeat_s BETWEEN 1 AND 3600),
    senses_sim  boolean NOT NULL DEFAULT false,
    status      text NOT NULL DEFAULT 'service' CHECK (status IN ('service', 'spare', 'repair', 'retired', 'test'))
);

CREATE INDEX recorder_by_unit ON recorder (unit_id);

-- The secret of each MQTT account, as a hash. One hash serves mosquitto's password file and EMQX's PostgreSQL login.
CREATE TABLE recorder_credential (
    username      text PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('recorder', 'server')),
    password_hash bytea NOT NULL,
    salt          bytea NOT NULL,
    iterations    integer NOT NULL CHECK (iterations >= 1),
    issued_at     timestamptz NOT NULL,
    revoked_at    timestamptz
);
