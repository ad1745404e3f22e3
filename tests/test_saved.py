"""What a notebook file keeps of an answer: harmless in a reader that passes HTML through, and else as it was."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from streamcell.saved.markdown import saved_markdown

HERE = Path(__file__).parent
CASES = json.loads((HERE / "saved.json").read_text(encoding="utf-8"))
"""Answers, and what is saved of them."""

PAYLOADS = HERE.parent / "js" / "test" / "page" / "payloads"

ELEMENTS = re.compile(
    "p|h[1-6]|[uo]l|li|code|pre|em|strong|a|table|thead|tbody|t[rhd]|blockquote|[hb]r|del|span|div|sup|section|input|d[ltd]"
)
ATTRIBUTES = {"href", "title", "class", "id", "style", "start", "type", "disabled", "checked"}


class _Watcher(HTMLParser):
    """Notes the elements, attributes and addresses that a saved answer must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not ELEMENTS.fullmatch(tag):
            self.wrong.append(f"<{tag}>")
        self.wrong += [
            f"<{tag} {name}={value}>" for name, value in attrs if not self._is_allowed(tag, name, value or "")
        ]

    def handle_endtag(self, tag: str) -> None:
        if not ELEMENTS.fullmatch(tag):
            self.wrong.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:
        self.wrong.append("a comment")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append("a declaration")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append("a declaration")

    def handle_pi(self, data: str) -> None:
        self.wrong.append("an instruction")

    @staticmethod
    def _is_allowed(tag: str, name: str, value: str) -> bool:
        if name == "style":  # a table's cell
            return re.fullmatch(r"text-align:(left|right|center)", value) is not None
        if name == "href":
            # As a browser reads it.
            url = re.sub(r"[\t\n\r]", "", value).strip("".join(map(chr, range(33))))
            scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url)
            return scheme is None or scheme[0].lower() in ("http:", "https:", "mailto:")
        return name in ATTRIBUTES


def wrong_in(html: str) -> list[str]:
    watcher = _Watcher()
    watcher.feed(html)
    watcher.close()
    return watcher.wrong


def wrong_when_saved(text: str) -> list[str]:
    return wrong_in(markdown2html_mistune(saved_markdown(text, "Stopped")))


def payloads(name: str) -> list[str]:
    """Read a file of payloads: the first part says where they are from."""
    parts = re.split(r"^%%%\n", (PAYLOADS / name).read_text(encoding="utf-8").removesuffix("\n"), flags=re.MULTILINE)[
        1:
    ]
    suffix = "//[\"'`-->]]>]</div>"
    return [
        re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), part.removesuffix("\n").replace("§", suffix))
        for part in parts
    ]


ATTACKS = [*payloads("dompurify.txt"), *payloads("evasion.txt")]

ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript&colon;alert(1)",
    "&#106;avascript:alert(1)",
    "java&Tab;script:alert(1)",
    "java\\script:alert(1)",
    "\\javascript:alert(1)",
    "\u0001javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\njavascript:alert(1)",
    "\n> javascript:alert(1)",
    "\u00a0javascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
]


def _indented(text: str, by: str) -> str:
    return text.replace("\n", "\n" + by)


WITHIN = [
    lambda text: text,
    lambda text: "> " + _indented(text, "> "),
    lambda text: "- " + _indented(text, "  "),
    lambda text: "1. a\n\n   " + _indented(text, "   "),
    lambda text: "> - " + _indented(text, ">   "),
    lambda text: f"a\n\n```html\n{text}\n```\n\nb",
    lambda text: f"```html\n{text}",
    lambda text: f"~~~mermaid\n{text}\n~~~",
    lambda text: f"- ```html\n  {_indented(text, '  ')}\n  ```\n- b",
    lambda text: f"> ```\n> {_indented(text, '> ')}",
    lambda text: f"- a\n  ```\n  x\n\n```\n{text}\n```\n",
    lambda text: f"2. a\n```x\n   ```\n{text}\n   ```\n\n```\n{text}\n```",
    lambda text: f"`{text}`",
    lambda text: f"`` {text} ``",
    lambda text: f"`a\n{text}`",
    lambda text: f"| a | b |\n|---|---|\n| {text} | c |",
    lambda text: f"# {text}",
    lambda text: f"a\n{text}\n===",
    lambda text: f"${text}$",
    lambda text: f"$$\n{text}\n$$",
    lambda text: f"\\({text}\\) \\[{text}\\]",
    lambda text: f"[a]({text})",
    lambda text: f'[a](https://example.com "{text}")',
    lambda text: f"[a]: {text}\n\n[a] ![a] [^1]\n\n[^1]: {text}",
    lambda text: f"![{text}]({text})",
    lambda text: f"[a\n\n```\n]: https://example.com\n{text}\n```",
    lambda text: f'[a]: https://example.com "a\n\n```\n"\n{text}\n```',
    lambda text: f"$$a\n\n```\n$$\n\n{text}\n```",
    lambda text: f"\\begin{{a}}\n\n```\n\\end{{a}}\n\n{text}\n```",
    lambda text: f"$x\\begin{{a}}$ `$$`\n\n```\n\\end{{a}} $$\n\n{text}\n```",
    lambda text: f"\\\\[a $b\\\\[c$\n\n```\n\\\\]\n\n{text}\n```",
    lambda text: f"\\(x\\)\\(y\\)\n\n```\n$$\n\n{text}\n```",
    lambda text: f"\\\\$$x$$\n\n```\n$$\n\n{text}\n```",
    lambda text: f"$$x\\$$\n\n```\n$$\n\n{text}\n```",
    lambda text: f"    {_indented(text, '    ')}",
    lambda text: f"a\n: {_indented(text, '  ')}",
]


@pytest.mark.parametrize("within", range(len(WITHIN)))
def test_no_payload_comes_out(within: int) -> None:
    shown = {}
    cases = [] if within else [case["text"] for case in CASES]
    for attack in [*ATTACKS, *ADDRESSES, *cases]:
        text = WITHIN[within](attack)
        if found := wrong_when_saved(text):
            shown[text] = found
    assert shown == {}


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "![a](https://example.com)", "[a](javascript:alert(1))"])
def test_the_watcher_would_see_one(text: str) -> None:
    assert wrong_in(markdown2html_mistune(text))


FRAGMENTS = [
    *["\n", "\n", "\n\n", " ", "  ", "    ", "\t", "> ", "- ", "1. ", "2) ", "* ", "# ", "| ", "|---|", ": ", "a", "1"],
    *[
        "```",
        "```",
        "````",
        "~~~",
        "`",
        "``",
        "```html\n",
        "$",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\\\",
        "\\",
        "\\\\[",
    ],
    *[
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<b",
        "<",
        ">",
        "<!--",
        "-->",
        "</code></pre>",
        "<?a?>",
    ],
    *[
        "[",
        "]",
        "(",
        ")",
        "[a]",
        "[a]: ",
        "[^1]",
        "[^1]: ",
        "![",
        "!",
        "](",
        "]:",
        "javascript:alert(1)",
        "https://a.b/",
    ],
    *[
        "\\begin{a}",
        "\\end{a}",
        '"',
        "'",
        "&#106;",
        "&lt;",
        "&",
        "\x00",
        "\u2028",
        "\ud800",
        "{",
        "}",
        "mermaid",
        "x^2",
    ],
]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=24).map("".join))
def test_nothing_that_is_put_together_lets_an_element_through(text: str) -> None:
    assert wrong_when_saved(text) == []


@pytest.mark.parametrize("case", CASES, ids=[str(index) for index in range(len(CASES))])
def test_what_is_saved_is_as_written_down(case: dict[str, str]) -> None:
    assert saved_markdown(case["text"], case["note"]) == case["saved"]


PLAIN = """# A heading

Some *emphasis*, **more**, ~~less~~ and `code`: see [a page](https://example.com/a_(b) "A title"), <https://example.com>
or [one][1], and [a file](docs/a.md#b). 5 > 3, 2 < 3, a <- b. A note[^a].

Another
===

- an item
  - within it
    ```python
    x = a[0] < 3
    ```

1. one

   > a quote
   > ```
   > b
   > ```

- [ ] to do

| a | b |
|---|--:|
| `c` | $x^2$ |

$$
\\begin{aligned} a &= b \\end{aligned}
$$

```html
<b>bold</b> ![](x) $5
```

---

[1]: https://example.com "Title"
[^a]: A note.
"""


def test_what_is_not_special_stays_as_it_is() -> None:
    assert saved_markdown(PLAIN.replace("<b>bold</b> ![](x)", "bold")) == PLAIN.replace("<b>bold</b> ![](x)", "bold")


def test_code_at_the_margin_is_kept_whatever_is_in_it() -> None:
    assert saved_markdown("```html\n<b>bold</b> ![](x) $5\n```") == "```html\n<b>bold</b> ![](x) $5\n```"
    html = markdown2html_mistune(saved_markdown("a\n~~~\n<b> ```` x\n"))
    assert "&lt;b&gt; ```` x" in html


def test_a_note_stands_under_what_is_open() -> None:
    assert saved_markdown("```\n<a>", "Stopped [x] <b>\n") == "```\n<a>\n```\n\n*Stopped &#91;x&#93; &#60;b&#62;*"
    assert saved_markdown("", "Stopped") == "*Stopped*"


HOSTILE = [
    *["`", "[", "]", "![", "!", "](", "]:", "[a]: x (", '[a]: x "y', "$", "$a", "$ a", "\\$", "\\[", "\\[a\n", "\\("],
    *["\\(a \\)", "<", "<a", "<https://a", "https://", ">", "- ", "~", "[^a]:", " ", "\\begin{a}", "```\n", "- ```\n"],
    *["\\[\\href", "` `` ", "> ", "\n> ```", "\\", "&", "(", '"', "\ud800"],
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_is_linear(piece: str) -> None:
    begun = time.perf_counter()
    saved_markdown(piece * 20_000 + "\n```\n<a>\n```")
    # Measured at 0.2 s and below; were it quadratic, minutes.
    assert time.perf_counter() - begun < 5
