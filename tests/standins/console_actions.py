"""Test helper: user actions at the console, e.g. pressing an action, filling its dialog, signing, downloading."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from docx import Document
from playwright.async_api import Browser, Page, expect
from standins.console_desk import DESK
from standins.web_people import PASSWORD

PATIENCE_MS: Final = 30_000
_ASK = """async ([method, path, body]) => {
  const { csrf } = await (await fetch("/api/v1/session")).json();
  const answer = await fetch("/api/v1" + path, { method, headers: { "Content-Type": "application/json",
    "X-CSRF-Token": csrf }, body: body === null ? undefined : JSON.stringify(body) });
  return { status: answer.status, body: await answer.json().catch(() => null) };
}"""


@dataclass(frozen=True)
class Paper:
    """A downloaded slip: file name and all text, including watermark and properties."""

    name: str
    text: str


async def sign_in(browser: Browser, base: str, who: str, place: str = "", size: dict[str, int] | None = None) -> Page:
    """Open the console at *place* in a new profile and sign in as *who*."""
    context = await browser.new_context(
        viewport=size or DESK,  # type: ignore[arg-type]
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        accept_downloads=True,
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{base}/login?next={place.replace('#', '%23')}")
    await page.get_by_label("账号").fill(who)
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.locator("main .page").wait_for()
    return page


async def press(page: Page, label: str) -> None:
    """Press an action that opens no dialog."""
    await page.get_by_role("button", name=label, exact=True).click()


async def answer(page: Page, label: str, text: str | None = None, fields: Mapping[str, str] | None = None) -> None:
    """Press an action and fill its dialog with *text* and further *fields* by label."""
    await page.get_by_role("button", name=label, exact=True).click()
    dialog = page.get_by_role("dialog")
    if text is not None:
        await dialog.locator("textarea").fill(text)
    for field, value in (fields or {}).items():
        await dialog.get_by_label(field).fill(value)
    await dialog.get_by_role("button", name=label, exact=True).click()
    await expect(dialog).to_have_count(0)


async def sign(page: Page, step: str, opinion: str) -> None:
    """Write the opinion of *step* on the slip shown."""
    await page.locator(f".slip [data-action={step}]").click()
    dialog = page.get_by_role("dialog")
    await dialog.locator("textarea").fill(opinion)
    await dialog.locator("[type=submit]").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".slip .history")).to_contain_text(opinion)


async def download(page: Page) -> Paper:
    """Download the slip shown as DOCX, as the browser does."""
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="DOCX").click()
    got = await coming.value
    return Paper(got.suggested_filename, words_of((await got.path()).read_bytes()))


def words_of(data: bytes) -> str:
    """All text of a DOCX: paragraphs, tables, headers, properties."""
    document = Document(io.BytesIO(data))
    lines = [paragraph.text for paragraph in document.paragraphs]
    lines += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    lines += [str(part.blob, "utf-8", "replace") for part in document.part.package.parts if "header" in part.partname]
    return "\n".join([*lines, document.core_properties.comments or ""])


async def ask(page: Page, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Send one request as the person signed in on *page*, bypassing the console."""
    answered = await page.evaluate(_ASK, [method, path, body])
    return answered["status"], answered["body"]
