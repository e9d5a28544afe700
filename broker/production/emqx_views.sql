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

-- What no rule allows is denied. A recorder publishes the known kinds, and retains `presence` only: a rule with `retain` 0
-- fits messages that aren't to be retained, one with 1 those that are.
DROP VIEW IF EXISTS emqx_acl;
CREATE VIEW emqx_acl AS
SELECT c.username, rule.position, 'allow' AS permission, rule.action, rule.topic, rule.retain, c.kind
FROM recorder_credential c
CROSS JOIN LATERAL (
    SELECT 'recorder', 1, 'publish', 'recorder/v1/' || c.username || '/' || kind, 0
    FROM unnest(ARRAY[
        'backlog', 'battery', 'event', 'heartbeat', 'location', 'presence', 'recording', 'reply', 'storage'
    ]) AS kind
    UNION ALL
    VALUES
        ('recorder', 2, 'publish', 'recorder/v1/' || c.username || '/presence', 1),
        ('recorder', 3, 'subscribe', 'recorder/v1/' || c.username || '/command', 0),
        ('server', 1, 'subscribe', 'recorder/v1/#', 0),
        ('server', 2, 'publish', 'recorder/v1/+/command', 0)
) AS rule (kind, position, action, topic, retain)
WHERE c.revoked_at IS NULL AND rule.kind = c.kind;

DO $$
BEGIN
    CREATE ROLE recorder_fleet_emqx NOLOGIN;
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
GRANT SELECT ON emqx_user, emqx_acl TO recorder_fleet_emqx;
