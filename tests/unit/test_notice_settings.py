"""Notices: their settings, from a file and from the environment."""

import pytest

from alerts.notices.channels.wecom_app import WecomAppSettings
from alerts.notices.settings_table import read_notice_settings
from telemetry.domain.errors import SettingsError

FILE = {
    "order": ["app"],
    "quiet_from": "23:00",
    "channels": {"app": {"kind": "wecom_app", "corpid": "ww1", "agentid": 7, "base_url": "https://wecom.bureau.test"}},
}
SECRET = {"RECORDER_FLEET_NOTICES__CHANNELS__APP__SECRET": "s3cret"}


def test_secrets_come_from_the_environment_and_show_nowhere() -> None:
    settings = read_notice_settings(FILE, SECRET)
    app = settings.channels["app"]
    assert isinstance(app, WecomAppSettings)
    assert app.secret.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings)
    assert settings.quiet_from.hour == 23


def test_the_environment_goes_over_the_file() -> None:
    over = {**SECRET, "RECORDER_FLEET_NOTICES__GATHER_S": "3", "RECORDER_FLEET_NOTICES__ORDER": "[]"}
    settings = read_notice_settings(FILE, over)
    assert (settings.gather_s, settings.order) == (3, ())


@pytest.mark.parametrize(
    ("table", "environment", "named"),
    [
        (FILE, {}, "notices.channels.app.wecom_app.secret"),
        ({"gather_sec": 3}, {}, "notices.gather_sec"),
        ({"order": ["pigeon"]}, {}, "no channel is called 'pigeon'"),
        ({}, {"RECORDER_FLEET_NOTICES__GATHER_S__X": "1", "RECORDER_FLEET_NOTICES__GATHER_S": "1"}, "GATHER_S__X"),
        ({}, {"RECORDER_FLEET_NOTICES__ORDER": "[app"}, "NOTICES__ORDER is no JSON"),
        ({"channels": {"a": {"kind": "pigeon"}}}, {}, "notices.channels.a"),
    ],
)
def test_nonsense_is_refused_by_its_name(table: dict[str, object], environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read_notice_settings(table, environment)


def test_what_is_refused_is_not_shown() -> None:
    with pytest.raises(SettingsError) as refusal:
        read_notice_settings({"channels": {"app": {"kind": "wecom_app", "secret": {"x": "s3cret"}}}}, {})
    assert "s3cret" not in str(refusal.value)


def test_without_settings_the_command_centre_has_its_console() -> None:
    assert read_notice_settings({}, {}).command_centre == ("console",)
