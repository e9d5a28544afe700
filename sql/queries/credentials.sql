-- MQTT accounts.

-- name: put
INSERT INTO recorder_credential (username, kind, password_hash, salt, iterations, issued_at, revoked_at)
VALUES ($1, $2, $3, $4, $5, now(), NULL)
ON CONFLICT (username) DO UPDATE SET
    kind = EXCLUDED.kind, password_hash = EXCLUDED.password_hash, salt = EXCLUDED.salt,
    iterations = EXCLUDED.iterations, issued_at = EXCLUDED.issued_at, revoked_at = NULL;

-- name: revoke
-- $1 username[].
UPDATE recorder_credential SET revoked_at = now() WHERE username = ANY ($1::text[]) AND revoked_at IS NULL
RETURNING username;

-- name: list_all
SELECT username, kind, password_hash, salt, iterations, revoked_at IS NOT NULL AS revoked
FROM recorder_credential
ORDER BY username;
