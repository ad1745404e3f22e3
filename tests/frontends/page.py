"""A front end's page with one answer in it. Its selectors pierce open shadow roots."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.notebook import LIMIT, copied

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .servers import Server

ANYWIDGET = Path(sys.prefix) / "share" / "jupyter" / "nbextensions" / "anywidget" / "index.js"


class AppPage:
    def __init__(self, server: Server, page: Page) -> None:
        self.server = server
        self.page = page
        self.console: list[str] = []
        page.set_default_timeout(LIMIT)
        # Panel's page takes anywidget's part from a CDN: here from the very package that is installed.
        page.route("**/anywidget@*/dist/index*", lambda route: route.fulfill(path=ANYWIDGET))
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.console.append(f"page error: {error}"))

    def open(self) -> None:
        """Open the page, and run its cell where that does not happen by itself."""
        self.page.goto(self.server.url)
        if self.server.front_end.run is not None:
            self.server.front_end.run(self.page)

    @property
    def view(self) -> Locator:
        return self.page.locator("[data-streamcell]").first

    @property
    def answer(self) -> Locator:
        return self.view.locator("[data-streamcell-answer]")

    @property
    def status(self) -> str:
        return self.view.get_attribute("data-status") or ""

    def button(self, name: str) -> Locator:
        return self.view.get_by_role("button", name=name, exact=True).first

    def wait_for_status(self, *statuses: str) -> str:
        """Wait until the answer's status is one of these, and say which."""
        selector = ",".join(f'[data-streamcell][data-status="{status}"]' for status in statuses)
        self.page.locator(selector).first.wait_for(state="attached")
        return self.status

    def length(self) -> int:
        return len(self.answer.text_content() or "")

    def wait_for_more_text(self, *, than: int) -> int:
        """Wait until the answer shows more characters than that; say how many there are then."""
        self.answer.wait_for(state="attached")
        limit = time.monotonic() + LIMIT / 1000
        while (length := self.length()) <= than:
            assert time.monotonic() < limit, f"{length} characters, {self.status}"
            self.page.wait_for_timeout(20)
        return length

    def copied(self) -> str:
        """What Copy puts into the clipboard."""
        return copied(self.page, self.button("Copy"))
