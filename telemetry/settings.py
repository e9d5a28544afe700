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
    """Where the readings are kept."""

    url: SecretStr = Field(
        default=SecretStr(""), description="postgresql://user:password@host:port/database; no default"
    )
    statement_timeout_s: float = Field(
        default=30.0, gt=0, le=600, description="seconds after which a statement counts as lost"
    )
    pool_size: int = Field(default=8, ge=2, le=100, description="connections of one process")


class BrokerSettings(_Table):
    """Where the recorders are heard."""

    host: str = Field(default="127.0.0.1", min_length=1, description="broker's name or address")
    port: Port = Field(default=8883, description="8883 with TLS, 1883 without")
    protocol: Literal["5", "3.1.1"] = Field(
        default="5",
        description="MQTT version. 3.1.1 is for amqtt only: what is in memory when ingest is killed is lost",
    )
    username: str = Field(default="recorder", min_length=1, description="the server's own account")
    password: SecretStr = Field(default=SecretStr(""), description="its secret (`recorder-fleet credentials issue`)")
    tls: bool = Field(default=True, description="false only on loopback or a closed network")
    ca_file: Path | None = Field(default=None, description="CA of the broker's certificate; system CAs if missing")
    cert_file: Path | None = Field(default=None, description="client certificate, where the broker asks for one")
    key_file: Path | None = Field(default=None, description="key of the client certificate")


class IngestSettings(_Table):
    """How messages are taken in."""

    name: str = Field(
        default_factory=lambda: socket.gethostname()[:40],
        pattern=r"^[A-Za-z0-9_.-]{1,40}$",
        description="names this machine's persistent MQTT sessions: stable over restarts, different on each machine",
    )
    workers: int = Field(default=1, ge=1, le=64, description="processes that share the load")
    shared: bool = Field(
        default=False,
        description="share the load with workers of other machines, too (a matter of course with more than one here). "
        "mosquitto forgets what is shared when it restarts: what recorders say before a worker is back is lost then",
    )
    receive_maximum: int = Field(
        default=8192, ge=16, le=65_535, description="unacknowledged messages a worker holds at most"
    )
    max_unacknowledged_mb: int = Field(
        default=64, ge=4, le=4096, description="megabytes of them a worker holds at most"
    )
    batch_limit: int = Field(default=4096, ge=1, le=50_000, description="messages in one transaction at most")
    batch_least: int = Field(default=512, ge=1, le=50_000, description="a smaller batch waits linger_s for more")
    linger_s: float = Field(default=0.02, ge=0, le=5, description="seconds that a small batch waits")
    session_expiry_s: int = Field(
        default=7 * 24 * 3600, ge=60, le=2**32 - 2, description="seconds the broker keeps messages while we are away"
    )


class HttpSettings(_Table):
    """Where the server answers, and how people reach it."""

    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(default=8080, ge=0, le=65_535, description="0: any free one")
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s/?#]+)?$",
        description="address that people type, https://fleet.example; with https cookies are bound to it",
    )
    proxies: tuple[str, ...] = Field(
        default=(), description="addresses of reverse proxies whose `X-Forwarded-For` is believed"
    )
    facts_token: SecretStr = Field(
        default=SecretStr(""),
        description="bearer token for `POST /api/v1/{collection}`, beside tokens of scope facts:write",
    )
    metrics: Literal["open", "token", "off"] = Field(
        default="open", description="`/metrics`: for everybody, for tokens of scope metrics, for nobody"
    )
    tile_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="map tiles, `https://…/{z}/{x}/{y}.png`; without one the map is drawn from units' areas alone",
    )
    tile_crs: Literal["wgs84", "gcj02"] = Field(
        default="wgs84", description="what the tiles are in: gcj02 for AMap, wgs84 for Tianditu (CGCS2000)"
    )
    tile_attribution: str = Field(default="", max_length=200, description="whose tiles they are, shown on the map")


class AccountsSettings(_Table):
    """How people sign in."""

    idle_minutes: int = Field(default=30, ge=1, le=1440, description="minutes without a request that end a session")
    session_hours: int = Field(default=12, ge=1, le=720, description="hours after which a session ends in any case")
    attempts: int = Field(default=5, ge=1, le=100, description="failed logins of one account before a pause")
    address_attempts: int = Field(
        default=30, ge=1, le=10_000, description="failed logins of one address before a pause"
    )
    window_minutes: int = Field(default=15, ge=1, le=1440, description="minutes within which failures are counted")
    pause_minutes: int = Field(default=15, ge=1, le=1440, description="minutes that a pause lasts")
    oidc_issuer: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="the bureau's single sign-on (OpenID Connect); without it there are local logins only",
    )
    oidc_client_id: str = Field(default="", max_length=200, description="this server's name there")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="and its secret")
    oidc_claim: str = Field(
        default="sub", min_length=1, max_length=100, description="claim that names the account (its `oidc_subject`)"
    )


class RetentionSettings(_Table):
    """How long what is kept."""

    readings_days: Days = Field(default=180, description="heartbeat, battery, storage, recording, presence, event")
    location_days: Days = Field(default=90, description="tracks (domain.md: 90 days)")
    rejections_days: Days = Field(default=30, description="what could not be taken in")
    audit_days: int = Field(
        default=366, ge=184, le=36_500, description="the audit log (domain.md: six months at least)"
    )


class LogSettings(_Table):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level written")
    format: Literal["json", "text"] = Field(default="json", description="json for machines, text for a terminal")


class _Environment(EnvSettingsSource):
    """The environment, with the rules' ids as they are elsewhere: no variable has a hyphen in its name, nor a type."""

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
    """The number or truth value that a variable's text spells; other text as it is, for the rules to refuse."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


class Settings(BaseSettings):
    """All settings; `docs/settings.md` is made from this."""

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
        description="thresholds of the rules by rule and name; `alerts` reads and checks them. `below_pct` of `battery-low` is "
        "`RECORDER_FLEET_RULES__BATTERY_LOW__BELOW_PCT` in the environment",
    )
    notices: dict[str, Any] = Field(
        default={}, description="when, how often and by which channels; `alerts` reads and checks them"
    )
    paper: dict[str, Any] = Field(
        default={},
        description="slips' numbers (`number_1`, `number_2`), the year's `score`; `alerts` reads and checks them",
    )

    @field_validator("http")
    @classmethod
    def _is_no_guess(cls, http: HttpSettings) -> HttpSettings:
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
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the shape is pydantic-settings'
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes over the file."""
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
