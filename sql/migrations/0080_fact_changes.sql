-- Which facts change by their own times is asked of the view fact_slice (0080_known_facts.sql), in sql/queries/facts.sql.

DROP FUNCTION facts_changed_between(timestamptz, timestamptz);
DROP FUNCTION next_fact_change(timestamptz);
