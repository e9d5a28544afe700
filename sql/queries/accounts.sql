-- Accounts, their sessions and API tokens, and the throttle against password guessing.

-- name: by_username
SELECT username, name, roles, unit_id, officer_id, password_hash, must_change, disabled, oidc_subject, created_at,
    created_by, version
FROM account WHERE username = $1;

-- name: by_oidc_subject
SELECT username, name, roles, unit_id, officer_id, password_hash, must_change, disabled, oidc_subject, created_at,
    created_by, version
FROM account WHERE oidc_subject = $1;

-- name: list_all
-- Accounts by name. $1 after this name, $2 limit, $3 text in the name (null: all).
SELECT username, name, roles, unit_id, officer_id, NULL AS password_hash, must_change, disabled, oidc_subject, created_at,
    created_by, version
FROM account
WHERE username > $1 AND ($3::text IS NULL OR strpos(username, $3) > 0 OR strpos(name, $3) > 0)
ORDER BY username LIMIT $2;

-- name: officers_with_role
-- Officer ids of enabled accounts with role $1.
SELECT officer_id FROM account WHERE $1 = ANY (roles) AND NOT disabled AND officer_id IS NOT NULL ORDER BY officer_id;

-- name: add
INSERT INTO account (username, name, roles, unit_id, officer_id, password_hash, must_change, oidc_subject, created_at, created_by, password_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $6::text IS NULL THEN NULL ELSE $9::timestamptz END)
ON CONFLICT (username) DO NOTHING
RETURNING username;

-- name: change
-- Optimistic lock: only if the account is still at version $9.
UPDATE account SET name = $2, roles = $3, unit_id = $4, officer_id = $5, disabled = $6, must_change = $7, oidc_subject = $8,
    version = version + 1
WHERE username = $1 AND version = $9
RETURNING version;

-- name: set_password
-- $4: whether the account must choose a new password, because somebody else chose this one.
UPDATE account SET password_hash = $2, password_at = $3, must_change = $4, version = version + 1 WHERE username = $1
RETURNING username;

-- name: officer_is_taken
SELECT username FROM account WHERE (officer_id = $1 OR oidc_subject = $2) AND username <> $3;

-- name: end_sessions
-- $1 username, $2 the session to keep (null: none).
DELETE FROM account_session WHERE username = $1 AND session_hash IS DISTINCT FROM $2::bytea RETURNING session_hash;

-- name: add_session
INSERT INTO account_session (session_hash, username, created_at, seen_at, idle_s, expires_at, address, agent, has_factor)
VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8);

-- name: by_session
-- $1 hash, $2 now.
SELECT a.username, a.name, a.roles, a.unit_id, a.officer_id, a.password_hash, a.must_change, a.disabled, a.oidc_subject,
    a.created_at, a.created_by, a.version, s.seen_at, s.has_factor
FROM account_session s JOIN account a USING (username)
WHERE s.session_hash = $1 AND s.expires_at > $2 AND s.seen_at + make_interval(secs => s.idle_s) > $2 AND NOT a.disabled;

-- name: session_times
-- $1 hash, $2 now.
SELECT extract(epoch FROM expires_at - $2)::integer AS left_s, idle_s FROM account_session WHERE session_hash = $1;

-- name: touch_session
UPDATE account_session SET seen_at = $2 WHERE session_hash = $1 AND seen_at < $2;

-- name: drop_session
DELETE FROM account_session WHERE session_hash = $1;

-- name: list_sessions
SELECT created_at, seen_at, expires_at, address, agent FROM account_session
WHERE username = $1 AND expires_at > $2 AND seen_at + make_interval(secs => idle_s) > $2
ORDER BY created_at DESC;

-- name: drop_expired
-- $1 now.
WITH sessions AS (
    DELETE FROM account_session WHERE expires_at <= $1 OR seen_at + make_interval(secs => idle_s) <= $1 RETURNING 1
), once AS (
    DELETE FROM login_once WHERE expires_at <= $1 RETURNING 1
), throttles AS (
    DELETE FROM login_throttle WHERE since < $1 - interval '1 day' AND COALESCE(locked_until, '-infinity') <= $1 RETURNING 1
), logins AS (
    DELETE FROM oidc_login WHERE created_at < $1 - interval '10 minutes' RETURNING 1
), devices AS (
    DELETE FROM known_device WHERE seen_at < $1 - interval '400 days' RETURNING 1
)
SELECT (SELECT count(*) FROM devices) + (SELECT count(*) FROM sessions) + (SELECT count(*) FROM once) + (SELECT count(*) FROM throttles) + (SELECT count(*) FROM logins);

-- name: add_once
INSERT INTO login_once (token_hash, username, created_at, expires_at, session_s) VALUES ($1, $2, $3, $4, $5);

-- name: take_once
DELETE FROM login_once WHERE token_hash = $1 AND expires_at > $2 RETURNING username, session_s;

-- name: count_attempt
-- Count one attempt; return until when the key is locked, null if the attempt may go on.
-- $1 kind, $2 key, $3 now, $4 window (s), $5 attempts that lock, $6 lock (s).
-- Counted before the password is checked, so that parallel requests can't bypass the limit.
INSERT INTO login_throttle AS t (kind, key, attempts, since) VALUES ($1, $2, 1, $3)
ON CONFLICT (kind, key) DO UPDATE SET
    attempts = CASE
        WHEN t.locked_until > $3 THEN t.attempts
        WHEN t.locked_until IS NOT NULL OR t.since + make_interval(secs => $4) <= $3 THEN 1
        ELSE t.attempts + 1 END,
    since = CASE
        WHEN t.locked_until > $3 THEN t.since
        WHEN t.locked_until IS NOT NULL OR t.since + make_interval(secs => $4) <= $3 THEN $3
        ELSE t.since END,
    locked_until = CASE
        WHEN t.locked_until > $3 THEN t.locked_until
        WHEN t.locked_until IS NULL AND t.since + make_interval(secs => $4) > $3 AND t.attempts + 1 > $5
            THEN $3 + make_interval(secs => $6)
        END
RETURNING locked_until;

-- name: clear_attempts
DELETE FROM login_throttle
WHERE (kind IN ('account', 'factor') AND key = $1) OR (kind = 'account_at' AND substr(key, strpos(key, ' ') + 1) = $1);

-- name: forget_attempts
DELETE FROM login_throttle WHERE kind = $1 AND key = $2;

-- name: try_device
-- Counted before the password is checked, as above.
UPDATE known_device SET failures = failures + 1 WHERE device_hash = $1 AND username = $2 RETURNING failures;

-- name: reset_device
UPDATE known_device SET failures = 0 WHERE device_hash = $1 AND username = $2;

-- name: forget_device
DELETE FROM known_device WHERE device_hash = $1 AND username = $2;

-- name: rename_device
-- Each login gives the device another id, so that none which somebody has planted stays. $1 before, $2 from now on.
UPDATE known_device SET device_hash = $2 WHERE device_hash = $1;

-- name: know_device
INSERT INTO known_device (device_hash, username, seen_at) VALUES ($1, $2, $3)
ON CONFLICT (device_hash, username) DO UPDATE SET seen_at = EXCLUDED.seen_at, failures = 0;

-- name: drop_devices
-- All but the latest of an account. $1 username, $2 how many are kept.
DELETE FROM known_device d
WHERE d.username = $1 AND d.device_hash IN (
    SELECT o.device_hash FROM known_device o WHERE o.username = $1 ORDER BY o.seen_at DESC, o.device_hash OFFSET $2
);

-- name: lock_factor
SELECT secret, confirmed_at, last_step FROM second_factor WHERE username = $1 FOR UPDATE;

-- name: enrol_factor
INSERT INTO second_factor (username, secret, created_at) VALUES ($1, $2, $3)
ON CONFLICT (username) DO UPDATE SET secret = EXCLUDED.secret, created_at = EXCLUDED.created_at, last_step = 0
WHERE second_factor.confirmed_at IS NULL;

-- name: use_factor
-- $1 username, $2 time step, $3 now.
UPDATE second_factor SET last_step = $2, confirmed_at = COALESCE(confirmed_at, $3) WHERE username = $1;

-- name: give_factor
UPDATE account_session SET has_factor = true WHERE session_hash = $1;

-- name: has_factor
SELECT true FROM second_factor WHERE username = $1 AND confirmed_at IS NOT NULL;

-- name: drop_factor
DELETE FROM second_factor WHERE username = $1 RETURNING username;

-- name: forgive_attempt
-- A successful attempt doesn't count against its address.
UPDATE login_throttle SET attempts = attempts - 1 WHERE kind = $1 AND key = $2 AND attempts > 0;

-- name: locked_until
-- The latest of its locks: from one address, from all of them, of its second factor.
SELECT max(locked_until) FROM login_throttle
WHERE ((kind IN ('account', 'factor') AND key = $1) OR (kind = 'account_at' AND substr(key, strpos(key, ' ') + 1) = $1))
    AND locked_until > $2;

-- name: add_token
INSERT INTO api_token (token_id, token_hash, name, purpose, scopes, unit_id, created_at, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: use_token
-- A token opens what its issuer may open himself, and only as long as he may. $1 hash, $2 now.
UPDATE api_token t SET last_used_at = $2
FROM account a
WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > $2 AND t.countersigned_at <= $2
    AND a.username = t.created_by AND NOT a.disabled
RETURNING t.token_id, t.name, t.purpose, t.scopes, t.unit_id, a.roles, a.unit_id AS issuer_unit_id;

-- name: list_tokens
-- $1 issuer (null: all).
SELECT token_id, name, purpose, scopes, unit_id, created_at, created_by, expires_at, countersigned_at, countersigned_by,
    revoked_at, revoked_by, last_used_at
FROM api_token
WHERE $1::text IS NULL OR created_by = $1
ORDER BY created_at DESC, token_id LIMIT 500;

-- name: countersign_token
-- $1 token_id, $2 now, $3 by.
UPDATE api_token SET countersigned_at = $2, countersigned_by = $3
WHERE token_id = $1 AND revoked_at IS NULL AND expires_at > $2 RETURNING token_id;

-- name: revoke_token
-- $1 token_id, $2 now, $3 by, $4 issuer (null: anybody's).
UPDATE api_token SET revoked_at = $2, revoked_by = $3
WHERE token_id = $1 AND revoked_at IS NULL AND ($4::text IS NULL OR created_by = $4) RETURNING token_id;

-- name: lapse_grants
-- $1 asked before.
UPDATE right_grant SET state = 'lapsed', password_hash = NULL WHERE state = 'waiting' AND asked_at < $1;

-- name: ask_grant
-- No row: the same is asked for already.
INSERT INTO right_grant (kind, target, change, why, asked_by, by_security, asked_at, password_hash, version)
VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7, $8, $9)
ON CONFLICT (kind, target) WHERE state = 'waiting' DO NOTHING
RETURNING grant_id;

-- name: list_grants
-- What waits, then what was decided, newest first. $1 limit.
SELECT kind, target, change::text, why, asked_by, by_security, asked_at, NULL AS password_hash, version, grant_id, state, decided_by,
    decided_at, reason
FROM right_grant ORDER BY state <> 'waiting', grant_id DESC LIMIT $1;

-- name: lock_grant
SELECT kind, target, change::text, why, asked_by, by_security, asked_at, password_hash, version, grant_id, state, decided_by,
    decided_at, reason
FROM right_grant WHERE grant_id = $1 FOR UPDATE;

-- name: decide_grant
-- $1 grant_id, $2 state, $3 by, $4 now, $5 reason.
UPDATE right_grant SET state = $2, decided_by = $3, decided_at = $4, reason = $5, password_hash = NULL WHERE grant_id = $1;

-- name: unit_tree
SELECT unit_id, parent_id, kind, name FROM units_known_at($1);

-- name: home_of_officer
SELECT unit_id FROM officers_known_at($2) WHERE officer_id = $1;

-- name: begin_oidc
INSERT INTO oidc_login (state_hash, nonce, verifier, place, created_at) VALUES ($1, $2, $3, $4, $5);

-- name: take_oidc
DELETE FROM oidc_login WHERE state_hash = $1 AND created_at > $2 RETURNING nonce, verifier, place;
