"""`/tokens`: programs of other systems that may write facts, read, or fetch metrics; each token is shown once.

A token opens what its issuer may open himself, at most and only as long as he may, once the security role has countersigned.
"""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, Field

from alerts.incidents.actors import Role
from telemetry.records.accounts import TokenRow
from telemetry.settings import LONGEST_TOKEN_DAYS
from telemetry.store.accounts import add_token, list_tokens, revoke_token, unit_tree
from telemetry.store.audit import add_entry
from telemetry.web.http.authentication import ISSUERS, scopes_of
from telemetry.web.http.problems import faulty, not_found
from telemetry.web.http.route import Call, Route, Scope
from telemetry.web.http.secrets_and_passwords import digest, draw
from telemetry.web.resources.grants import ask
from telemetry.web.resources.session import Body

_KEEPERS: Final[frozenset[Role]] = frozenset({"administrator", "security"})
_LEAST_PURPOSE: Final = 4


class TokenItem(BaseModel):
    """A token without its secret."""

    token_id: str
    name: str
    purpose: str
    scopes: list[Scope]
    unit_id: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime
    countersigned_at: datetime | None = None
    countersigned_by: str | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    last_used_at: datetime | None = None


class Tokens(BaseModel):
    """The newest 500."""

    items: list[TokenItem]


class NewToken(Body):
    """Which system a token is for and what it does with it, what it may, and for how many days (default: the longest)."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    purpose: Annotated[str, Field(min_length=4, max_length=300)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]
    unit_id: Annotated[str | None, Field(min_length=1, max_length=32)] = None
    days: Annotated[int, Field(ge=1, le=LONGEST_TOKEN_DAYS)] | None = None


class IssuedToken(BaseModel):
    """A new token: `token` is seen here and never again, and opens nothing until `grant_id` is countersigned."""

    token: str
    grant_id: int
    item: TokenItem


async def _list(call: Call) -> Tokens:
    return Tokens(items=[TokenItem(**row) for row in await list_tokens(call.database, _issuer(call))])


async def _issue(call: Call) -> IssuedToken:
    body, token = call.body, f"rf_{draw()}"
    scopes = sorted(set(body.scopes))
    row = TokenRow(secrets.token_hex(6), body.name, body.purpose.strip(), scopes, body.unit_id)
    longest = call.site.accounts.token_days
    days = longest if body.days is None else body.days
    expires_at = call.wall + timedelta(days=days)
    if days > longest:
        raise faulty("days", f"more than {longest}", f"至多{longest}天")
    if len(row.purpose) < _LEAST_PURPOSE:
        raise faulty("purpose", "too short", "须写明由哪个系统用于何事")
    if body.unit_id is not None and "facts:write" in scopes:
        raise faulty("unit_id", "facts are the whole bureau's", "写入权限不分单位，不能限定单位")
    beyond = set(scopes) - scopes_of(call.account.roles)
    if beyond:
        raise faulty("scopes", f"beyond your own rights: {min(beyond)}", "不得超出签发人本人的权限", status=403)
    async with call.database.transaction() as connection:
        nodes = await unit_tree(connection, call.now)
        if body.unit_id is not None and body.unit_id not in {node.unit_id for node in nodes}:
            raise faulty("unit_id", "no such unit", "单位不存在")
        await add_token(connection, row, digest(token), now=call.wall, by=call.account.username, expires_at=expires_at)
        asked = {"name": row.name, "purpose": row.purpose, "scopes": scopes, "unit_id": row.unit_id, "days": days}
        change = {name: [None, value] for name, value in asked.items()}
        grant_id = await ask(call, connection, "token", row.token_id, change, why=row.purpose)
        await add_entry(connection, call.entry("grant.ask", "token", row.token_id, why=row.purpose, detail=asked))
    item = TokenItem(
        token_id=row.token_id,
        name=row.name,
        purpose=row.purpose,
        scopes=scopes,
        unit_id=row.unit_id,
        created_at=call.wall,
        created_by=call.account.username,
        expires_at=expires_at,
    )
    return IssuedToken(token=token, grant_id=grant_id, item=item)


async def _revoke(call: Call) -> None:
    token_id = call.path["token_id"]
    async with call.database.transaction() as connection:
        if not await revoke_token(connection, token_id, call.wall, call.account.username, _issuer(call)):
            raise not_found("该有效的令牌")
        await add_entry(connection, call.entry("token.revoke", "token", token_id))


def _issuer(call: Call) -> str | None:
    """Whose tokens the caller sees: all of them, or his own."""
    return None if call.account.roles & _KEEPERS else call.account.username


ROUTES: Final = (
    Route("GET", "/tokens", _list, summary="令牌列表", roles=_KEEPERS | ISSUERS, answer=Tokens),
    Route(
        "POST",
        "/tokens",
        _issue,
        summary="签发令牌（只显示一次，会签后生效）",
        roles=ISSUERS,
        body=NewToken,
        answer=IssuedToken,
        status=201,
        audited=True,
    ),
    Route(
        "DELETE", "/tokens/{token_id}", _revoke, summary="撤销令牌", roles=_KEEPERS | ISSUERS, status=204, audited=True
    ),
)
