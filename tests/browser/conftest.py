"""Browser tests: Chromium, and the bureau's server before it."""

import os
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from standins.api_scene import api
from standins.console_desk import FLAGS, Desk


@pytest_asyncio.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of its own for this test."""
    async with async_playwright() as playwright:
        path = os.environ.get("RECORDER_FLEET_TEST_CHROMIUM", "/usr/bin/chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def desk(database: str, chromium: Browser) -> AsyncIterator[Desk]:
    """The bureau's server with a browser before it; a script error on any page fails the test."""
    async with api(database) as bureau:
        made = Desk(bureau, chromium)
        yield made
        for context in chromium.contexts:
            await context.close()
        assert [] == made.faults
