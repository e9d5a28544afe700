-- name: footage
-- Emergency phone footage, as known at $1. $2 phone_footage_id[].
SELECT phone_footage_id, officer_id, recorded_at, uploaded_at, delivered_at FROM phone_footage_known_at($1)
WHERE phone_footage_id = ANY($2::text[]);
