"""Notices: their settings, from a file and from the environment."""

from pathlib import Path

import pytest

from alerts.notices.channels.wecom_app import WecomAppSettings
from telemetry.domain.errors import SettingsError
from telemetry.settings_tree import NoticeTable, load_settings

FILE = """
[notices]
order = ["app"]
quiet_from = "23:00"
[notices.channels.app]
kind = "wecom_app"
corpid = "ww1"
agentid = 7
base_url = "https://wecom.bureau.test"
"""
PREFIX = "RECORDER_FLEET_NOTICES__"
SECRET = {"CHANNELS__APP__SECRET": "s3cret"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def read(path: Path, text: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> NoticeTable:
    path.write_text(text)
    for name, value in environment.items():
        monkeypatch.setenv(PREFIX + name, value)
    return load_settings(path).notices


def test_secrets_come_from_the_environment_and_show_nowhere(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(path, FILE, SECRET, monkeypatch)
    app = settings.channels["app"]
    assert isinstance(app, WecomAppSettings)
    assert "s3cret" == app.secret.get_secret_value()
    assert "s3cret" not in repr(settings)
    assert 23 == settings.quiet_from.hour


def test_the_environment_goes_over_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(path, FILE, {**SECRET, "GATHER_S": "3", "ORDER": "[]"}, monkeypatch)
    assert (3, ()) == (settings.gather_s, settings.order)


@pytest.mark.parametrize(
    ("text", "environment", "named"),
    [
        (FILE, {}, r"notices\.channels\.app\.secret"),
        ("[notices]\ngather_sec = 3\n", {}, r"notices\.gather_sec"),
        ('[notices]\norder = ["pigeon"]\n', {}, "no channel is called 'pigeon'"),
        ("", {"GATHER_S__X": "1", "GATHER_S": "1"}, "GATHER_S__X"),
        ("", {"ORDER": "[app"}, r"notices\.order \(RECORDER_FLEET_NOTICES__ORDER\)"),
        ('[notices.channels.a]\nkind = "pigeon"\n', {}, r"notices\.channels\.a"),
    ],
)
def test_nonsense_is_refused_by_its_name(
    path: Path, text: str, environment: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match=named):
        read(path, text, environment, monkeypatch)


def test_what_is_refused_is_not_shown(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(path, '[notices.channels.app]\nkind = "wecom_app"\nsecret = {x = "s3cret"}\n', {}, monkeypatch)
    assert "s3cret" not in str(refusal.value)


def test_without_settings_the_command_centre_has_its_console() -> None:
    assert ("console",) == load_settings().notices.command_centre
