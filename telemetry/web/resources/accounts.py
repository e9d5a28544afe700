"""`/accounts`: who may sign in as what. An administrator runs them; administrator, auditor and security are apart."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, SecretStr

from alerts.incidents.actors import Role
from alerts.workflow import Refusal
from telemetry.records.accounts import AccountRow
from telemetry.store.accounts import change_account, find_account, list_accounts
from telemetry.store.audit import add_entry
from telemetry.store.logins import clear_attempts, end_sessions, has_factor, list_sessions, locked_until
from telemetry.store.pool import Connection
from telemetry.web.http.account_provisioning import APART, add_new, check_password, check_terms, check_ties
from telemetry.web.http.pagination import Page, PageQuery, cut, place_of
from telemetry.web.http.problems import Refused, faulty, not_found, refused
from telemetry.web.http.right_grants import grants_something
from telemetry.web.http.route import Call, Route
from telemetry.web.http.secrets_and_passwords import MOST_PASSWORD
from telemetry.web.resources.grants import ask, plain
from telemetry.web.resources.session import PASSWORDS, Body

CHANGED: Final = Refusal("conflict", "changed", "账号在此期间已有变化，请刷新后再办理")
_KEEPERS: Final[frozenset[Role]] = frozenset({"administrator", "security"})
_READERS: Final[frozenset[Role]] = frozenset({"administrator", "security", "auditor"})
_SECURITY: Final[frozenset[Role]] = frozenset({"security"})
_ADMINISTRATOR: Final[frozenset[Role]] = frozenset({"administrator"})
Id = Annotated[str, Field(min_length=1, max_length=32)]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Reason = Annotated[str, Field(min_length=2, max_length=500)]
Subject = Annotated[str, Field(min_length=1, max_length=200)]


class AccountItem(BaseModel):
    """An account as others see it."""

    username: str
    name: str
    roles: list[Role]
    unit_id: str | None
    officer_id: str | None
    disabled: bool
    must_change: bool
    oidc_subject: str | None
    created_at: datetime
    created_by: str
    version: int


class AccountAsked(AccountItem):
    """An account as it is; `grant_id` is what another has to countersign before it is as was asked."""

    grant_id: int | None = None


class AccountQuery(PageQuery):
    """Which accounts."""

    q: Annotated[str | None, Field(max_length=60)] = None


class NewAccount(Body):
    """An account to be; whoever gets the password from somebody else has to change it first.

    It begins without any right; those that it is to have wait for the security role.
    """

    username: Annotated[str, Field(max_length=40)]
    name: Name
    roles: Annotated[list[Role], Field(max_length=13)]
    unit_id: Id | None = None
    officer_id: Id | None = None
    oidc_subject: Subject | None = None
    password: Annotated[SecretStr, Field(max_length=MOST_PASSWORD)] | None = None
    reason: Annotated[str, Field(max_length=500)] = ""


class AccountChange(Body):
    """What is to be different; `version` is the one that was seen."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    reason: Reason
    name: Name | None = None
    roles: Annotated[list[Role], Field(max_length=13)] | None = None
    unit_id: Id | None = None
    officer_id: Id | None = None
    oidc_subject: Subject | None = None
    disabled: bool | None = None


class NewPassword(Body):
    """Another password for somebody who has lost his."""

    password: Annotated[SecretStr, Field(max_length=MOST_PASSWORD)]
    reason: Reason


class Asked(BaseModel):
    """What another has to countersign before it is done."""

    grant_id: int


class Why(Body):
    """Why it is done."""

    reason: Reason


class SessionItem(BaseModel):
    """A session that is open."""

    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str


class AccountDetail(BaseModel):
    """An account, until when failed logins lock it, whether it has a second factor, and its open sessions."""

    account: AccountItem
    locked_until: datetime | None
    has_factor: bool
    sessions: list[SessionItem]


async def _list(call: Call) -> Page[AccountItem]:
    place = place_of(call.query.cursor, str)
    rows = await list_accounts(call.database, place[0] if place else "", call.query.limit + 1, call.query.q)
    shown, following = cut(rows, call.query.limit, lambda row: (row.username,))
    return Page(items=[_item(row) for row in shown], next=following)


async def _read(call: Call) -> AccountDetail:
    async with call.database.connection() as connection:
        row = await _found(connection, call.path["username"])
        sessions = await list_sessions(connection, row.username, call.wall)
        locked = await locked_until(connection, row.username, call.wall)
        factor = await has_factor(connection, row.username)
    return AccountDetail(
        account=_item(row),
        locked_until=locked,
        has_factor=factor,
        sessions=[SessionItem(**each) for each in sessions],
    )


async def _add(call: Call) -> AccountAsked:
    body = call.body
    bare = AccountRow(
        username=body.username.strip().lower(),
        name=body.name,
        roles=frozenset(),
        unit_id=None,
        officer_id=None,
        password_hash=None,
        must_change=body.password is not None,
        disabled=False,
        oidc_subject=None,
        created_at=call.wall,
        created_by=call.account.username,
    )
    given = {
        "roles": frozenset(body.roles),
        "unit_id": body.unit_id,
        "officer_id": body.officer_id,
        "oidc_subject": body.oidc_subject,
    }
    wanted = replace(bare, **given)
    _refuse_apart(call, wanted.roles)
    check_terms(wanted)
    if body.password is not None:
        check_password(body.password.get_secret_value(), bare.username)
        hashed = await call.request.app[PASSWORDS].hash(body.password.get_secret_value())
        bare = replace(bare, password_hash=hashed)
    change = _change_of(bare, given)
    async with call.database.transaction() as connection:
        await check_ties(connection, wanted, call.now)
        entry = call.entry("account.create", "account", bare.username, why=body.reason, detail={"asked": change})
        await add_new(connection, bare, entry)
        grant_id = await ask(call, connection, "account", bare.username, change, why=body.reason) if change else None
    return _asked(bare, grant_id)


async def _change(call: Call) -> AccountAsked:
    body = call.body
    given = {name: getattr(body, name) for name in body.model_fields_set - {"version", "reason"}}
    for name in ("name", "roles", "disabled"):
        if name in given and given[name] is None:
            raise faulty(name, "must be something", "不得为空")
    if "roles" in given:
        given["roles"] = frozenset(given["roles"])
    async with call.database.transaction() as connection:
        row = await _found(connection, call.path["username"])
        if row.username == call.account.username:
            raise Refused(403, "不得修改自己的账号", code="about_yourself")
        changed = replace(row, **given)
        _refuse_others_business(call, row, changed, frozenset(given))
        check_terms(changed)
        await check_ties(connection, changed, call.now)
        if row.version != body.version:
            raise refused(CHANGED)
        change = _change_of(row, given)
        if grants_something(row, changed):
            # What comes with it waits, too: half of a change is none that anybody asked for.
            grant_id = await ask(call, connection, "account", row.username, change, why=body.reason)
            entry = call.entry("grant.ask", "account", row.username, why=body.reason, detail=change)
            await add_entry(connection, entry)
            return _asked(row, grant_id)
        version = await change_account(connection, changed)
        if version is None:
            raise refused(CHANGED)
        if changed.disabled or changed.roles != row.roles:
            await end_sessions(connection, row.username)
        entry = call.entry("account.change", "account", row.username, why=body.reason, detail=change)
        await add_entry(connection, entry)
    return _asked(replace(changed, version=version), None)


def _refuse_others_business(call: Call, row: AccountRow, changed: AccountRow, given: frozenset[str]) -> None:
    if row.roles & APART and "security" not in call.account.roles and given - {"name"}:
        # Another subject at the single sign-on is another hand that signs in; none of these is silenced, either.
        raise Refused(403, "该账号由安全管理员办理", code="apart")
    if changed.roles != row.roles:
        _refuse_apart(call, changed.roles ^ row.roles)
    elif "security" in call.account.roles and given - {"disabled"}:
        raise Refused(403, "安全管理员只办理权限与停用", code="role")


def _change_of(row: AccountRow, given: Mapping[str, Any]) -> dict[str, list[Any]]:
    """By field what it is and what it is to be, of those that are to be different."""
    return {
        name: [plain(getattr(row, name)), plain(value)] for name, value in given.items() if value != getattr(row, name)
    }


async def _reset_password(call: Call) -> Asked:
    username, password = call.path["username"], call.body.password.get_secret_value()
    if username == call.account.username:
        raise Refused(403, "修改自己的密码须提供原密码", code="about_yourself")
    check_password(password, username)
    hashed = await call.request.app[PASSWORDS].hash(password)
    async with call.database.transaction() as connection:
        row = await _found(connection, username)
        if row.roles & APART:
            # Whoever sets a password can sign in with it: that would put in one hand what is held apart.
            raise Refused(403, "该账号的密码只能在服务器上重置", code="apart")
        reason = call.body.reason
        # It is for who has no password that he knows: one that he changes meanwhile stands.
        grant_id = await ask(
            call, connection, "password", username, {}, why=reason, password_hash=hashed, version=row.version
        )
        await add_entry(connection, call.entry("grant.ask", "account", username, why=reason))
    return Asked(grant_id=grant_id)


async def _reset_factor(call: Call) -> Asked:
    username, reason = call.path["username"], call.body.reason
    if username == call.account.username:
        raise Refused(403, "不得解除自己的动态验证码", code="about_yourself")
    async with call.database.transaction() as connection:
        await _found(connection, username)
        if not await has_factor(connection, username):
            raise not_found("该账号的动态验证码")
        grant_id = await ask(call, connection, "second_factor", username, {}, why=reason)
        await add_entry(connection, call.entry("grant.ask", "account", username, why=reason))
    return Asked(grant_id=grant_id)


async def _unlock(call: Call) -> None:
    async with call.database.transaction() as connection:
        row = await _found(connection, call.path["username"])
        await clear_attempts(connection, row.username)
        await add_entry(connection, call.entry("account.unlock", "account", row.username, why=call.body.reason))


async def _end_sessions(call: Call) -> None:
    async with call.database.transaction() as connection:
        row = await _found(connection, call.path["username"])
        await end_sessions(connection, row.username)
        await add_entry(connection, call.entry("account.sessions_end", "account", row.username))


def _refuse_apart(call: Call, roles: frozenset[str]) -> None:
    """An administrator gives the roles of work; those that are held apart are given by security, and only those."""
    if "security" in call.account.roles and not roles <= APART:
        raise Refused(403, "安全管理员只授予系统管理、安全管理、审计角色", code="role")
    if "security" not in call.account.roles and roles & APART:
        raise Refused(403, "系统管理、安全管理、审计角色由安全管理员授予", code="apart")


async def _found(connection: Connection, username: str) -> AccountRow:
    row = await find_account(connection, username)
    if row is None:
        raise not_found("该账号")
    return row


def _item(row: AccountRow) -> AccountItem:
    return AccountItem.model_validate(_values(row))


def _asked(row: AccountRow, grant_id: int | None) -> AccountAsked:
    return AccountAsked.model_validate({**_values(row), "grant_id": grant_id})


def _values(row: AccountRow) -> dict[str, Any]:
    return {name: plain(getattr(row, name)) for name in AccountItem.model_fields}


_ONE: Final = "/accounts/{username}"
ROUTES: Final = (
    Route("GET", "/accounts", _list, summary="账号列表", roles=_READERS, query=AccountQuery, answer=Page[AccountItem]),
    Route(
        "POST",
        "/accounts",
        _add,
        summary="新建账号（权限须会签）",
        roles=_ADMINISTRATOR,
        body=NewAccount,
        answer=AccountAsked,
        status=201,
        audited=True,
    ),
    Route("GET", _ONE, _read, summary="账号、锁定与会话", roles=_READERS, answer=AccountDetail),
    Route(
        "PATCH",
        _ONE,
        _change,
        summary="修改账号、角色，停用或启用（授予权限须会签）",
        roles=_KEEPERS,
        body=AccountChange,
        answer=AccountAsked,
        audited=True,
    ),
    Route(
        "POST",
        f"{_ONE}/password",
        _reset_password,
        summary="重置密码（须会签）",
        roles=_ADMINISTRATOR,
        body=NewPassword,
        answer=Asked,
        status=202,
        audited=True,
    ),
    Route(
        "POST",
        f"{_ONE}/factor",
        _reset_factor,
        summary="解除动态验证码，由本人重新绑定（须会签）",
        roles=_SECURITY,
        body=Why,
        answer=Asked,
        status=202,
        audited=True,
    ),
    Route("POST", f"{_ONE}/unlock", _unlock, summary="解除锁定", roles=_KEEPERS, body=Why, status=204, audited=True),
    Route(
        "DELETE", f"{_ONE}/sessions", _end_sessions, summary="结束其全部会话", roles=_KEEPERS, status=204, audited=True
    ),
)
