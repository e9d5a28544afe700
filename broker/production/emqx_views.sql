-- What EMQX reads of the MQTT accounts: two views over recorder_credential, and a role that sees nothing else.
-- EMQX's passwords: pbkdf2, mac_fun sha512, 64 bytes; password_hash in lower-case hexadecimal, salt as text.

CREATE OR REPLACE VIEW emqx_user AS
SELECT
    username,
    kind,
    encode(password_hash, 'hex') AS password_hash,
    convert_from(salt, 'UTF8') AS salt,
    false AS is_superuser
FROM recorder_credential
WHERE revoked_at IS NULL;

-- The first rule that fits counts (`position`), and what none allows is denied. A recorder retains `presence` only: a rule
-- with `retain` 0 fits messages that aren't to be retained, one with 1 those that are, one without either all.
DROP VIEW IF EXISTS emqx_acl;
CREATE VIEW emqx_acl AS
SELECT c.username, rule.position, rule.permission, rule.action, rule.topic, rule.retain, c.kind
FROM recorder_credential c
CROSS JOIN LATERAL (
    VALUES
        ('recorder', 1, 'deny', 'publish', 'recorder/v1/' || c.username || '/command', NULL),
        ('recorder', 2, 'allow', 'publish', 'recorder/v1/' || c.username || '/#', 0),
        ('recorder', 3, 'allow', 'publish', 'recorder/v1/' || c.username || '/presence', 1),
        ('recorder', 4, 'allow', 'subscribe', 'recorder/v1/' || c.username || '/command', NULL),
        ('server', 1, 'allow', 'subscribe', 'recorder/v1/#', NULL),
        ('server', 2, 'allow', 'publish', 'recorder/v1/+/command', 0)
) AS rule (kind, position, permission, action, topic, retain)
WHERE c.revoked_at IS NULL AND rule.kind = c.kind;

DO $$
BEGIN
    CREATE ROLE recorder_fleet_emqx NOLOGIN;
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
GRANT SELECT ON emqx_user, emqx_acl TO recorder_fleet_emqx;
