"""The matrix: every role × every route × another unit, out of the registry and what is expected of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from standins.api_scene import ACCOUNTS, Api, api
from standins.two_units import FOREIGN as MARK
from standins.two_units import OWN, put_both
from standins.web_expectations import EVERYBODY, EXPECTED, PATHS, ROLES

from alerts.paperwork.retention.retention_jobs import label_footage
from telemetry.records.accounts import TokenRow
from telemetry.store.accounts import add_token, countersign_token
from telemetry.web.http.route import Route
from telemetry.web.http.secrets_and_passwords import digest, draw
from telemetry.web.registry import ROUTES

HOUR = timedelta(hours=1)
FOREIGN = ("-foreign", "P0051", "R0051", "第5中队", "赵五", MARK)
NAME = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")
UNSAFE = {"POST", "PATCH", "PUT", "DELETE"}


@pytest_asyncio.fixture
async def scene(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    """One account a role, all of them of U04; of every collection a row of U04's P0031 and one of U05's P0051."""
    # zhangsan of the scene is U04's officer.
    for role in set(ROLES) - {"officer"}:
        officer = "P0032" if role == "auxiliary" else None
        monkeypatch.setitem(ACCOUNTS, role.replace("_", "-"), ([role], "U04", officer))
    async with api(database) as running:
        await put_both(running)
        await label_footage(running.database, running.now)
        yield running


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def filled(route: Route, which: int) -> str:
    return NAME.sub(lambda match: sides(route, match[1])[which], route.path)


def sides(route: Route, name: str) -> tuple[str, str]:
    return PATHS.get(f"{route.path.split('/')[1]}/{name}", PATHS[name])


async def asked(
    scene: Api, route: Route, path: str, headers: dict[str, str], body: Any = None
) -> tuple[int, str | None, str]:
    """Status, problem code and text; of a stream what comes at once."""
    async with scene.client.request(route.method, scene.address + path, json=body, headers=headers) as answer:
        if answer.content_type == "text/event-stream":
            try:
                return answer.status, None, (await asyncio.wait_for(answer.content.readany(), 1)).decode()
            except TimeoutError:
                return answer.status, None, ""
        raw = await answer.read()
        text = raw.decode("utf-8", "replace")
        code = (await answer.json(content_type=None)).get("code") if answer.status >= 400 and text else None
        return answer.status, code, text


def test_every_route_is_expected_and_every_expectation_is_a_route() -> None:
    assert sorted(EXPECTED) == sorted(name_of(route) for route in ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_route_declares_what_is_expected_of_it(route: Route) -> None:
    expected = EXPECTED[name_of(route)]
    assert (expected.kind == "OPEN") == route.is_open
    assert expected.scope == route.scope
    assert expected.roles == (EVERYBODY if route.roles is None else route.roles)


async def test_every_role_gets_through_where_it_may_and_nowhere_else(scene: Api) -> None:
    wrong = []
    for route in ROUTES:
        expected = EXPECTED[name_of(route)]
        if expected.kind == "OPEN" or name_of(route) == "DELETE /session":
            continue
        path = filled(route, 0)
        for who, (roles, _, _) in list(ACCOUNTS.items()):
            body = {} if route.method in UNSAFE else None
            status, code, _ = await asked(scene, route, path, await scene.headers(who), body)
            got_through = code != "role" and status != 401
            if got_through != bool(expected.roles & set(roles)) or status >= 500:
                wrong.append((name_of(route), who, status, code))
    assert [] == wrong, "\n".join(map(str, wrong))


async def test_nobody_gets_anywhere_without_a_login(scene: Api) -> None:
    closed = [route for route in ROUTES if EXPECTED[name_of(route)].kind != "OPEN"]
    answers = {name_of(route): (await asked(scene, route, filled(route, 0), {}, {}))[0] for route in closed}
    assert [] == [(name, status) for name, status in answers.items() if status != 401]


async def test_a_token_reaches_what_its_scope_says_and_nothing_else(
    scene: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = []
    monkeypatch.setitem(ACCOUNTS, "all-scopes", (["administrator", "command_centre"], None, None))
    await scene.headers("all-scopes")
    for scope in ("facts:write", "read", "metrics"):
        token = draw()
        async with scene.database.transaction() as connection:
            row = TokenRow(scope[:4], scope, scope, [scope], "U04")
            await add_token(connection, row, digest(token), now=scene.now, by="all-scopes", expires_at=scene.now + HOUR)
            await countersign_token(connection, row.token_id, scene.now - HOUR, "test")
        for route in ROUTES:
            expected = EXPECTED[name_of(route)]
            if expected.kind == "OPEN":
                continue
            status, code, text = await asked(scene, route, filled(route, 0), {"Authorization": f"Bearer {token}"}, {})
            if (code != "scope") != (expected.scope == scope) or status >= 500:
                wrong.append((name_of(route), scope, status, code))
            if expected.kind == "UNIT" and any(word in text for word in FOREIGN):
                wrong.append((name_of(route), scope, "shows another unit's"))
    assert [] == wrong, "\n".join(map(str, wrong))


async def test_nothing_of_another_unit_is_shown(scene: Api) -> None:
    wrong = []
    for route in ROUTES:
        expected = EXPECTED[name_of(route)]
        if expected.kind != "UNIT" or route.method != "GET":
            continue
        names = [name for name in NAME.findall(route.path) if len(set(sides(route, name))) > 1]
        ways = [filled(route, 1)] if names else [filled(route, 0), f"{filled(route, 0)}?unit_id=U05"]
        for who in [who for who, (roles, unit, _) in ACCOUNTS.items() if unit == "U04" and expected.roles & set(roles)]:
            for path in ways:
                status, _, text = await asked(scene, route, path, await scene.headers(who))
                shown = [word for word in FOREIGN if word in text.replace(path, "") and word not in path]
                if shown or (names and status not in {403, 404, 422}) or status >= 500:
                    wrong.append((name_of(route), who, path, status, shown))
    assert [] == wrong, "\n".join(map(str, wrong))


LISTS = {
    "/slips": (MARK, OWN),
    "/repairs": (MARK, OWN),
    "/footage-requests": (MARK, OWN),
    "/footage-retention": ("D-foreign", "D-own"),
    "/notices": (MARK, OWN),
    "/maintenance": (MARK, OWN),
    "/approvals": ("E-foreign", "E-own"),
    "/custody": ("A-foreign", "A-own"),
    "/incidents": ("I-old-foreign", "I-old-own"),
    "/circulars/2026-03/figures": ("I-old-foreign", "I-old-own"),
    "/recorders": ("R0051", "R0017"),
    "/duty": ("S5", "S1"),
    "/officers": ("P0051", "P0031"),
    "/live": ("R0051", "R0017"),
}


async def test_what_a_unit_does_not_see_is_there_for_those_who_do(scene: Api) -> None:
    wrong = []
    for path, (foreign, own) in LISTS.items():
        everything = str(await scene.get("ducha" if path == "/approvals" else "zhihui", path))
        seen = str(await scene.get("lidui", path))
        shown = (foreign in everything, own in everything, foreign in seen, own in seen)
        if shown != (True, True, False, True):
            wrong.append((path, shown))
    assert [] == wrong


async def test_nothing_of_another_unit_can_be_changed(scene: Api) -> None:
    wrong = []
    for route in ROUTES:
        expected = EXPECTED[name_of(route)]
        if expected.kind != "UNIT" or route.method == "GET":
            continue
        for who in [who for who, (roles, unit, _) in ACCOUNTS.items() if unit == "U04" and expected.roles & set(roles)]:
            status, code, text = await asked(
                scene, route, filled(route, 1), await scene.headers(who), expected.body or {}
            )
            # As if there were none, whether it is named in the path or in the body.
            if status not in {403, 404} and not (status == 422 and '"no such ' in text):
                wrong.append((name_of(route), who, status, code, text[:250]))
    assert [] == wrong, "\n".join(map(str, wrong))


async def test_an_officer_sees_what_is_his_and_nobody_elses(scene: Api) -> None:
    his = await scene.get("zhangsan", "/incidents")
    assert ["I-own", "I-old-own"] == [item["incident_id"] for item in his["items"]]
    other = await scene.get("zhaowu", "/incidents")
    assert ["I-foreign", "I-old-foreign"] == [item["incident_id"] for item in other["items"]]
    assert 404 == (await scene.call("zhaowu", "GET", "/incidents/I-own"))[0]


async def test_whoever_looks_at_evidence_is_seen_by_the_one_concerned(scene: Api) -> None:
    await scene.get("lidui", "/incidents/I-own")
    views = await scene.get("zhangsan", "/me/views")
    assert [("lidui", "I-own")] == [(view["account"], view["target_id"]) for view in views["items"]]
    assert [] == (await scene.get("zhaowu", "/me/views"))["items"]
