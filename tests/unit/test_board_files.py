"""The boards as files: as the code makes them, in Chinese, with nothing from elsewhere; provisioning as Grafana documents it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from standins.board_queries import BOARDS, panel_queries

from dashboards.board import Site
from dashboards.build import GENERATED, drift, main, rendered
from dashboards.panels import AREAS
from dashboards.query import DATASOURCE_TYPE, DATASOURCE_UID

ROOT = Path(__file__).parents[2]
PROVISIONING = ROOT / "dashboards" / "provisioning"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TITLES = ["指挥中心实时地图", "设备健康", "勤务与录制", "事件与通报", "平台运行"]


def test_the_generated_boards_are_what_the_code_makes() -> None:
    assert [] == drift(GENERATED, Site())
    assert TITLES == [board["title"] for board in rendered(Site()).values()]


def test_what_grafana_s_sdk_reads_of_a_board_is_all_that_stands_in_it() -> None:
    register_default_plugins()
    for board in BOARDS.values():
        assert board == json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))


def test_a_changed_a_missing_and_a_foreign_file_are_found_and_put_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == main(["--out", str(tmp_path)])
    assert 0 == main(["--out", str(tmp_path), "--check"])
    (tmp_path / "duty.json").write_text("{}")
    (tmp_path / "platform.json").unlink()
    (tmp_path / "strange.json").write_text("{}")
    capsys.readouterr()
    assert 1 == main(["--out", str(tmp_path), "--check"])
    assert [
        "duty.json differs",
        "platform.json differs",
        "strange.json differs",
    ] == capsys.readouterr().out.splitlines()
    assert 0 == main(["--out", str(tmp_path)])
    assert [] == drift(tmp_path, Site())


def test_every_panel_has_a_chinese_title_a_place_of_its_own_and_the_boards_data_source() -> None:
    for board in BOARDS.values():
        taken: set[tuple[int, int]] = set()
        assert len(board["panels"]) == len({panel["id"] for panel in board["panels"]})
        for panel in board["panels"]:
            assert CHINESE.search(panel["title"])
            at = panel["gridPos"]
            assert at["x"] + at["w"] <= 24
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not taken & cells, panel["title"]
            taken |= cells
            for target in panel["targets"]:
                assert {"type": DATASOURCE_TYPE, "uid": DATASOURCE_UID} == target["datasource"]


def test_every_query_reads_the_boards_views_only() -> None:
    for query in panel_queries():
        read = set(re.findall(r"\b(?:FROM|JOIN)\s+(?!LATERAL)([a-z_.]+)", query.sql))
        named = set(re.findall(r"\b(\w+) AS (?:MATERIALIZED )?\(\s*SELECT", query.sql))
        assert {name for name in read if not name.startswith("board.")} <= named, query.name


def test_units_can_be_chosen_with_more_than_one_and_all_and_the_range_is_the_boards() -> None:
    for name, board in BOARDS.items():
        unit, console = board["templating"]["list"]
        assert ("unit", True, True, "单位") == (unit["name"], unit["multi"], unit["includeAll"], unit["label"])
        assert ("console", "constant") == (console["name"], console["type"])
        assert board["time"]["from"].startswith("now-")
        assert board["refresh"] in board["timepicker"]["refresh_intervals"]
        assert "Asia/Shanghai" == board["timezone"]
        filtered = [query for query in panel_queries() if query.board == name and "${unit:sqlstring}" in query.sql]
        assert bool(filtered) == (name != "platform")


def test_the_map_takes_nothing_from_another_server_and_leads_to_the_console() -> None:
    panel = next(panel for panel in BOARDS["live-map"]["panels"] if panel["type"] == "geomap")
    assert ("geojson", AREAS) == (panel["options"]["basemap"]["type"], panel["options"]["basemap"]["config"]["src"])
    assert {"markers"} == {layer["type"] for layer in panel["options"]["layers"]}
    # Fitting begins anew at each refresh.
    assert "coords" == panel["options"]["view"]["id"]
    links = [
        value["value"][0]["url"]
        for override in panel["fieldConfig"]["overrides"]
        for value in override["properties"]
        if value["id"] == "links"
    ]
    assert ["${console}/#/recorders/${__data.fields.recorder_id}"] == links


def test_the_only_address_in_a_board_is_the_console_s() -> None:
    for file, board in rendered(Site("https://console.example/fleet/", 30.0, 120.0, 9)).items():
        found = set(re.findall(r"(?:https?:)?//[^\s\"']+", json.dumps(board)))
        assert {"https://console.example/fleet"} == found, file


def test_what_links_to_the_console_is_a_column_of_the_query() -> None:
    for query in panel_queries():
        for name, properties in query.columns.items():
            for link in properties.get("links", ()):
                assert f"__data.fields.{name}" in link["url"]


def _yaml(name: str) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((PROVISIONING / name).read_text("utf-8"))
    return values


def test_the_data_source_is_provisioned_as_the_boards_name_it_and_holds_no_secret() -> None:
    (source,) = _yaml("datasources/recorder-fleet.yaml")["datasources"]
    assert (DATASOURCE_TYPE, DATASOURCE_UID) == (source["type"], source["uid"])
    assert {"password": "$__file{/run/secrets/grafana_database_password}"} == source["secureJsonData"]
    assert source["jsonData"]["timescaledb"]
    assert "board" not in source["jsonData"]["database"]
    assert not source["editable"]


def test_the_boards_are_provisioned_from_the_folder_that_compose_mounts() -> None:
    (provider,) = _yaml("dashboards/recorder-fleet.yaml")["providers"]
    assert "file" == provider["type"]
    assert not provider["allowUiUpdates"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    mounts = {mount.split(":")[1]: mount.split(":")[0] for mount in compose["services"]["grafana"]["volumes"]}
    assert "./dashboards/generated" == mounts[provider["options"]["path"]]
    assert "./dashboards/provisioning" == mounts["/etc/grafana/provisioning"]
    assert "areas" == mounts[f"/usr/share/grafana/{Path(AREAS).parent}"]
