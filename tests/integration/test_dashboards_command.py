"""`recorder-fleet dashboards`: boards into a Grafana that exists, its login at the database, the ground of its map."""

import asyncio
import json
import secrets
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from standins.grafana_api import Grafana, grafana_api

from dashboards.push import FOLDER_UID
from dashboards.query import DATASOURCE_TYPE, DATASOURCE_UID
from telemetry.cli import main
from telemetry.store.boards import scram_verifier

TOKEN = "glsa_of_a_stand_in"
TITLES = ["指挥中心实时地图", "设备健康", "勤务与录制", "事件与通报", "平台运行"]
AREA = {"type": "Polygon", "coordinates": [[[121.4, 31.1], [121.5, 31.1], [121.5, 31.2], [121.4, 31.1]]]}


@pytest.fixture(params=["", "/grafana"])
def grafana(request: pytest.FixtureRequest) -> Iterator[Grafana]:
    """A Grafana with a data source for the boards, at the top of its server and below a path."""
    with grafana_api(TOKEN, request.param) as served:
        served.datasources[DATASOURCE_UID] = {"uid": DATASOURCE_UID, "type": DATASOURCE_TYPE}
        yield served


@pytest.fixture
def push(grafana: Grafana, tmp_path: Path) -> list[str]:
    """The command's words."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return ["dashboards", "push", "--url", grafana.url, "--token-file", str(tmp_path / "token")]


def test_all_boards_are_put_into_a_folder_of_their_own_and_again_nothing_is_written(
    grafana: Grafana, push: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == main(push)
    assert [f"{title} written" for title in TITLES] == capsys.readouterr().out.splitlines()
    assert {"执法记录仪"} == {folder["title"] for folder in grafana.folders.values()}
    assert {FOLDER_UID} == {board["meta"]["folderUid"] for board in grafana.boards.values()}
    assert 0 == main(push)
    assert [f"{title} unchanged" for title in TITLES] == capsys.readouterr().out.splitlines()
    assert TITLES == grafana.written


def test_a_board_that_somebody_changed_or_moved_is_put_right(grafana: Grafana, push: list[str]) -> None:
    assert 0 == main(push)
    grafana.boards["recorder-fleet-duty"]["dashboard"]["title"] = "改动"
    grafana.boards["recorder-fleet-live"]["meta"]["folderUid"] = "elsewhere"
    grafana.written.clear()
    assert 0 == main(push)
    assert ["指挥中心实时地图", "勤务与录制"] == grafana.written
    assert 2 == grafana.boards["recorder-fleet-duty"]["dashboard"]["version"]


def test_the_console_s_address_and_the_map_s_middle_are_the_bureau_s(grafana: Grafana, push: list[str]) -> None:
    assert 0 == main([*push, "--console", "https://console.example/", "--centre", "30.25", "120.17", "--zoom", "10"])
    board = grafana.boards["recorder-fleet-live"]["dashboard"]
    assert "https://console.example" == board["templating"]["list"][1]["query"]
    view = next(panel for panel in board["panels"] if panel["type"] == "geomap")["options"]["view"]
    assert (30.25, 120.17, 10) == (view["lat"], view["lon"], view["zoom"])


def test_without_its_data_source_nothing_is_written_and_what_to_do_is_said(
    grafana: Grafana, push: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    grafana.datasources.clear()
    assert 1 == main(push)
    assert "dashboards grant" in capsys.readouterr().err
    grafana.datasources[DATASOURCE_UID] = {"uid": DATASOURCE_UID, "type": "prometheus"}
    assert 1 == main(push)
    assert "not PostgreSQL" in capsys.readouterr().err
    assert {} == grafana.boards


def test_a_grafana_that_is_broken_refuses_or_is_away_is_one_clear_line_without_the_token(
    grafana: Grafana, push: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    grafana.broken = True
    assert 1 == main(push)
    grafana.broken = False
    grafana.token = "another"
    assert 1 == main(push)
    assert 1 == main([*push[:3], "http://127.0.0.1:1", *push[4:]])
    assert 1 == main([*push[:3], "ftp://grafana.example", *push[4:]])
    assert 1 == main([*push[:3], "http://admin:geheim@grafana.example", *push[4:]])
    told = capsys.readouterr().err
    assert 5 == len(told.splitlines())
    assert "500" in told
    assert "Unauthorized" in told
    assert TOKEN not in told
    assert "geheim" not in told


def test_a_token_that_is_none_is_refused_before_grafana_is_asked(
    grafana: Grafana, push: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text("two words\n")
    assert 2 == main(push)
    (tmp_path / "token").unlink()
    assert 2 == main(push)
    assert 2 == len(capsys.readouterr().err.splitlines())
    assert {} == grafana.folders


@pytest.fixture
def role(timescale_server: str) -> Iterator[str]:
    """A role's name that nobody has; the role is gone afterwards."""
    name = f"board_{secrets.token_hex(4)}"
    yield name
    asyncio.run(_execute(timescale_server, f"DROP ROLE IF EXISTS {name}"))


@pytest.fixture
def command(database: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The group's words, at a database of its own; what a role was granted in it is gone with it."""
    monkeypatch.setenv("RECORDER_FLEET_DATABASE__URL", database)
    return ["dashboards"]


def test_the_login_is_made_changed_and_never_seen_as_a_password(
    role: str, command: list[str], database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "password").write_text("a-password-of-some-length\n")
    words = [*command, "grant", "--role", role, "--password-file", str(tmp_path / "password")]
    try:
        assert 0 == main(words)
        assert f"{role} made" in capsys.readouterr().out
        first = asyncio.run(_kept(database, role))
        assert first is not None
        assert "a-password" not in first
        (tmp_path / "password").write_text("another-password-of-some-length\n")
        assert 0 == main(words)
        assert "has a new password" in capsys.readouterr().out
        assert first != asyncio.run(_kept(database, role))
    finally:
        asyncio.run(_execute(database, f"DROP OWNED BY {role}"))


def test_the_verifier_is_the_one_that_postgresql_makes_itself(role: str, database: str) -> None:
    asyncio.run(_execute(database, f"CREATE ROLE {role} PASSWORD 'a-password-of-some-length'"))
    kept = asyncio.run(_kept(database, role))
    assert kept is not None
    salt = kept.split("$")[1].split(":")[1]
    assert kept == scram_verifier("a-password-of-some-length", b64decode(salt))


def test_a_weak_password_a_strange_name_and_a_role_that_may_more_are_refused(
    role: str, command: list[str], database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "short").write_text("short\n")
    (tmp_path / "password").write_text("a-password-of-some-length\n")
    grant = [*command, "grant", "--password-file", str(tmp_path / "password"), "--role"]
    assert 2 == main([*command, "grant", "--role", role, "--password-file", str(tmp_path / "short")])
    assert 2 == main([*grant, "Robert'); --"])
    assert 2 == main([*grant, "postgres"])
    assert "may do more" in capsys.readouterr().err
    assert asyncio.run(_kept(database, role)) is None


def test_the_areas_are_written_as_geojson(command: list[str], database: str, tmp_path: Path) -> None:
    asyncio.run(
        _execute(
            database,
            f"INSERT INTO unit (unit_id, name, kind, area) VALUES ('U1', '第1中队', 'squad', '{json.dumps(AREA)}'), "
            "('U2', '第2中队', 'squad', NULL)",
        )
    )
    assert 0 == main([*command, "areas", str(tmp_path / "units.geojson")])
    written = json.loads((tmp_path / "units.geojson").read_text("utf-8"))
    assert "FeatureCollection" == written["type"]
    (feature,) = written["features"]
    assert ({"unit_id": "U1", "unit_name": "第1中队"}, AREA) == (feature["properties"], feature["geometry"])
    assert 2 == main([*command, "areas", str(tmp_path / "nowhere" / "units.geojson")])


async def _kept(dsn: str, role: str) -> str | None:
    """What the server keeps of the role's password."""
    connection = await asyncpg.connect(dsn)
    try:
        kept: str | None = await connection.fetchval("SELECT rolpassword FROM pg_authid WHERE rolname = $1", role)
        return kept
    finally:
        await connection.close()


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
