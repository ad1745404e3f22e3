"""Highlighting and math, in a real notebook: from the package itself, in the notebook's colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from .cells import ask
from .notebook import Opener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

    from .jupyterlab import JupyterLab
    from .notebook import Notebook

ANSWER = """\
Inline $a^2 + b^2$ and apart:

$$
\\sqrt{\\frac{x}{y}}
$$

$\\hat{x}$ and $\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}$

```python
@cache
def area(radius: float) -> str:  # of a circle
    return f"{3.14 * radius ** 2} m²" if radius is not None else True
```

```html
<p class="note">&amp;</p>
```

```sql
SELECT count(*) FROM visits;
```

```diff
-old
+new
```
"""

LEAST_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3

# Colours may come as color(srgb r g b / a): a canvas knows them all.
SPANS = """
(root) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const paint = (...colors) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const backgrounds = (node) => {
    const all = [];
    for (let one = node; one; one = one.parentElement) all.unshift(getComputedStyle(one).backgroundColor);
    return ["white", ...all];
  };
  return [...root.querySelectorAll(".sc-code [class^=sc-t-]")].map((span) => ({
    style: span.className,
    text: span.textContent,
    back: paint(...backgrounds(span)),
    color: paint(...backgrounds(span), getComputedStyle(span).color),
  }));
}
"""


def luminance(color: list[int]) -> float:
    parts = [value / 255 for value in color]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(span: dict[str, Any]) -> float:
    low, high = sorted((luminance(span["color"]), luminance(span["back"])))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(scope="module")
def opener(
    lab: JupyterLab, context: BrowserContext, spare: list[Page], request: pytest.FixtureRequest
) -> Iterator[Opener]:
    opener = Opener(lab, context, "parts", spare)
    failed = request.session.testsfailed
    yield opener
    if request.session.testsfailed > failed:
        opener.keep()
    opener.close()


@pytest.fixture(scope="module")
def shown(opener: Opener) -> Notebook:
    notebook = opener([ask(ANSWER, "echo?rate=400")])
    requests: list[str] = []
    notebook.page.on("request", lambda request: requests.append(request.url))
    notebook.start(0)
    notebook.wait_for_status(0, "done")
    answer = notebook.answer(0)
    answer.locator(".sc-t-keyword", has_text="SELECT").wait_for()
    answer.locator(".sc-t-inserted").first.wait_for()
    answer.locator("math msqrt").wait_for()
    hosts = {urlsplit(url).hostname for url in requests if url.startswith(("http", "ws"))}
    assert hosts <= {"127.0.0.1", "localhost"}
    return notebook


def test_code_has_the_colours_of_the_theme_and_can_be_read(shown: Notebook) -> None:
    light = colours(shown)
    shown.set_theme("JupyterLab Dark")
    try:
        dark = colours(shown)
    finally:
        # The server keeps the theme for whoever comes next.
        shown.set_theme("JupyterLab Light")
    assert all(light[style] != dark[style] for style in light)


def colours(notebook: Notebook) -> dict[str, list[int]]:
    """The colour of each style, all of which can be read."""
    spans = notebook.answer(0).evaluate(SPANS)
    assert {"sc-t-keyword", "sc-t-string", "sc-t-comment", "sc-t-number", "sc-t-tag"} <= {s["style"] for s in spans}
    pale = {
        (span["style"], span["text"], round(contrast(span), 2)) for span in spans if contrast(span) < LEAST_CONTRAST
    }
    assert pale == set()
    return {span["style"]: span["color"] for span in spans}


def test_formulas_are_typeset(shown: Notebook) -> None:
    answer = shown.answer(0)
    assert answer.locator("math").count() == 4
    assert answer.locator("math mover").count() == 1
    assert answer.locator("math mtable mtr").count() == 2
    assert answer.locator("math").first.locator("msup").count() == 2
    height = answer.locator("math mfrac").bounding_box()
    assert height is not None
    assert height["height"] > 20, "a fraction that is not stacked"


def test_what_is_shown_is_what_was_written(shown: Notebook) -> None:
    codes = shown.answer(0).locator("pre code")
    written = ANSWER.split("```python\n")[1].split("\n```", maxsplit=1)[0]
    assert codes.nth(0).text_content() == written
    assert shown.copied(0) == ANSWER


DIAGRAMS = """\
- [To the end](#the-end)
- [Nowhere](#nowhere)

```mermaid
flowchart LR
  A[Question] --> B{Key?}
  B -- yes --> C[Model]
  B -- no --> D[Rehearsal]
```

```mermaid
flowchart LR
  A --> ((( no diagram
```

```mermaid
%%{init: {"securityLevel": "loose", "htmlLabels": true, "themeCSS": "* {background: url(http://127.0.0.1:9/css) }"}}%%
flowchart LR
  A["<img src=x onerror=window.hacked=1>"] --> B
  click A "javascript:window.hacked=1"
```

```mermaid
flowchart LR
  A@{ img: "http://127.0.0.1:9/node.png", label: "node" }
```

> [!WARNING]
> Mind the **gap**.

By $\\eqref{eq:one}$ it holds.

## The end
"""


def test_diagrams_alerts_and_links_within_the_answer(opener: Opener) -> None:
    notebook = opener([ask(DIAGRAMS, "echo?rate=4000")])
    page, asked = notebook.page, []
    # What the frame's policy refuses is told too, and does not leave the browser.
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: asked.append(f"{request.url} {request.failure}"))
    address = page.url
    notebook.start(0)
    notebook.wait_for_status(0, "done")
    answer = notebook.answer(0)
    pictures = answer.locator(".sc-diagram > img")
    fault = answer.locator(".sc-diagram-fault")
    fault.nth(1).wait_for(timeout=60_000)
    pictures.nth(1).wait_for()
    page.wait_for_function("all => all.every(one => one.complete)", arg=pictures.element_handles())
    assert all("This diagram cannot be drawn: " in text for text in fault.all_text_contents())
    assert (pictures.count(), fault.count()) == (2, 2)
    width, natural = pictures.first.evaluate("one => [one.width, one.naturalWidth]")
    assert width > 200
    assert natural > 200
    # What it was made from stays at hand, and is what is copied.
    answer.locator(".sc-diagram summary").first.click()
    assert "Rehearsal" in (answer.locator(".sc-diagram pre").first.inner_text())
    assert notebook.copied(0) == DIAGRAMS
    # Nothing of a diagram runs, and nothing in it is asked for.
    assert page.evaluate("window.hacked") is None
    assert {url for url in asked if "127.0.0.1:9/" in url} <= {"http://127.0.0.1:9/node.png csp"}

    alert = answer.locator("blockquote[data-alert=warning]")
    assert alert.inner_text().split() == ["Warning", "Mind", "the", "gap."]
    assert "(eq:one)" in (answer.locator("math").first.text_content() or "")

    answer.locator("a", has_text="To the end").click()
    heading = answer.locator("h2", has_text="The end")
    assert heading.evaluate("one => one === one.getRootNode().activeElement")
    answer.locator("a", has_text="Nowhere").click()
    assert page.url == address
