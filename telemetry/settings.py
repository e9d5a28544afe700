"""The server's own tables of settings; `telemetry.settings_tree` puts all together and reads them."""

import socket
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, field_validator

from telemetry.domain.settings_table import Table

_LEAST_TOKEN: Final = 24
Port = Annotated[int, Field(ge=1, le=65_535)]
Days = Annotated[int, Field(ge=1, le=36_500)]


def secret_in(file: Path) -> str:
    """The secret that *file* holds now, without white space around it. Raises OSError."""
    return file.read_text("utf-8", "replace").strip()


class DatabaseSettings(Table):
    """Where the readings are kept."""

    url: SecretStr = Field(
        SecretStr(""),
        title="数据库地址，没有默认值",
        description="postgresql://user:password@host:port/database; no default",
    )
    password_file: Path | None = Field(
        None,
        title="数据库密码文件，代替 url 中的密码；每次建立连接时重新读取",
        description="a file with the password of `url`'s login, instead of one in `url`; read at every new connection",
    )
    owner_url: SecretStr = Field(
        SecretStr(""),
        title="表的所有者登录数据库的地址，仅用于 migrate 和 dashboards grant",
        description="the same for the tables' owner, for `migrate` and `dashboards grant` only: they make the login of "
        "`url`, which then owns nothing and can't switch off what guards the audit log. Empty: `url` is the owner",
    )
    statement_timeout_s: float = Field(
        30.0, gt=0, le=600, title="一条语句最长执行多久", description="seconds after which a statement counts as lost"
    )
    pool_size: int = Field(8, ge=2, le=100, title="每个进程的连接数", description="connections of one process")
    disk: Path | None = Field(
        None,
        title="数据库所在磁盘上的一个目录（须在本机可见），用于检查剩余空间；不填则询问数据库",
        description="a folder on the database's disk as this machine sees it, to watch its free space; "
        "without it the database is asked where its files are",
    )

    @field_validator("url", "owner_url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("not of the form postgresql://user:password@host:port/database")
        return url


class BrokerSettings(Table):
    """Where the recorders are heard."""

    host: str = Field("127.0.0.1", min_length=1, title="消息代理的名称或者地址", description="broker's name or address")
    port: Port = Field(8883, title="端口：TLS 为 8883，不加密为 1883", description="8883 with TLS, 1883 without")
    protocol: Literal["5", "3.1.1"] = Field(
        "5",
        title="MQTT 版本；3.1.1 仅用于 amqtt，接入进程被强制结束时内存中的消息会丢失",
        description="MQTT version. 3.1.1 is for amqtt only: what is in memory when ingest is killed is lost",
    )
    username: str = Field("recorder", min_length=1, title="服务器自己的账号", description="the server's own account")
    password: SecretStr = Field(
        SecretStr(""), title="服务器账号的密钥", description="its secret (`recorder-fleet credentials issue`)"
    )
    password_file: Path | None = Field(
        None,
        title="服务器账号密钥的文件，代替 password；每次连接时重新读取",
        description="a file with the secret, instead of `password`; read at every connection",
    )
    tls: bool = Field(
        default=True,
        title="是否加密；仅在本机或者封闭网络可关闭",
        description="false only on loopback or a closed network",
    )
    ca_file: Path | None = Field(
        None,
        title="消息代理证书的 CA；不填则用系统的 CA",
        description="CA of the broker's certificate; system CAs if missing",
    )
    cert_file: Path | None = Field(
        None, title="客户端证书（消息代理要求时）", description="client certificate, where the broker asks for one"
    )
    key_file: Path | None = Field(None, title="客户端证书的私钥", description="key of the client certificate")


class IngestSettings(Table):
    """How messages are taken in."""

    name: str = Field(
        default_factory=lambda: socket.gethostname()[:40],
        pattern=r"^[A-Za-z0-9_.-]{1,40}$",
        title="本机 MQTT 会话的名称：重启后不变，各机器不同",
        description="names this machine's persistent MQTT sessions: stable over restarts, different on each machine",
    )
    workers: int = Field(1, ge=1, le=64, title="分担接入的进程数", description="processes that share the load")
    shared: bool = Field(
        default=False,
        title="是否与其他机器的接入进程分担；mosquitto 重启后不保留共享订阅，接入进程恢复前的消息会丢失",
        description="share the load with workers of other machines, too (a matter of course with more than one here). "
        "mosquitto forgets what is shared when it restarts: what recorders say before a worker is back is lost then",
    )
    receive_maximum: int = Field(
        8192,
        ge=16,
        le=65_535,
        title="每个进程最多持有多少条未确认消息",
        description="unacknowledged messages a worker holds at most",
    )
    max_unacknowledged_mb: int = Field(
        64, ge=4, le=4096, title="每个进程未确认消息的总量上限", description="megabytes of them a worker holds at most"
    )
    batch_limit: int = Field(
        4096, ge=1, le=50_000, title="一个事务最多多少条消息", description="messages in one transaction at most"
    )
    batch_least: int = Field(
        512,
        ge=1,
        le=50_000,
        title="少于此数的批次先等待 linger_s",
        description="a smaller batch waits linger_s for more",
    )
    linger_s: float = Field(0.02, ge=0, le=5, title="小批次等待多久", description="seconds that a small batch waits")
    session_expiry_s: int = Field(
        7 * 24 * 3600,
        ge=60,
        le=2**32 - 2,
        title="离线期间消息代理保留消息多久",
        description="seconds the broker keeps messages while we are away",
    )


class HttpSettings(Table):
    """Where the server answers, and how people reach it."""

    host: str = Field("127.0.0.1", min_length=1, title="监听地址", description="address to listen on")
    port: int = Field(8080, ge=0, le=65_535, title="监听端口；0 为任意空闲端口", description="0: any free one")
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#]+)?$",
        title="用户输入的地址；用 https 时 Cookie 限于加密连接",
        description="address that people type, https://fleet.example; with https cookies are bound to it",
    )
    proxies: tuple[str, ...] = Field(
        (),
        title="可信反向代理的地址，采信其 X-Forwarded-For",
        description="addresses of reverse proxies whose `X-Forwarded-For` is believed",
    )
    facts_token: SecretStr = Field(
        SecretStr(""),
        title="POST /api/v1/{collection} 的令牌（facts:write 令牌之外）",
        description="bearer token for `POST /api/v1/{collection}`, beside tokens of scope facts:write",
    )
    metrics: Literal["open", "token", "off"] = Field(
        "open",
        title="/metrics 向谁开放：所有人、持 metrics 令牌者、无人",
        description="`/metrics`: for everybody, for tokens of scope metrics, for nobody",
    )
    tile_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        title="地图瓦片地址；不填则只画单位辖区",
        description="map tiles, `https://…/{z}/{x}/{y}.png`; without one the map is drawn from units' areas alone",
    )
    tile_crs: Literal["wgs84", "gcj02"] = Field(
        "wgs84",
        title="瓦片坐标系：高德为 gcj02，天地图（CGCS2000）为 wgs84",
        description="what the tiles are in: gcj02 for AMap, wgs84 for Tianditu (CGCS2000)",
    )
    tile_attribution: str = Field(
        "", max_length=200, title="地图上显示的图源名称", description="whose tiles they are, shown on the map"
    )

    @field_validator("facts_token")
    @classmethod
    def _is_no_guess(cls, token: SecretStr) -> SecretStr:
        if 0 < len(token.get_secret_value()) < _LEAST_TOKEN:
            raise ValueError(f"under {_LEAST_TOKEN} characters")
        return token


LONGEST_TOKEN_DAYS: Final = 180


class AccountsSettings(Table):
    """How people sign in."""

    idle_minutes: int = Field(
        30, ge=1, le=1440, title="无操作多久退出登录", description="minutes without a request that end a session"
    )
    session_hours: int = Field(
        12, ge=1, le=720, title="登录最长有效多久", description="hours after which a session ends in any case"
    )
    attempts: int = Field(
        5,
        ge=1,
        le=100,
        title="同一地址登录同一账号连续失败几次后暂停",
        description="failed logins of one account from one address before a pause; a known device isn't held up by others",
    )
    account_attempts: int = Field(
        100,
        ge=1,
        le=10_000,
        title="同一账号在陌生设备上登录失败几次后暂停（不分地址）",
        description="failed logins of one account from all addresses, known devices aside, before a pause",
    )
    address_attempts: int = Field(
        30,
        ge=1,
        le=10_000,
        title="同一地址登录失败几次后暂停",
        description="failed logins of one address before a pause",
    )
    window_minutes: int = Field(
        15, ge=1, le=1440, title="在多久之内累计失败次数", description="minutes within which failures are counted"
    )
    pause_minutes: int = Field(15, ge=1, le=1440, title="暂停多久", description="minutes that a pause lasts")
    second_factor: Literal["https", "always", "never"] = Field(
        "https",
        title="系统管理、安全管理、审计、核查角色登录时是否须动态验证码：https 指对外地址为 https 时",
        description="whether administrator, security, auditor and verifier sign in with a second factor; https: where "
        "`http.public_url` is https",
    )
    token_days: int = Field(
        90,
        ge=1,
        le=LONGEST_TOKEN_DAYS,
        title="接口令牌最长有效几天",
        description="days that an API token may be valid at most",
    )
    oidc_issuer: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        title="统一身份认证（OpenID Connect）地址；不填则只用本地账号",
        description="the bureau's single sign-on (OpenID Connect); without it there are local logins only",
    )
    oidc_client_id: str = Field(
        "", max_length=200, title="本系统在统一身份认证中的名称", description="this server's name there"
    )
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), title="本系统在统一身份认证中的密钥", description="and its secret"
    )
    oidc_claim: str = Field(
        "sub",
        min_length=1,
        max_length=100,
        title="标识账号的声明",
        description="claim that names the account (its `oidc_subject`)",
    )


class RetentionSettings(Table):
    """How long what is kept."""

    readings_days: Days = Field(
        180, title="遥测读数保存多久", description="heartbeat, battery, storage, recording, presence, event"
    )
    location_days: Days = Field(90, title="轨迹保存多久", description="tracks (domain.md: 90 days)")
    rejections_days: Days = Field(30, title="未能读入的消息保存多久", description="what could not be taken in")
    audit_days: int = Field(
        366,
        ge=184,
        le=36_500,
        title="审计日志保存多久，至少六个月",
        description="the audit log (domain.md: six months at least)",
    )


class LogSettings(Table):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", title="最低日志级别", description="least level written"
    )
    format: Literal["json", "text"] = Field(
        "json", title="日志格式：json 供程序读取，text 供终端查看", description="json for machines, text for a terminal"
    )
