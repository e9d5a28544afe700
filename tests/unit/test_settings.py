"""Settings: file and environment, and nonsense refused by its name."""

import re
from pathlib import Path

import pytest

from alerts.rules.import_overdue import ImportOverdue
from telemetry.cli import main
from telemetry.domain.errors import SettingsError
from telemetry.domain.settings_table import unit_of
from telemetry.settings_doc import example, tables, values
from telemetry.settings_tree import Settings, load_settings, require_database_url


def test_the_environment_goes_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "recorder-fleet.toml"
    path.write_text('[broker]\nhost = "broker.example"\nport = 1883\n')
    monkeypatch.setenv("RECORDER_FLEET_BROKER__PORT", "8884")
    settings = load_settings(path)
    assert ("broker.example", 8884) == (settings.broker.host, settings.broker.port)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[ingest]\nworkers = 0\n", "ingest.workers"),
        ("[broker]\nprot = 1\n", "broker.prot"),
        ("[brokers]\nport = 1\n", "brokers"),
        ('[database]\nurl = "mysql://x"\n', "database"),
        ("[http\n", "recorder-fleet.toml"),
    ],
)
def test_nonsense_in_the_file_is_refused_by_its_name(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / "recorder-fleet.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=name):
        load_settings(path)


@pytest.mark.parametrize("variable", ["RECORDER_FLEET_BROKER__PROT", "RECORDER_FLEET_BROKERS__PORT"])
def test_a_misspelt_variable_is_refused(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "5")
    with pytest.raises(SettingsError, match=variable):
        load_settings()


def test_an_unknown_key_of_any_table_is_refused_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "recorder-fleet.toml"
    paths = [path for path, _, _ in tables() if "NAME" not in path]
    file.write_text("\n".join(f"[{path}]\nno_such_key = 1" for path in paths))
    with pytest.raises(SettingsError) as refusal:
        load_settings(file)
    told = [line.split(": ")[1] for line in str(refusal.value).splitlines()]
    assert sorted(f"{path}.no_such_key" for path in paths) == sorted(told)


def test_each_value_of_the_tree_is_documented() -> None:
    bare = [
        f"{path}.{name}"
        for path, _, model in tables()
        for name, field in values(model).items()
        if not (field.title and field.description)
    ]
    assert [] == bare


def test_text_that_looks_like_json_stays_text_where_text_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDER_FLEET_BROKER__PASSWORD", '["a"]')
    monkeypatch.setenv("RECORDER_FLEET_PAPER__NUMBER_1", "{year}-{serial}")
    monkeypatch.setenv("RECORDER_FLEET_HTTP__PROXIES", '["10.0.0.1"]')
    settings = load_settings()
    assert ('["a"]', "{year}-{serial}") == (settings.broker.password.get_secret_value(), settings.paper.number_1)
    assert ("10.0.0.1",) == settings.http.proxies


def test_the_example_is_a_file_that_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "recorder-fleet.toml"
    file.write_text(example(), "utf-8")
    assert Settings() == load_settings(file)
    # The same with each # taken away, but for the channels, of which there is none by default.
    tables_shown = [shown for shown in example().split("\n\n") if "\n#[" not in shown]
    file.write_text(re.sub(r"^#(?=\w+ = )", "", "\n".join(tables_shown), flags=re.MULTILINE), "utf-8")
    settings = load_settings(file)
    assert Settings() == settings
    assert {"below_pct", "before_h", "before_min"} == settings.rules.parameters("battery-low").model_fields_set


def test_config_check_names_every_fault_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECORDER_FLEET_LOG__LEVEL", "loud")
    file = tmp_path / "recorder-fleet.toml"
    file.write_text('[broker]\nport = 0\n[rules.outage]\nwithin = 3\n[paper]\nnumber_1 = "无"\n', "utf-8")
    assert 2 == main(["config", "check", str(file)])
    told = capsys.readouterr().err
    paths = ("broker.port", "rules.outage.within", "paper.number_1", "log.level (RECORDER_FLEET_LOG__LEVEL)")
    assert [] == [path for path in paths if f"settings: {path}: " not in told]
    monkeypatch.delenv("RECORDER_FLEET_LOG__LEVEL")
    file.write_text("[broker]\nport = 1883\n", "utf-8")
    assert 0 == main(["config", "check", str(file)])


def test_settings_made_by_hand_ask_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDER_FLEET_BROKER__PORT", "1884")
    assert 8883 == Settings().broker.port


def test_a_missing_database_is_named_before_anything_starts() -> None:
    with pytest.raises(SettingsError, match=r"database\.url"):
        require_database_url(load_settings())


def test_secrets_show_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDER_FLEET_BROKER__PASSWORD", "hush-hush")
    monkeypatch.setenv("RECORDER_FLEET_DATABASE__URL", "postgresql://u:hush-hush@h/d")
    assert "hush-hush" not in repr(load_settings())


def test_an_hour_of_the_day_is_no_length_of_time() -> None:
    fields = ImportOverdue.model_fields
    units = [unit_of(name, fields[name]) for name in ("after_h", "remind_h", "quiet_from_h", "quiet_to_h")]
    assert ["h", "h", "o'clock", "o'clock"] == units
