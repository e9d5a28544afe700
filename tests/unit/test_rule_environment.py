"""Thresholds of rules come from the environment too, over the settings file, and are refused as those of the file are."""

from pathlib import Path

import pytest

from alerts.rules.settings import RuleSettings
from telemetry.alerting import rule_settings
from telemetry.domain.errors import SettingsError
from telemetry.settings import load_settings

PREFIX = "RECORDER_FLEET_RULES__"


def test_a_variable_goes_over_the_file_and_leaves_the_rest_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[rules.battery-low]\nbelow_pct = 12\n[rules.storage-low]\nbelow_mb = 100\n")
    monkeypatch.setenv(f"{PREFIX}BATTERY_LOW__BELOW_PCT", "9.5")
    rules = rule_settings(load_settings(file))
    assert 9.5 == rules.value("battery-low", "below_pct")
    assert 100 == rules.value("storage-low", "below_mb")
    monkeypatch.delenv(f"{PREFIX}BATTERY_LOW__BELOW_PCT")
    assert 12 == rule_settings(load_settings(file)).value("battery-low", "below_pct")


@pytest.mark.parametrize(
    ("variable", "text", "told"),
    [
        ("BATTERY_LOW__BELOW_PCT", "low", "battery-low"),
        ("BATTERY_LOW__ABOVE_PCT", "10", "no such parameter"),
        ("BATTERY_LOW", "10", "rules"),
        ("BATTERY_HIGH__BELOW_PCT", "10", "battery-high"),
    ],
)
def test_nonsense_in_the_environment_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, told: str
) -> None:
    monkeypatch.setenv(PREFIX + variable, text)
    with pytest.raises(SettingsError, match=told):
        rule_settings(load_settings())


def test_text_in_the_file_is_still_no_number(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[rules.battery-low]\nbelow_pct = "12"\n')
    with pytest.raises(SettingsError, match="is no"):
        rule_settings(load_settings(file))


def test_without_a_variable_nothing_is_changed() -> None:
    assert RuleSettings() == rule_settings(load_settings())
