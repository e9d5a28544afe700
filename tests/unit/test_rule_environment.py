"""Thresholds of rules come from the environment too, over the settings file, and are refused as those of the file are."""

from pathlib import Path

import pytest

from alerts.rules.settings import RuleSettings
from telemetry.domain.errors import SettingsError
from telemetry.settings_tree import load_settings

PREFIX = "RECORDER_FLEET_RULES__"


def test_a_variable_goes_over_the_file_and_leaves_the_rest_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[rules.battery-low]\nbelow_pct = 12\n[rules.storage-low]\nbelow_mb = 100\n")
    monkeypatch.setenv(f"{PREFIX}BATTERY_LOW__BELOW_PCT", "9.5")
    rules = load_settings(file).rules
    assert 9.5 == rules.value("battery-low", "below_pct")
    assert 100 == rules.value("storage-low", "below_mb")
    monkeypatch.delenv(f"{PREFIX}BATTERY_LOW__BELOW_PCT")
    assert 12 == load_settings(file).rules.value("battery-low", "below_pct")


def test_a_rule_is_named_in_the_environment_wherever_its_id_is_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDER_FLEET_PAPER__SCORE__WEIGHTS__SIM_REMOVED", "7")
    monkeypatch.setenv(f"{PREFIX}CAUSES__SIM_ABSENT_S", "90")
    settings = load_settings()
    assert (7, 90) == (settings.paper.score.weights["sim-removed"], settings.rules.causes.sim_absent_s)


@pytest.mark.parametrize(
    ("variable", "text", "told"),
    [
        ("BATTERY_LOW__BELOW_PCT", "low", r"rules\.battery-low\.below_pct \(.*number"),
        ("BATTERY_LOW__BELOW_PCT", "true", r"rules\.battery-low\.below_pct \(.*number"),
        ("BATTERY_LOW__BELOW_PCT", "120", r"rules\.battery-low\.below_pct \(.*less than or equal to 100"),
        ("BATTERY_LOW__ABOVE_PCT", "10", r"rules\.battery-low\.above_pct \(.*no such setting"),
        ("BATTERY_LOW", "10", r"rules\.battery-low \("),
        ("BATTERY_HIGH__BELOW_PCT", "10", r"rules\.battery_high.*no such setting"),
    ],
)
def test_nonsense_in_the_environment_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, told: str
) -> None:
    monkeypatch.setenv(PREFIX + variable, text)
    with pytest.raises(SettingsError, match=told):
        load_settings()


@pytest.mark.parametrize("table", ["RULES", "NOTICES", "DATABASE", "PAPER"])
def test_a_whole_table_in_one_variable_is_refused(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"RECORDER_FLEET_{table}", "{}")
    with pytest.raises(SettingsError, match=f"RECORDER_FLEET_{table}__<NAME>"):
        load_settings()


def test_a_channel_may_be_called_like_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    hook = "RECORDER_FLEET_NOTICES__CHANNELS__SIM_REMOVED__"
    for name, value in {
        "KIND": "webhook",
        "URL": "https://example.cn/hook",
        "SECRET": "a secret of some length",  # pragma: allowlist secret
    }.items():
        monkeypatch.setenv(f"{hook}{name}", value)
    assert ["sim_removed"] == list(load_settings().notices.channels)


def test_true_in_the_file_is_no_number(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[rules.battery-low]\nbelow_pct = true\n")
    with pytest.raises(SettingsError, match=r"rules\.battery-low\.below_pct"):
        load_settings(file)


def test_without_a_variable_nothing_is_changed() -> None:
    assert RuleSettings() == load_settings().rules
