"""Turns an answer into one HTML page without scripts. The answer is not trusted, as everywhere. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

__all__ = ["page"]


def page(title: str, facts: Sequence[tuple[str, str]], question: str, blocks: Sequence[str], note: str) -> str:
    """Return an HTML page with a question, and an answer that is `blocks` of Markdown, which are read one by one.

    `facts` are pairs of a name and a value for its head, and `note` says what the answer lacks. All of them are text
    that nobody has checked. HTML in them is shown as text, a link has the scheme http, https or mailto, and the only
    images are those in the page itself; its policy forbids scripts and everything from elsewhere, too.
    """
    listed = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    asked = f'<section class="question" dir="auto">{_html(question)}</section>' if question.strip() else ""
    said = "\n".join(_html(block) for block in blocks)
    below = f'<p class="note" dir="auto">{escape(note)}</p>' if note else ""
    return _PAGE.format(
        title=escape(title), style=_STYLE, facts=listed, question=asked, answer=said, note=below, policy=_POLICY
    )


_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_PAGE: Final = """<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="streamcell">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<header>
{question}
<dl>{facts}</dl>
</header>
<article dir="auto">
{answer}
</article>
{note}
</main>
</body>
</html>
"""

_STYLE: Final = """
:root { color-scheme: light dark; --text: light-dark(#1c1e21, #e4e6e9); --faint: light-dark(#5b6068, #a3a9b2);
  --line: light-dark(#d9dce1, #3c4148); --field: light-dark(#f5f6f8, #1f2226); --page: light-dark(#fff, #151719);
  --link: light-dark(#0b57d0, #8ab4f8); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.6 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; overflow-wrap: break-word; }
header { margin-bottom: 1.5rem; padding-bottom: 1rem; border-bottom: 1px solid var(--line); }
.question { padding: 0.25rem 1rem; border-radius: 0.75rem; background: var(--field); }
dl { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin: 1rem 0 0; color: var(--faint); font-size: 0.875rem; }
dl div { display: flex; gap: 0.4rem; }
dt::after { content: ":"; }
dd { margin: 0; color: var(--text); }
h1, h2, h3, h4, h5, h6 { margin: 1.6em 0 0.5em; line-height: 1.25; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.35rem; } h3 { font-size: 1.15rem; } h4, h5, h6 { font-size: 1rem; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; font-size: 0.9em; }
code { padding: 0.1em 0.3em; border-radius: 0.3em; background: var(--field); }
pre { padding: 0.8rem 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 0.5rem;
  background: var(--field); line-height: 1.45; }
pre code { padding: 0; background: none; font-size: inherit; }
.math { font-style: italic; }
blockquote { margin: 1em 0; padding: 0 1rem; border-inline-start: 3px solid var(--line); color: var(--faint); }
table { display: block; max-width: 100%; overflow-x: auto; border-collapse: collapse; }
th, td { padding: 0.35rem 0.75rem; border: 1px solid var(--line); }
th { background: var(--field); text-align: start; }
img { max-width: 100%; height: auto; }
hr { border: 0; border-top: 1px solid var(--line); }
.note { margin-top: 1.5rem; padding: 0.6rem 1rem; border-inline-start: 3px solid light-dark(#b26a00, #f5b14c);
  background: var(--field); }
@media print {
  :root { color-scheme: light; }
  main { max-width: none; padding: 0; }
  pre { overflow: visible; white-space: pre-wrap; }
  table { display: table; }
  pre, table, img, blockquote { break-inside: avoid; }
  h1, h2, h3, h4 { break-after: avoid; }
  article a[href^="http"]::after { content: " (" attr(href) ")"; color: var(--faint); font-size: 0.85em; }
  article a[data-plain]::after { content: none !important; }
}
""".strip()

_LINK: Final = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_IMAGE: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}\Z")
_DOLLARS: Final = re.compile(r"\$\$[^$]{1,2000}\$\$|\$(?! )[^$\n]{1,2000}?(?<![ \\])\$(?![0-9])")
_CLOSES: Final = {"\\(": "\\)", "\\[": "\\]"}
_LONGEST: Final = 2000  # characters of TeX between `\(` and `\)`


def _html(markdown: str) -> str:
    return str(_reader().render(markdown))


@cache
def _reader() -> MarkdownIt:
    """Return the converter, which is imported only when a page is made."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.validateLink = lambda url: bool(_LINK.match(url) or _IMAGE.match(url))  # type: ignore[method-assign]
    reader.inline.ruler.before("escape", "math", _math)
    for name, rule in {"math": _math_html, "image": _image_html, "link_open": _link_html}.items():
        reader.add_render_rule(name, rule)
    return reader


def _math(state: Any, silent: bool) -> bool:
    """Take a formula. Its TeX is shown as it is, for Markdown would take its underscores for emphasis."""
    end = _end_of_math(state.src, state.pos)
    if end < 0:
        return False
    if not silent:
        token = state.push("math", "code", 0)
        token.content = state.src[state.pos : end]
    state.pos = end
    return True


def _end_of_math(text: str, at: int) -> int:
    """Return where the formula that begins at `at` ends, or -1 if none does."""
    if text[at] == "$":
        found = _DOLLARS.match(text, at)
        return found.end() if found else -1
    closes = _CLOSES.get(text[at : at + 2])
    close = text.find(closes, at + 3, at + 4 + _LONGEST) if closes else -1
    return close + 2 if close >= 0 else -1


def _math_html(_renderer: object, tokens: Sequence[Any], at: int, _options: object, _env: object) -> str:
    return f'<code class="math">{escape(tokens[at].content)}</code>'


def _image_html(renderer: Any, tokens: Sequence[Any], at: int, options: object, env: object) -> str:
    """Show an image that the page holds; of one from elsewhere, a link to it."""
    token = tokens[at]
    source, words = str(token.attrs.get("src", "")), renderer.renderInlineAsText(token.children or (), options, env)
    if _IMAGE.match(source):
        return f'<img src="{source}" alt="{escape(words)}">'
    return f'<a href="{escape(source)}" rel="noopener noreferrer nofollow">{escape(words or source)}</a>'


def _link_html(renderer: Any, tokens: Sequence[Any], at: int, options: Any, env: object) -> str:
    del env
    token = tokens[at]
    if _IMAGE.match(str(token.attrs.get("href", ""))):
        token.attrs["href"] = "#"  # a page that is only an image is nothing to go to
    token.attrSet("rel", "noopener noreferrer nofollow")
    if token.info == "auto":
        token.attrSet("data-plain", "")  # its text is the address
    return str(renderer.renderToken(tokens, at, options, {}))
