-- Which process does what only one may do at a time, until when by the database's clock, and its fencing token: it grows with
-- each change of hands, so that whoever was stopped and goes on later is known to be late.
CREATE TABLE lease (
    part   text PRIMARY KEY,
    holder text NOT NULL,
    token  bigint NOT NULL,
    until  timestamptz NOT NULL
);
