"""HTTP, step 1 of 3: who is asking, by session cookie or bearer token, and what that account may see."""

import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, cast

from aiohttp import web
from yarl import URL

from alerts.incidents.actors import Role, own_units_of
from telemetry.domain.clock import wall_now
from telemetry.records.accounts import AccountRow, UnitNode, UsedToken
from telemetry.settings import HttpSettings
from telemetry.store.accounts import home_of_officer, unit_tree, use_token
from telemetry.store.logins import find_session
from telemetry.store.pool import Connection, Database
from telemetry.web.http.problems import Refused
from telemetry.web.http.route import KEEPERS_OF_THE_HOUSE, Account, Route, Scope, Site
from telemetry.web.http.second_factor import needs_factor
from telemetry.web.http.secrets_and_passwords import csrf_token, digest, is_same
from telemetry.web.http.visibility import DUTY, ENGINEERS, OFFICERS, WATCHERS

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_BACKGROUND: Final = "X-Background"
"""What a page asks by itself carries it: nobody did anything, so it doesn't keep a session from ending by idling."""
_NOT_IN: Final = "请先登录"
_FACTOR_PATHS: Final = frozenset({"/session", "/session/factor", "/session/factor/enrolment"})
"""All that a session may do before its second factor is given."""
_OWN: Final[Mapping[Scope, frozenset[Role]]] = {
    # Facts are written by systems only; an administrator registers these.
    "facts:write": frozenset({"administrator"}),
    "read": WATCHERS,
    "metrics": ENGINEERS,
}
"""Who has the right himself that a token of the scope has."""
ISSUERS: Final[frozenset[Role]] = frozenset().union(*_OWN.values())


def is_https(http: HttpSettings) -> bool:
    """Whether people reach the server by https, as its public address says."""
    return http.public_url.startswith("https://")


def cookie_name(http: HttpSettings) -> str:
    """`__Host-` binds the cookie to this host and to https, where there is https."""
    return "__Host-recorder-fleet" if is_https(http) else "recorder-fleet"


def address_of(request: web.Request, http: HttpSettings) -> str:
    """The client's address: the connection's, or what a proxy that we know of says of it."""
    address = request.remote or "unknown"
    if address not in http.proxies:
        return address
    # A proxy may add a line of its own below the one that the client sent: they are one list.
    for given in reversed(",".join(request.headers.getall("X-Forwarded-For", ())).split(",")):
        candidate = given.strip()
        if candidate in http.proxies:
            continue
        try:
            return str(ipaddress.ip_address(candidate))
        except ValueError:
            return address
    return address


def net_of(address: str) -> str:
    """Whom an address counts as: with IPv6 one customer has a whole /64 to choose from."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    return str(known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False))


def scopes_of(roles: frozenset[str]) -> frozenset[Scope]:
    """The scopes that a token may have whose issuer has *roles*: his own rights at most."""
    return frozenset(scope for scope, may in _OWN.items() if may & roles)


async def identify(request: web.Request, site: Site, database: Database) -> Account | None:
    """The account or token behind a request, None without any. Raises Refused for a token that is none."""
    if "Authorization" in request.headers:
        return await _by_token(request, site, database)
    session_id = request.cookies.get(cookie_name(site.http))
    if not session_id:
        return None
    async with database.connection() as connection:
        found = await find_session(connection, digest(session_id), wall_now(), touch=_BACKGROUND not in request.headers)
        if found is None:
            return None
        row, has_factor = found
        account = await account_of(connection, row, site.now(), session_id)
    needs = needs_factor(row.roles, site.accounts, is_https=is_https(site.http))
    return replace(account, lacks_factor=needs and not has_factor)


async def account_of(connection: Connection, row: AccountRow, now: datetime, session_id: str = "") -> Account:
    """An account with the units that it sees, out of the tree as it is known now."""
    nodes = await unit_tree(connection, now)
    home = None if row.officer_id is None else await home_of_officer(connection, row.officer_id, now)
    names = {node.unit_id: node.name for node in nodes}
    parents = {node.unit_id: node.parent_id for node in nodes}
    bureau = [node.unit_id for node in nodes if node.kind == "bureau"]
    roles = cast("frozenset[Role]", row.roles)
    own = home or row.unit_id
    return Account(
        username=row.username,
        name=row.name,
        roles=roles,
        unit_id=row.unit_id,
        unit_name=names.get(row.unit_id or ""),
        officer_id=row.officer_id,
        units=frozenset() if not roles & (DUTY | KEEPERS_OF_THE_HOUSE) - OFFICERS else subtree(nodes, row.unit_id),
        own_units=frozenset() if own is None else own_units_of(own, parents, bureau),
        must_change=row.must_change,
        session_hash=digest(session_id) if session_id else None,
        csrf=csrf_token(session_id) if session_id else "",
    )


def subtree(nodes: list[UnitNode], unit_id: str | None) -> frozenset[str] | None:
    """*unit_id* and every unit below it; None, the whole bureau, for none and for the root of kind `bureau`."""
    if unit_id is None:
        return None
    if any(node.unit_id == unit_id and node.kind == "bureau" and node.parent_id is None for node in nodes):
        return None
    below: dict[str | None, list[str]] = {}
    for node in nodes:
        below.setdefault(node.parent_id, []).append(node.unit_id)
    found: set[str] = set()
    waiting = [unit_id]
    while waiting:
        unit = waiting.pop()
        if unit not in found:
            found.add(unit)
            waiting += below.get(unit, [])
    return frozenset(found)


async def _by_token(request: web.Request, site: Site, database: Database) -> Account:
    scheme, _, given = request.headers["Authorization"].partition(" ")
    given = given.strip()
    if scheme.lower() != "bearer" or not given:
        raise no_login("Authorization: Bearer TOKEN")
    settled = site.http.facts_token.get_secret_value()
    if settled and is_same(given, settled):
        return Account("token:http.facts_token", "http.facts_token", frozenset(), scopes=frozenset({"facts:write"}))
    used = await use_token(database, digest(given), wall_now())
    if used is None:
        raise no_login("令牌无效、未会签、已过期或已撤销，或者签发人已停用")
    return await _token_account(database, used, site.now())


async def _token_account(database: Database, used: UsedToken, now: datetime) -> Account:
    """A token opens what it was issued for, as far as its issuer may still open that himself."""
    token = used.token
    async with database.connection() as connection:
        nodes = [] if token.unit_id is used.issuer_unit_id is None else await unit_tree(connection, now)
    units, own = subtree(nodes, token.unit_id), subtree(nodes, used.issuer_unit_id)
    scopes = frozenset(token.scopes) & scopes_of(used.issuer_roles)
    if not scopes:
        raise no_login("令牌的签发人已无此权限")
    return Account(
        username=f"token:{token.token_id}",
        name=token.name,
        roles=frozenset(),
        unit_id=token.unit_id,
        units=own if units is None else units if own is None else units & own,
        scopes=scopes,
    )


def let_in(route: Route, request: web.Request, account: Account | None, http: HttpSettings) -> None:
    """Raise Refused unless *account* may call *route* with this request."""
    if account is None or account.scopes == frozenset():
        _refuse_foreign_origin(request, http)
    if route.is_open:
        return
    if account is None:
        raise no_login(_NOT_IN)
    if account.scopes:
        if route.scope is None or route.scope not in account.scopes:
            raise Refused(403, "令牌权限不足", f"需要权限 {route.scope or '（仅限账号登录）'}", code="scope")
        return
    _refuse_without_csrf(request, account)
    if account.lacks_factor and route.path not in _FACTOR_PATHS:
        raise Refused(403, "请先输入动态验证码", "该角色登录须验证第二因素", code="second_factor")
    if account.must_change and not route.path.startswith("/session"):
        raise Refused(403, "请先修改密码", "密码由管理员设定，修改后方可继续", code="must_change")
    if route.roles is not None and not account.roles & route.roles:
        raise Refused(403, "您的角色不能办理此项", code="role")


def no_login(detail: str) -> Refused:
    """A no to somebody who isn't known."""
    return Refused(401, "未登录", detail, code="login", headers={"WWW-Authenticate": "Bearer"})


def _refuse_without_csrf(request: web.Request, account: Account) -> None:
    if request.method in _SAFE:
        return
    if not is_same(request.headers.get("X-CSRF-Token", ""), account.csrf) or not account.csrf:
        raise Refused(403, "请求未通过校验", "缺少或错误的 X-CSRF-Token，请刷新页面", code="csrf")


def _refuse_foreign_origin(request: web.Request, http: HttpSettings) -> None:
    """A browser says where an unsafe request comes from; one from another site is none of ours, login included."""
    if request.method in _SAFE:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Refused(403, "请求未通过校验", "不接受来自其他网站的请求", code="csrf")
    origin = request.headers.get("Origin")
    if origin is None:
        return
    try:
        given = URL(origin)
        ours = {request.host, URL(http.public_url).authority if http.public_url else request.host}
        foreign = given.authority not in ours
    except ValueError:
        foreign = True
    if foreign:
        raise Refused(403, "请求未通过校验", "不接受来自其他网站的请求", code="csrf")
