-- Leases: who does what only one process may do.

-- name: add_part
-- A part that nobody has held yet; one that is held is not touched, since that would wait for its holder. $1 part.
INSERT INTO lease (part, holder, token, until)
SELECT $1, '', 0, '-infinity' WHERE NOT EXISTS (SELECT FROM lease WHERE part = $1)
ON CONFLICT DO NOTHING;

-- name: take
-- Take the lease if nobody holds it or works with it; no row: somebody does. $1 part, $2 holder, $3 seconds.
UPDATE lease SET holder = $2, token = token + 1, until = clock_timestamp() + make_interval(secs => $3)
WHERE part = (SELECT part FROM lease WHERE part = $1 AND until < clock_timestamp() FOR UPDATE SKIP LOCKED)
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
SELECT
    set_config('idle_in_transaction_session_timeout', $1, true),
    set_config('tcp_user_timeout', $1, true),
    set_config('application_name', 'recorder-fleet exclusive ' || $1, true);

-- name: end_hung
-- End sessions that wait for their process longer than they said. The idle timeout doesn't cover this: a session that has
-- prepared a statement and waits for its execution counts as active.
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE
    datname = current_database() AND state = 'active' AND wait_event = 'ClientRead'
    AND application_name ~ '^recorder-fleet exclusive [0-9]{1,9}$'
    AND state_change < clock_timestamp() - make_interval(secs => split_part(application_name, ' ', 3)::double precision / 1000);
