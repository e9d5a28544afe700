"""Settings: file and environment, and nonsense refused by its name."""

from pathlib import Path

import pytest

from telemetry.domain.errors import SettingsError
from telemetry.settings import load_settings, require_database_url


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


def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDER_FLEET_BROKER__PROT", "5")
    with pytest.raises(SettingsError, match="RECORDER_FLEET_BROKER__PROT"):
        load_settings()


def test_a_missing_database_is_named_before_anything_starts() -> None:
    with pytest.raises(SettingsError, match=r"database\.url"):
        require_database_url(load_settings())


def test_secrets_show_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDER_FLEET_BROKER__PASSWORD", "hush-hush")
    monkeypatch.setenv("RECORDER_FLEET_DATABASE__URL", "postgresql://u:hush-hush@h/d")
    assert "hush-hush" not in repr(load_settings())
