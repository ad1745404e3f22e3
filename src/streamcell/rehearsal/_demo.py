"""A page at `/` that shows answers with `<stream-markdown>`; the element and its addons are the package's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ._handler import Handler, Stage
from ._request import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PAGE: Final = Path(__file__).with_name("demo.html")
_STATIC: Final = Path(__file__).parent.parent / "static"

_POLICY: Final = (
    "default-src 'none'; connect-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: http: https:; font-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'"
)
"""Nothing is loaded from elsewhere, except an image that the reader clicks on. The frame that draws diagrams has a
script of its own, and its policy allows it less."""


def files() -> dict[str, Path]:
    """Return what the page consists of, by address.

    Raises FileNotFoundError if the front end was not built.
    """
    element = _STATIC / "element.js"
    if not element.is_file():
        raise FileNotFoundError(
            "the front end is not built (element.js is missing); install the wheel, or run `make build` in the checkout"
        )
    addons = {f"/addons/{path.name}": path for path in (_STATIC / "addons").glob("*.js")}
    return {"/": _PAGE, "/element.js": element, **addons}


class Demo(Handler):
    """`GET /` and the scripts of the page. An address is looked up, and never used as a path."""

    def initialize(self, stage: Stage, pages: Mapping[str, Path] | None = None) -> None:
        super().initialize(stage)
        self.pages = pages or {}

    def get(self, *_: Any) -> None:
        path = self.pages.get(self.request.path)
        if path is None:
            raise RefusedError(f"Invalid URL ({self.request.method} {self.request.path})", status=404)
        kind = "text/html" if path.suffix == ".html" else "text/javascript"
        self.set_header("content-type", f"{kind}; charset=utf-8")
        self.set_header("x-content-type-options", "nosniff")
        self.set_header("cache-control", "no-cache")
        if path.suffix == ".html":
            self.set_header("content-security-policy", _POLICY)
        self.finish(path.read_bytes())
