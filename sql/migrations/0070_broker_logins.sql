-- The server has one account at the broker, and its name is `recorder` (broker/access.py says why); its secret stays.

DELETE FROM recorder_credential WHERE username = 'recorder' AND kind = 'recorder';
DELETE FROM recorder_credential older
USING recorder_credential newer
WHERE older.kind = 'server' AND newer.kind = 'server'
  AND (newer.revoked_at IS NULL, newer.issued_at, newer.username)
    > (older.revoked_at IS NULL, older.issued_at, older.username);
UPDATE recorder_credential SET username = 'recorder' WHERE kind = 'server';
