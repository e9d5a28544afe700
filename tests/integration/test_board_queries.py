"""Every query of every generated board, run as Grafana's own login with its macros expanded, gives what its panel needs."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import asyncpg
import pytest
import pytest_asyncio
from services.databases import cloned_database
from standins.board_queries import BOARDS, PanelQuery, panel_queries
from standins.boards_fleet import fill
from standins.grafana_macros import View, expand

from telemetry.store.boards import grant_boards
from telemetry.store.pool import Connection, Database

NUMBERS: Final = {"int2", "int4", "int8", "float4", "float8", "numeric"}
MOMENTS: Final = {"timestamptz", "timestamp"}
TEXTS: Final = {"text", "varchar"}
QUERIES: Final = list(panel_queries())
SPANS: Final = {"an hour": timedelta(hours=1), "a day": timedelta(days=1), "a month": timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class Login:
    """Grafana's login at a filled database."""

    dsn: str
    role: str


@pytest.fixture(scope="module")
def login(timescale_server: str, timescale_template: str) -> Iterator[Login]:
    """The login as the command makes it, at a small fleet's database; dropped at the end, for roles are the server's."""
    role = f"board_{secrets.token_hex(4)}"
    with cloned_database(timescale_server, timescale_template) as dsn:
        asyncio.run(_prepare(dsn, role))
        yield Login(dsn, role)
    asyncio.run(_drop(timescale_server, role))


async def _prepare(dsn: str, role: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for _, statements in fill(120, 4, 1, units=20):
            await connection.execute(statements)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    database = await Database.open(dsn)
    assert await grant_boards(database, role, "no-secret-of-anybody")
    await database.close()


async def _drop(server: str, role: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"DROP ROLE {role}")
    finally:
        await connection.close()


@pytest_asyncio.fixture
async def grafana(login: Login) -> AsyncIterator[Connection]:
    """A connection as Grafana's."""
    opened = await asyncpg.connect(login.dsn, user=login.role)
    try:
        yield opened
    finally:
        await opened.close()


@pytest_asyncio.fixture
async def owner(login: Login) -> AsyncIterator[Connection]:
    """A connection of whoever owns the database."""
    opened = await asyncpg.connect(login.dsn)
    try:
        yield opened
    finally:
        await opened.close()


async def ask(connection: Connection, query: PanelQuery, span: timedelta, units: list[str]) -> list[asyncpg.Record]:
    now = datetime.now(UTC)
    return await connection.fetch(expand(query.sql, View(now - span, now, {"unit": units})))


async def columns_of(connection: Connection, query: PanelQuery) -> dict[str, str]:
    """The columns that come back, and their types."""
    now = datetime.now(UTC)
    prepared = await connection.prepare(expand(query.sql, View(now - SPANS["a day"], now, {"unit": ["U0"]})))
    return {column.name: column.type.name for column in prepared.get_attributes()}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
async def test_every_column_has_a_label_and_a_unit_and_every_label_a_column(
    grafana: Connection, query: PanelQuery
) -> None:
    found = await columns_of(grafana, query)
    shown = found.keys() - ({"time"} if query.panel["type"] == "timeseries" else set())
    if len(query.panel["targets"]) == 1:
        assert query.columns.keys() == shown
    assert shown <= query.columns.keys()
    for name in shown:
        assert query.columns[name]["displayName"], name
        assert query.columns[name]["unit"], name


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
async def test_the_columns_are_of_the_types_that_the_panel_draws(grafana: Connection, query: PanelQuery) -> None:
    found = await columns_of(grafana, query)
    numbers = {name for name, kind in found.items() if kind in NUMBERS}
    match query.panel["type"]:
        case "timeseries":
            assert "time_series" == query.target["format"]
            assert "time" == next(iter(found))
            assert found.pop("time") in MOMENTS
            assert found.keys() == numbers != set()
        case "stat":
            assert found.keys() == numbers != set()
        case "barchart":
            by = query.panel["options"]["xField"]
            assert found[by] in TEXTS
            assert found.keys() - {by} == numbers != set()
        case "geomap":
            assert {"lat", "lon"} <= numbers
            assert found["unit_name"] in TEXTS
        case "table":
            assert set(found.values()) <= NUMBERS | MOMENTS | TEXTS
        case kind:
            raise AssertionError(kind)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
async def test_a_column_s_unit_is_one_for_its_type(grafana: Connection, query: PanelQuery) -> None:
    for name, kind in (await columns_of(grafana, query)).items():
        if name == "time":
            continue
        unit = query.columns[name]["unit"]
        assert (unit == "string") == (kind in TEXTS), name
        assert unit.startswith("dateTime") == (kind in MOMENTS), name


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
async def test_every_query_answers_over_every_range(grafana: Connection, query: PanelQuery, span: str) -> None:
    rows = await ask(grafana, query, SPANS[span], ["U0"])
    if span == "a month":
        assert rows
    if query.panel["type"] == "stat":
        assert 1 == len(rows)
    if query.panel["type"] == "timeseries":
        times = [row["time"] for row in rows]
        assert sorted(set(times)) == times


async def test_what_is_chosen_is_the_unit_with_those_below_it(grafana: Connection) -> None:
    table = next(query for query in QUERIES if query.name == "live-map: 各单位 A")
    everything = [row["unit_name"] for row in await ask(grafana, table, SPANS["an hour"], ["U0"])]
    assert 20 == len(everything)
    below = [row["unit_name"] for row in await ask(grafana, table, SPANS["an hour"], ["U10", "U3"])]
    assert ["第1支队", *(f"第{n}中队" for n in range(11, 20)), "第3中队"] == sorted(below, key=_by_number)


def _by_number(name: str) -> tuple[bool, int]:
    return name == "第3中队", int("".join(letter for letter in name if letter.isdigit()))


async def test_a_unit_with_a_quote_in_its_id_breaks_out_of_nothing(grafana: Connection) -> None:
    for query in QUERIES:
        await ask(grafana, query, SPANS["a day"], ["U1') OR true --", "x']))) ; DROP TABLE unit; --"])


async def test_a_month_is_read_by_day_and_a_day_by_hour(grafana: Connection) -> None:
    series = next(query for query in QUERIES if query.name.startswith("device-health: 电量不足"))
    by_day = [row["time"] for row in await ask(grafana, series, SPANS["a month"], ["U0"])]
    assert {timedelta(days=1)} == {later - sooner for sooner, later in pairwise(by_day)}
    by_hour = [row["time"] for row in await ask(grafana, series, SPANS["a day"], ["U0"])]
    assert {timedelta(hours=1)} == {later - sooner for sooner, later in pairwise(by_hour)}
    # The current hour isn't rolled up yet, nor is the one before for sure.
    assert by_hour[-1] <= datetime.now(UTC) - timedelta(hours=2)


async def test_positions_off_duty_and_test_devices_are_on_no_board(grafana: Connection, owner: Connection) -> None:
    points = next(query for query in QUERIES if query.name == "live-map: 实时位置 A")
    shown = {row["recorder_id"] for row in await ask(grafana, points, SPANS["an hour"], ["U0"])}
    on_duty = {
        row["recorder_id"]
        for row in await owner.fetch(
            "SELECT recorder_id FROM live_recorders(now()) WHERE on_duty OR is_lost OR state = 'sos'"
        )
    }
    located = {
        row["recorder_id"] for row in await owner.fetch("SELECT recorder_id FROM recorder_state WHERE lat IS NOT NULL")
    }
    assert shown
    assert shown <= on_duty
    assert located - shown
    assert "R7" not in shown
    for view in ("live", "recorder", "device_event", "silence", "dock_import"):
        assert 0 == await grafana.fetchval(f"SELECT count(*) FROM board.{view} WHERE recorder_id IN ('R7', 'R107')")


async def test_what_is_only_suspected_is_in_no_view_of_incidents_and_no_query_asks_for_it(
    grafana: Connection, owner: Connection
) -> None:
    rows = await owner.fetch("SELECT incident_id, confidence FROM incident WHERE outage_id IS NULL")
    suspected = {row["incident_id"] for row in rows if row["confidence"] == "suspected"}
    assert suspected
    for view in ("incident", "incident_step"):
        shown = {row["incident_id"] for row in await grafana.fetch(f"SELECT incident_id FROM board.{view}")}
        assert shown
        assert not shown & suspected, view
    assert [] == [query.name for query in QUERIES if "suspected" in query.sql]


async def test_no_view_has_a_column_that_names_a_person_or_a_card(owner: Connection) -> None:
    columns = {
        row["column_name"]
        for row in await owner.fetch("SELECT column_name FROM information_schema.columns WHERE table_schema = 'board'")
    }
    assert "recorder_id" in columns
    forbidden = (
        "officer_id",
        "officer_name",
        "holder",
        "wearer",
        "candidate",
        "person",
        "account",
        "actor",
        "iccid",
        "imei",
        "cell",
    )
    assert set() == {name for name in columns if any(word in name for word in forbidden)}


async def test_the_login_reads_the_boards_views_and_no_table(grafana: Connection, owner: Connection) -> None:
    # Of TimescaleDB's own tables everybody may read some; chunks are ours.
    relations = await owner.fetch(
        "SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (n.nspname IN ('public', 'board') OR c.relname LIKE '\\_hyper\\_%')"
    )
    assert {"board", "public", "_timescaledb_internal"} == {relation["schema"] for relation in relations}
    for relation in relations:
        sql = f'SELECT * FROM {relation["schema"]}."{relation["name"]}" LIMIT 1'
        if relation["schema"] == "board":
            await grafana.fetch(sql)
        else:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await grafana.fetch(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM live_recorders(now())",
        "SELECT * FROM officers_known_at(now())",
        "SELECT * FROM logins_between(now(), now(), '{R1}', now())",
        "SELECT refresh_register(now())",
        "SELECT drop_old_audit('1 year', now())",
        "CREATE TABLE public.mine (a int)",
        "CREATE TABLE board.mine (a int)",
        "DELETE FROM board.notice",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT * FROM pg_authid",
        "SET ROLE postgres",
    ],
)
async def test_the_login_can_t_go_around_the_views(grafana: Connection, sql: str) -> None:
    # What a session can set for itself holds nobody up.
    await grafana.execute("SET default_transaction_read_only = off")
    await grafana.execute("SET search_path = public")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await grafana.execute(sql)


async def test_a_temporary_table_of_the_login_s_stands_in_for_none_of_ours(grafana: Connection) -> None:
    before = await grafana.fetchval("SELECT count(*) FROM board.live")
    await grafana.execute("SET default_transaction_read_only = off")
    await grafana.execute("CREATE TEMP TABLE recorder (recorder_id text); CREATE TEMP TABLE unit (unit_id text)")
    assert before == await grafana.fetchval("SELECT count(*) FROM board.live") > 0


async def test_of_what_runs_with_another_s_rights_the_login_may_run_the_boards_function(
    login: Login, owner: Connection
) -> None:
    definers = await owner.fetch(
        "SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE p.prosecdef AND n.nspname IN ('public', 'board') AND has_function_privilege($1, p.oid, 'EXECUTE')",
        login.role,
    )
    assert ["board.live_now()"] == [row["name"] for row in definers]
    assert not await owner.fetchval("SELECT has_function_privilege('pg_monitor', 'board.live_now()', 'EXECUTE')")


async def test_the_login_s_statements_are_bounded_and_read_only(grafana: Connection) -> None:
    assert "10s" == await grafana.fetchval("SHOW statement_timeout")
    assert "on" == await grafana.fetchval("SHOW transaction_read_only")


async def test_the_units_of_the_variable_are_those_of_the_register(grafana: Connection) -> None:
    for board in BOARDS.values():
        variable: dict[str, Any] = board["templating"]["list"][0]
        rows = await grafana.fetch(variable["query"])
        assert 20 == len(rows)
        assert {"__text", "__value"} == set(rows[0].keys())
