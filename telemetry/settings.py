"""Every setting of the server, typed and documented. The environment overrides the TOML file.

`RECORDER_FLEET_DATABASE__URL` is `url` in the table `[database]`. Invalid settings are refused at start, by name.
"""

import json
import os
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from telemetry.domain.errors import SettingsError

ENV_PREFIX: Final = "RECORDER_FLEET_"
_LEAST_TOKEN: Final = 24
Port = Annotated[int, Field(ge=1, le=65_535)]
Days = Annotated[int, Field(ge=1, le=36_500)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(_Table):
    """The database."""

    url: SecretStr = Field(
        default=SecretStr(""), description="postgresql://user:password@host:port/database; no default"
    )
    statement_timeout_s: float = Field(default=30.0, gt=0, le=600, description="time-out of a statement (s)")
    pool_size: int = Field(default=8, ge=2, le=100, description="connections per process")


class BrokerSettings(_Table):
    """The MQTT broker."""

    host: str = Field(default="127.0.0.1", min_length=1, description="host name or address of the broker")
    port: Port = Field(default=8883, description="8883 with TLS, 1883 without")
    protocol: Literal["5", "3.1.1"] = Field(
        default="5",
        description="MQTT version. 3.1.1 is for amqtt only: messages in memory are lost if ingest is killed",
    )
    username: str = Field(default="recorder", min_length=1, description="the server's own account")
    password: SecretStr = Field(default=SecretStr(""), description="its secret (`recorder-fleet credentials issue`)")
    tls: bool = Field(default=True, description="false only on loopback or a closed network")
    ca_file: Path | None = Field(default=None, description="CA of the broker's certificate; system CAs if missing")
    cert_file: Path | None = Field(default=None, description="client certificate, if the broker requires one")
    key_file: Path | None = Field(default=None, description="key of the client certificate")


class IngestSettings(_Table):
    """The ingest of messages."""

    name: str = Field(
        default_factory=lambda: socket.gethostname()[:40],
        pattern=r"^[A-Za-z0-9_.-]{1,40}$",
        description="names this machine's persistent MQTT sessions: stable over restarts, different on each machine",
    )
    workers: int = Field(default=1, ge=1, le=64, description="worker processes that share the load")
    shared: bool = Field(
        default=False,
        description="use a shared subscription even with one worker, to share the load with other machines. mosquitto forgets "
        "shared subscriptions when it restarts: messages are lost until a worker has reconnected",
    )
    receive_maximum: int = Field(
        default=8192, ge=16, le=65_535, description="maximum of unacknowledged messages per worker"
    )
    max_unacknowledged_mb: int = Field(
        default=64, ge=4, le=4096, description="maximum of unacknowledged messages per worker (MB)"
    )
    batch_limit: int = Field(default=4096, ge=1, le=50_000, description="maximum of messages per transaction")
    batch_least: int = Field(default=512, ge=1, le=50_000, description="a smaller batch waits linger_s for more")
    linger_s: float = Field(default=0.02, ge=0, le=5, description="time that a small batch waits (s)")
    session_expiry_s: int = Field(
        default=7 * 24 * 3600,
        ge=60,
        le=2**32 - 2,
        description="time the broker keeps messages while ingest is disconnected (s)",
    )


class HttpSettings(_Table):
    """The HTTP server."""

    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(default=8080, ge=0, le=65_535, description="0: any free one")
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s/?#]+)?$",
        description="URL of the console, e.g. https://fleet.example; with https, cookies are marked secure",
    )
    proxies: tuple[str, ...] = Field(
        default=(), description="addresses of reverse proxies whose `X-Forwarded-For` is trusted"
    )
    facts_token: SecretStr = Field(
        default=SecretStr(""),
        description="bearer token for `POST /api/v1/{collection}`, beside tokens of scope facts:write",
    )
    metrics: Literal["open", "token", "off"] = Field(
        default="open", description="access to `/metrics`: everybody, tokens of scope metrics, nobody"
    )
    tile_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="map tiles, `https://…/{z}/{x}/{y}.png`; if empty, the map shows only the areas of units",
    )
    tile_crs: Literal["wgs84", "gcj02"] = Field(
        default="wgs84", description="coordinate system of the tiles: gcj02 for AMap, wgs84 for Tianditu (CGCS2000)"
    )
    tile_attribution: str = Field(default="", max_length=200, description="attribution of the tiles, shown on the map")


class AccountsSettings(_Table):
    """Accounts and sign-in."""

    idle_minutes: int = Field(
        default=30, ge=1, le=1440, description="minutes without a request after which a session ends"
    )
    session_hours: int = Field(default=12, ge=1, le=720, description="hours after which a session ends in any case")
    attempts: int = Field(default=5, ge=1, le=100, description="failed logins of one account until it is locked")
    address_attempts: int = Field(
        default=30, ge=1, le=10_000, description="failed logins from one address until it is locked"
    )
    window_minutes: int = Field(default=15, ge=1, le=1440, description="minutes within which failures are counted")
    pause_minutes: int = Field(default=15, ge=1, le=1440, description="minutes for which it is locked")
    oidc_issuer: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="issuer URL of the bureau's single sign-on (OpenID Connect); if empty, local logins only",
    )
    oidc_client_id: str = Field(default="", max_length=200, description="client id of this server")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="client secret of this server")
    oidc_claim: str = Field(
        default="sub", min_length=1, max_length=100, description="claim that names the account (its `oidc_subject`)"
    )


class RetentionSettings(_Table):
    """Retention periods."""

    readings_days: Days = Field(default=180, description="heartbeat, battery, storage, recording, presence, event")
    location_days: Days = Field(default=90, description="tracks (domain.md: 90 days)")
    rejections_days: Days = Field(default=30, description="rejected messages")
    audit_days: int = Field(
        default=366, ge=184, le=36_500, description="the audit log (domain.md: six months at least)"
    )


class LogSettings(_Table):
    """Logs on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="lowest level that is written"
    )
    format: Literal["json", "text"] = Field(default="json", description="json for machines, text for a terminal")


class _Environment(EnvSettingsSource):
    """The environment; converts rule ids (variables can't contain hyphens) and numbers in the table `rules`."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        rules = values.get("rules")
        if isinstance(rules, Mapping):
            values["rules"] = {
                rule.replace("_", "-"): {name: _number(text) for name, text in table.items()}
                if isinstance(table, Mapping)
                else table
                for rule, table in rules.items()
            }
        return values


def _number(text: Any) -> Any:
    """Parse a number or boolean; other text is returned unchanged and refused by the rules."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


class Settings(BaseSettings):
    """All settings; `docs/settings.md` is generated from this class."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    database: DatabaseSettings = DatabaseSettings()
    broker: BrokerSettings = BrokerSettings()
    ingest: IngestSettings = Field(default_factory=IngestSettings)
    http: HttpSettings = HttpSettings()
    accounts: AccountsSettings = AccountsSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()
    rules: dict[str, dict[str, Any]] = Field(
        default={},
        description="parameters of the rules by rule and name; read and checked by `alerts`. `below_pct` of `battery-low` is "
        "`RECORDER_FLEET_RULES__BATTERY_LOW__BELOW_PCT` in the environment",
    )
    notices: dict[str, Any] = Field(
        default={}, description="notices: times, intervals, channels; read and checked by `alerts`"
    )
    paper: dict[str, Any] = Field(
        default={},
        description="number formats of slips (`number_1`, `number_2`), yearly `score`; read and checked by `alerts`",
    )

    @field_validator("http")
    @classmethod
    def _is_long_enough(cls, http: HttpSettings) -> HttpSettings:
        if 0 < len(http.facts_token.get_secret_value()) < _LEAST_TOKEN:
            raise ValueError(f"facts_token: under {_LEAST_TOKEN} characters")
        return http

    @field_validator("database")
    @classmethod
    def _is_postgresql(cls, database: DatabaseSettings) -> DatabaseSettings:
        url = database.url.get_secret_value()
        if url and not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("url: not of the form postgresql://user:password@host:port/database")
        return database

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - signature of pydantic-settings
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides the file."""
        return _Environment(settings_cls), init_settings


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings. Raises SettingsError that names what is wrong and where."""
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
            raise SettingsError(f"{path}: {fault}") from fault
    _refuse_unknown_variables(os.environ)
    try:
        return Settings(**values)
    except ValidationError as fault:
        lines = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in fault.errors(include_url=False)]
        raise SettingsError("settings: " + "; ".join(lines)) from None


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    """Refuse misspelt variables, which pydantic-settings would ignore silently."""
    for table, info in Settings.model_fields.items():
        prefix = f"{ENV_PREFIX}{table.upper()}__"
        if not (isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)):
            continue
        known = {prefix + name.upper() for name in info.annotation.model_fields}
        for variable in environment:
            if variable.upper().startswith(prefix) and variable.upper() not in known:
                raise SettingsError(f"settings: environment variable {variable} names no setting of [{table}]")


def require_database_url(settings: Settings) -> str:
    """Return the database URL. Raises SettingsError if it isn't set."""
    url = settings.database.url.get_secret_value()
    if not url:
        raise SettingsError(f"database.url is not set (environment {ENV_PREFIX}DATABASE__URL, or [database] url)")
    return url
