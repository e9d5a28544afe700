"""Test helper: the console in Chromium on the real server, with a bureau and people who sign in by password."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from playwright.async_api import Browser, Page
from standins.api_scene import ACCOUNTS, Api
from standins.console_pictures import FOLDER, WRITES
from standins.incident_scene import finding
from standins.web_people import PASSWORD, House

from alerts.incidents.reconcile import save
from alerts.incidents.revise import Change, settle
from telemetry.records.incidents import TransitionRow
from telemetry.store.incidents import lock_incidents

FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-unsafe-swiftshader")
DESK: Final = {"width": 1366, "height": 768}
PHONE: Final = {"width": 390, "height": 844}
MORE: Final[dict[str, tuple[list[str], str | None, str | None]]] = {
    "ducha2": (["verifier"], "U01", None),
    "duchazhang": (["verifier"], "U01", None),
    "jiandu": (["supervision"], "U01", None),
}
"""Further accounts that decide and sign."""
MINUTE: Final = timedelta(minutes=1)


@dataclass
class Desk:
    """The server, a browser, and the errors of the pages that were opened."""

    bureau: Api
    browser: Browser
    faults: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        return self.bureau.address.removesuffix("/api/v1")

    async def page(self, size: dict[str, int] | None = None) -> Page:
        """Open a page in a new profile; script errors and content-policy violations are collected."""
        context = await self.browser.new_context(viewport=size or DESK, locale="zh-CN", accept_downloads=True)  # type: ignore[arg-type]
        page = await context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "console",
            lambda said: self.faults.append(said.text) if "Content Security Policy" in said.text else None,
        )
        return page

    async def signed_in(self, who: str, place: str = "", size: dict[str, int] | None = None) -> Page:
        """Open the console at *place*, signed in as *who*."""
        await self.person(who)
        page = await self.page(size)
        await page.goto(f"{self.base}/login?next={place.replace('#', '%23')}")
        await page.get_by_label("账号").fill(who)
        await page.get_by_label("密码").fill(PASSWORD)
        await page.get_by_role("button", name="登录").click()
        await page.locator("main .page").wait_for()
        return page

    async def person(self, who: str) -> None:
        """Create an account for *who* with the tests' password."""
        known = await self.bureau.value("SELECT count(*) FROM account WHERE username = $1", who)
        if not known:
            roles, unit_id, officer_id = {**ACCOUNTS, **MORE}[who]
            await House(self.base, self.bureau.database).person(who, *roles, unit_id=unit_id, officer_id=officer_id)

    async def incident(self, **changes: Any) -> str:
        """Open an incident and return its id."""
        now = datetime.now(UTC)
        values = {"key": "k", "starts_at": now - 30 * MINUTE, "ends_at": now - 3 * MINUTE, **changes}
        change = settle(None, finding(**values), now)
        assert change is not None
        async with self.bureau.database.transaction() as connection:
            await save(connection, [change])
        return change.incident.incident_id

    async def becomes(self, incident_id: str, status: str) -> None:
        """Set an incident's status as a new version, so that watching pages are notified."""
        async with self.bureau.database.transaction() as connection:
            before = (await lock_incidents(connection, [incident_id]))[incident_id]
            now = datetime.now(UTC)
            row = replace(before, status=status, version=before.version + 1, changed_at=now)
            step = TransitionRow(incident_id, row.version, now, "rule:test", status, before.status, status, "", None)
            await save(connection, [Change(row, step)])


async def picture(page: Page, name: str) -> None:
    """Save a screenshot of the page beside those of the documentation."""
    if WRITES:
        folder = FOLDER / "pages"
        folder.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=folder / f"{name}.png")
