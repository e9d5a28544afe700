"""docker-compose.yml, Dockerfile and .dockerignore: what a file can show where no Docker engine is."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from telemetry.cli import build_parser

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"migrate", "accounts", "emqx-role", "board-login", "areas"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_restarts_as_it_should_and_tells_its_health(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r":\d+\.\d+\.\d+", service["image"]), service["image"]
    if name in ONCE:
        assert "no" == service["restart"]
    else:
        assert "unless-stopped" == service["restart"]
        assert name == "simulator" or service["healthcheck"]["test"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_refers_to_is_there(name: str) -> None:
    service = SERVICES[name]
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
    assert set(service["depends_on"] if name != "timescaledb" else ()) <= set(SERVICES)
    for mount in service.get("volumes", ()):
        source = mount.rsplit("}", 1)[0] if mount.startswith("$") else mount.split(":")[0]
        if source.startswith("./"):
            assert (ROOT / source).exists(), source
        elif not source.startswith("$"):
            assert source in COMPOSE["volumes"]


def test_every_depended_on_condition_can_be_met() -> None:
    for service in SERVICES.values():
        for other, wanted in service.get("depends_on", {}).items():
            match wanted["condition"]:
                case "service_healthy":
                    assert "healthcheck" in SERVICES[other]
                case "service_completed_successfully":
                    assert other in ONCE
                case condition:
                    raise AssertionError(condition)


def test_there_is_no_secret_in_the_file_and_none_has_a_default() -> None:
    variables = re.findall(r"(?<!\$)\$\{([^}]*)\}", TEXT)
    assert {
        "RECORDER_FLEET_DATABASE_PASSWORD",
        "RECORDER_FLEET_DATABASE_OWNER_PASSWORD",
        "RECORDER_FLEET_BROKER_PASSWORD",
        "RECORDER_FLEET_TLS",
        "COMPOSE_PROFILES",
    } == {variable.split(":")[0] for variable in variables}
    assert all(":?" in variable for variable in variables)
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert "PASSWORD" not in name or str(value).startswith(("${", "/run/secrets/")), name
    assert all(secret["file"].startswith("./secrets/") for secret in COMPOSE["secrets"].values())


def test_the_server_s_door_and_the_database_are_published_to_nobody() -> None:
    published = {port for service in SERVICES.values() for port in service.get("ports", ())}
    assert not [port for port in published if port.endswith((":1883", ":5432", ":18083"))]
    assert "127.0.0.1:8080:8080" in published
    assert COMPOSE["networks"]["ingest"]["internal"]
    assert COMPOSE["networks"]["store"]["internal"]


def test_the_owner_s_login_at_the_database_is_of_who_makes_tables_and_logins_only() -> None:
    owners = {name for name, service in SERVICES.items() if "OWNER_PASSWORD" in str(service.get("environment", ""))}
    assert {"timescaledb", "migrate", "board-login", "emqx-role"} == owners
    assert "//recorder_fleet_server:" in SERVICES["server"]["environment"]["RECORDER_FLEET_DATABASE__URL"]


def test_one_broker_or_the_other_answers_by_the_same_name() -> None:
    for name, profile in (("mosquitto", "mosquitto"), ("emqx1", "emqx"), ("emqx2", "emqx")):
        assert [profile] == SERVICES[name]["profiles"]
        assert "broker" in SERVICES[name]["networks"]["ingest"]["aliases"]
    assert ["sim"] == SERVICES["simulator"]["profiles"]
    assert "broker" == SERVICES["server"]["environment"]["RECORDER_FLEET_BROKER__HOST"]


def test_emqx_is_of_the_last_version_whose_clusters_are_free() -> None:
    assert {"emqx/emqx:5.8.6"} == {SERVICES[name]["image"] for name in ("emqx1", "emqx2")}
    configuration = (ROOT / "broker" / "production" / "emqx.conf").read_text("utf-8")
    for name in ("emqx1", "emqx2"):
        assert f'"{SERVICES[name]["environment"]["EMQX_NODE__NAME"]}"' in configuration


@pytest.mark.parametrize("name", ["migrate", "accounts", "board-login", "areas", "server", "simulator"])
def test_the_commands_are_commands_of_ours(name: str) -> None:
    assert build_parser().parse_args(SERVICES[name]["command"]).run


def test_the_image_is_built_of_what_is_there_and_nothing_else_is_sent() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = [
        path for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE) for path in line.split()[:-1]
    ]
    assert sent == set(copied)
    packages = (ROOT / "pyproject.toml").read_text("utf-8").split("packages = [")[1].split("]")[0]
    assert set(re.findall(r'"(\w+)"', packages)) <= sent
    assert "\nUSER 1883\n" in dockerfile
    assert SERVICES["mosquitto"]["user"].startswith("1883:")
