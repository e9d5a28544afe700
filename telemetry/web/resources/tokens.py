"""`/tokens`: programs of other systems that may write facts, read, or fetch metrics; each token is shown once."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, Field

from alerts.incidents.actors import Role
from telemetry.records.accounts import TokenRow
from telemetry.store.accounts import add_token, list_tokens, revoke_token, unit_tree
from telemetry.store.audit import add_entry
from telemetry.web.http.problems import faulty, not_found
from telemetry.web.http.route import Call, Route, Scope
from telemetry.web.http.secrets_and_passwords import digest, draw
from telemetry.web.resources.session import Body

_KEEPERS: Final[frozenset[Role]] = frozenset({"administrator", "security"})


class TokenItem(BaseModel):
    """A token without its secret."""

    token_id: str
    name: str
    scopes: list[Scope]
    unit_id: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    last_used_at: datetime | None = None


class Tokens(BaseModel):
    """The newest 500."""

    items: list[TokenItem]


class NewToken(Body):
    """What a token is for, what it may, and for how many days."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]
    unit_id: Annotated[str | None, Field(min_length=1, max_length=32)] = None
    days: Annotated[int, Field(ge=1, le=730)] = 365


class IssuedToken(BaseModel):
    """A new token: `token` is seen here and never again."""

    token: str
    item: TokenItem


async def _list(call: Call) -> Tokens:
    return Tokens(items=[TokenItem(**row) for row in await list_tokens(call.database)])


async def _issue(call: Call) -> IssuedToken:
    body, token = call.body, f"rf_{draw()}"
    scopes = sorted(set(body.scopes))
    row = TokenRow(secrets.token_hex(6), body.name, scopes, body.unit_id)
    expires_at = call.wall + timedelta(days=body.days)
    if body.unit_id is not None and "facts:write" in scopes:
        raise faulty("unit_id", "facts are the whole bureau's", "写入权限不分单位，不能限定单位")
    async with call.database.transaction() as connection:
        if body.unit_id is not None and body.unit_id not in {
            node.unit_id for node in await unit_tree(connection, call.now)
        }:
            raise faulty("unit_id", "no such unit", "单位不存在")
        await add_token(connection, row, digest(token), now=call.wall, by=call.account.username, expires_at=expires_at)
        detail = {"name": row.name, "scopes": scopes, "unit_id": row.unit_id, "days": body.days}
        await add_entry(connection, call.entry("token.issue", "token", row.token_id, detail=detail))
    item = TokenItem(
        token_id=row.token_id,
        name=row.name,
        scopes=scopes,
        unit_id=row.unit_id,
        created_at=call.wall,
        created_by=call.account.username,
        expires_at=expires_at,
    )
    return IssuedToken(token=token, item=item)


async def _revoke(call: Call) -> None:
    token_id = call.path["token_id"]
    async with call.database.transaction() as connection:
        if not await revoke_token(connection, token_id, call.wall, call.account.username):
            raise not_found("该有效的令牌")
        await add_entry(connection, call.entry("token.revoke", "token", token_id))


ROUTES: Final = (
    Route("GET", "/tokens", _list, summary="令牌列表", roles=_KEEPERS, answer=Tokens),
    Route(
        "POST",
        "/tokens",
        _issue,
        summary="签发令牌（只显示一次）",
        roles=frozenset({"administrator"}),
        body=NewToken,
        answer=IssuedToken,
        status=201,
        audited=True,
    ),
    Route("DELETE", "/tokens/{token_id}", _revoke, summary="撤销令牌", roles=_KEEPERS, status=204, audited=True),
)
