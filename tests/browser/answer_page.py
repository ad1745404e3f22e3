"""A page with nothing but engine, renderer and style sheet, on a server that notes what is asked of it."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .jupyterlab import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Dialog, Page, Route

LIMIT = 120.0  # seconds; for what hangs, not for what is slow

# Only reported, never enforced: what would break it happens, and is seen to happen. Playwright itself needs eval.
POLICY = "default-src 'none'; script-src 'self' 'unsafe-eval'"
HTML = b'<!doctype html><html lang="en"><meta charset="utf-8"><title>answers</title><link rel="icon" href="data:,">'
SCRIPT = b'<body><script src="/page.js"></script></body></html>'


def build(folder: Path) -> bytes:
    """The page's script, from the sources as they are."""
    node = shutil.which("node", path=f"{ROOT / '.venv' / 'bin'}") or shutil.which("node")
    assert node, "there is no Node; `make` installs one into .venv"
    outfile = folder / "page.js"
    subprocess.run([node, "test/page/build.mjs", str(outfile)], cwd=ROOT / "js", check=True)
    return outfile.read_bytes()


class AnswerServer:
    """Serves the page on a free port of 127.0.0.1; `requests` holds the paths that were asked for."""

    def __init__(self, script: bytes) -> None:
        self.requests: list[str] = []
        files = {"/": ("text/html", HTML + SCRIPT), "/page.js": ("text/javascript", script)}
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.path)
                kind, body = files.get(self.path, ("text/plain", b"not here"))
                self.send_response(200 if self.path in files else 404)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Security-Policy-Report-Only", POLICY)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class AnswerPage:
    """One tab with the page. Whatever it asks for after it has loaded is noted and refused."""

    def __init__(self, server: AnswerServer, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.asked: list[str] = []
        self.events: list[str] = []
        self.page.goto(server.url)
        self.page.evaluate("proofs.prepare()")
        self.page.route("**/*", self._refuse)
        self.page.on("dialog", self._dismiss)
        self.page.on("popup", lambda popup: self.events.append(f"popup {popup.url}"))
        self.page.on("framenavigated", lambda frame: self.events.append(f"navigated to {frame.url}"))
        self.page.on("console", lambda message: self.events.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.events.append(f"error: {error.message}"))
        self.page.on("download", lambda download: self.events.append(f"download {download.url}"))

    def _refuse(self, route: Route) -> None:
        self.asked.append(route.request.url)
        route.abort()

    def _dismiss(self, dialog: Dialog) -> None:
        self.events.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        return self.page.evaluate(expression, argument)

    def wait_until_asked(self, word: str) -> None:
        """Wait until the page has asked for an address with this word: the browser tells of a request when it likes."""
        until = time.monotonic() + LIMIT
        while not any(word in url for url in self.asked):
            assert time.monotonic() < until, f"nothing with {word!r} was asked for: {self.asked}"
            self.page.wait_for_timeout(20)

    def close(self) -> None:
        self.page.close()
