"""The page of the API in a real browser: it works under the strict content policy, and loads nothing from elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, async_playwright

from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.store import new_key
from xrm_platform.web import create_app
from xrm_platform.web.application import ENDPOINTS
from xrm_platform.web.docs_page import NEEDED

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"


def missing_part() -> str | None:
    if not Path(CHROMIUM).exists():
        return f"{CHROMIUM} is not there (on Debian: apt-get install chromium)"
    if not all(file.is_file() for file in NEEDED):
        return "the files of the page are not there: python tools/assets.py"
    return None


@pytest.fixture
async def address(sqlite_template, tmp_path, aiohttp_server):
    """Where the real application listens, on an empty database."""
    shutil.copyfile(sqlite_template, tmp_path / "xrm.db")
    config = Config(home=tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path / 'xrm.db'}", secret_keys=(new_key(),))
    async with Platform.open(config) as xrm:
        server = await aiohttp_server(create_app(xrm))
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
async def page():
    reason = missing_part()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield await browser.new_page(viewport={"width": 1200, "height": 1600})
        await browser.close()


async def test_the_page_shows_every_operation_and_breaks_no_policy(address: str, page: Page) -> None:
    said: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or urlsplit(request.url).scheme))
    await page.goto(f"{address}/api/docs")
    await page.wait_for_selector(".opblock-summary")
    assert await _scrolled_through(page) == {f"operations-{one.tag}-{one.name}" for one in ENDPOINTS}
    await page.locator("#operations-session-sign_in .opblock-summary").click()
    await page.wait_for_selector("#operations-session-sign_in .opblock-body")
    if os.environ.get("XRM_SCREENSHOTS"):
        await page.screenshot(path=Path(os.environ["XRM_SCREENSHOTS"]) / "api_docs.png", full_page=True)
    assert said == []
    assert hosts <= {"127.0.0.1", "data"}


async def _scrolled_through(page: Page) -> set[str]:
    """The operations that come into view on the way down, for the page makes no others; then back up."""
    seen: set[str] = set()
    while True:
        seen |= set(await page.locator(".opblock").evaluate_all("found => found.map(one => one.id)"))
        at, end = await page.evaluate("[scrollY + innerHeight, document.documentElement.scrollHeight]")
        if at >= end - 1:
            await page.evaluate("scrollTo(0, 0)")
            return seen
        await page.evaluate("new Promise(drawn => {scrollBy(0, innerHeight / 2); setTimeout(drawn, 50)})")


async def test_a_call_can_be_tried_from_the_page(address: str, page: Page) -> None:
    await page.goto(f"{address}/api/docs")
    operation = page.locator("#operations-session-who_am_i")
    await operation.locator(".opblock-summary").click()
    await operation.locator(".try-out__btn").click()
    await operation.locator(".execute").click()
    await operation.locator(".live-responses-table .response-col_status").get_by_text("401").first.wait_for()
