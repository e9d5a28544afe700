-- Leases: who does what only one process may do.

-- name: take
-- Take the lease if nobody holds it; no row: somebody does. $1 part, $2 holder, $3 seconds.
INSERT INTO lease AS l (part, holder, token, until) VALUES ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
ON CONFLICT (part) DO UPDATE SET holder = EXCLUDED.holder, token = l.token + 1, until = EXCLUDED.until
WHERE l.until < clock_timestamp()
RETURNING token;

-- name: hold
-- Renew the lease, and keep its row locked to the end of the transaction; no row: it has changed hands.
-- $1 part, $2 token, $3 seconds.
UPDATE lease SET until = clock_timestamp() + make_interval(secs => $3) WHERE part = $1 AND token = $2 RETURNING token;

-- name: give_up
-- $1 part, $2 token.
UPDATE lease SET until = clock_timestamp() WHERE part = $1 AND token = $2;

-- name: end_if_idle
-- End this transaction if its process is silent for so long, or no longer reads what the database sends it.
-- $1 milliseconds, as text.
SELECT set_config('idle_in_transaction_session_timeout', $1, true), set_config('tcp_user_timeout', $1, true);
