-- Facts as they were known at a moment. Made from the fact models by alerts/facts/known_sql.py.
--
-- Each function is one plain SELECT, so that the planner inlines it and a condition on officer, recorder or time uses
-- the table's indexes. The view has the slices of all collections.

CREATE OR REPLACE FUNCTION units_known_at(moment timestamptz) RETURNS SETOF unit_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM unit_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE OR REPLACE FUNCTION officers_known_at(moment timestamptz) RETURNS SETOF officer_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM officer_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE OR REPLACE FUNCTION recorders_known_at(moment timestamptz) RETURNS SETOF recorder_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM recorder_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE OR REPLACE FUNCTION assignments_known_at(moment timestamptz) RETURNS SETOF assignment_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM assignment_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE OR REPLACE FUNCTION sim_bindings_known_at(moment timestamptz) RETURNS SETOF sim_binding_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM sim_binding_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE OR REPLACE FUNCTION shifts_known_at(moment timestamptz) RETURNS SETOF shift_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM shift_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE OR REPLACE FUNCTION activities_known_at(moment timestamptz) RETURNS SETOF activity_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM activity_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE OR REPLACE FUNCTION exemptions_known_at(moment timestamptz) RETURNS SETOF exemption_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM exemption_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE OR REPLACE FUNCTION fault_reports_known_at(moment timestamptz) RETURNS SETOF fault_report_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM fault_report_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE OR REPLACE FUNCTION dock_imports_known_at(moment timestamptz) RETURNS SETOF dock_import_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM dock_import_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE OR REPLACE FUNCTION phone_footage_known_at(moment timestamptz) RETURNS SETOF phone_footage_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM phone_footage_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE OR REPLACE VIEW fact_slice (collection, fact_id, known_from, known_to) AS
SELECT 'units'::text, unit_id, known_from, known_to FROM unit_fact
UNION ALL SELECT 'officers'::text, officer_id, known_from, known_to FROM officer_fact
UNION ALL SELECT 'recorders'::text, recorder_id, known_from, known_to FROM recorder_fact
UNION ALL SELECT 'assignments'::text, assignment_id, known_from, known_to FROM assignment_fact
UNION ALL SELECT 'sim_bindings'::text, sim_binding_id, known_from, known_to FROM sim_binding_fact
UNION ALL SELECT 'shifts'::text, shift_id, known_from, known_to FROM shift_fact
UNION ALL SELECT 'activities'::text, activity_id, known_from, known_to FROM activity_fact
UNION ALL SELECT 'exemptions'::text, exemption_id, known_from, known_to FROM exemption_fact
UNION ALL SELECT 'fault_reports'::text, fault_report_id, known_from, known_to FROM fault_report_fact
UNION ALL SELECT 'dock_imports'::text, dock_import_id, known_from, known_to FROM dock_import_fact
UNION ALL SELECT 'phone_footage'::text, phone_footage_id, known_from, known_to FROM phone_footage_fact;
