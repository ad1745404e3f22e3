"""Keyboard, focus, small widths and large fonts, in JupyterLab: for every hand and eye."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .accessible import checked
from .cells import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamcell.rehearsal import Exchange

    from .notebook import Notebook

LONG = "bulk?characters=20000&chunks=5000&rate=50"  # would take 100 s
STALLED = "stall?after=12&seconds=600&rate=0"

WIDTHS = (240, 280, 320, 364, 420, 434, 480, 560, 640, 700, 800, 960, 1000)
FONTS = (14, 20, 30)

SQUEEZE = """([index, width, font]) => {
    const view = document.querySelectorAll('[data-streamcell]')[index];
    document.documentElement.style.setProperty('--jp-content-font-size1', `${font}px`);
    view.parentElement.style.width = `${width}px`;
}"""

# What is cut: the status never, and of the buttons nothing; nothing is wider than the cell.
CUT = """view => {
    const box = view.getBoundingClientRect();
    const said = [];
    const status = view.querySelector('.sc-status');
    const range = document.createRange();
    range.selectNodeContents(status);
    const text = range.getBoundingClientRect();
    const own = status.getBoundingClientRect();
    if (status.scrollWidth > status.clientWidth + 1) said.push('status is cut');
    if (text.right > own.right + 1 || text.bottom > own.bottom + 1) said.push('status overflows');
    const head = view.querySelector('.sc-head').getBoundingClientRect();
    if (text.bottom > head.bottom + 1) said.push('status leaves the head');
    for (const button of view.querySelectorAll('.sc-head button')) {
        if (!button.checkVisibility()) continue;
        const at = button.getBoundingClientRect();
        if (at.right > box.right + 1 || at.left < box.left - 1) said.push(`${button.textContent} leaves the cell`);
        if (button.scrollWidth > button.clientWidth + 1) said.push(`${button.textContent} is cut`);
        if (at.width < 24 || at.height < 24) said.push(`${button.textContent} is ${at.width} by ${at.height}`);
        const place = status.getBoundingClientRect();
        if (at.left < place.right - 1 && at.right > place.left + 1 && at.top < place.bottom - 1
            && at.bottom > place.top + 1) said.push(`${button.textContent} covers the status`);
    }
    if (view.scrollWidth > view.clientWidth + 1) said.push(`${view.scrollWidth} wide in ${view.clientWidth}`);
    return said;
}"""


def test_the_head_fits_any_width_and_font_without_cutting_the_status(
    open_notebook: Callable[..., Notebook],
) -> None:
    waiting = ask("Wait", "rate_limit?retry_after=50")
    silent = f"from streamcell import Timeouts\n{ask('Fall silent', STALLED)[:-1]}, timeouts=Timeouts(notify_after=1))"
    cut = ask("Cut", "drop?after=40")
    versions = f"{ask('Versions of `code`', 'echo?rate=0')}\ncell.result()\ncell.retry(temperature=0)"
    notebook = open_notebook([waiting, silent, cut, versions])
    states = ("waiting", "streaming", "interrupted", "done")
    for index, state in enumerate(states):
        notebook.start(index)
        notebook.wait_for_status(index, state)
    notebook.view(1).locator(".sc-status").get_by_text("given up after").wait_for()
    notebook.view(3).get_by_text("2/2").wait_for()
    found = {}
    for font in FONTS:
        for width in WIDTHS:
            for index, state in enumerate(states):
                notebook.page.evaluate(SQUEEZE, [index, width, font])
                if cuts := notebook.view(index).evaluate(CUT):
                    found[state, width, font] = cuts
            if width in (240, 420, 560, 800):
                notebook.picture(f"head-{font}-{width}")
    assert found == {}
    # At the last font, which is 30 pixels, code in the text has grown too.
    size = notebook.view(3).locator("p code").evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= 27


def focused(notebook: Notebook) -> Any:
    """What has the focus: the label or the class of an element, or BODY."""
    return notebook.page.evaluate(
        "() => { let one = document.activeElement; while (one?.shadowRoot?.activeElement) one ="
        " one.shadowRoot.activeElement; return one.getAttribute('aria-label') || one.className || one.tagName; }"
    )


def test_escape_stops_and_the_focus_stays_in_the_cell(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange]
) -> None:
    prompt = "Escape from me"
    notebook = open_notebook([ask(prompt, LONG), "print(len(cell.versions))"])
    notebook.start(0)
    notebook.wait_for_more_text(0, than=100)
    count = notebook.page.locator(".jp-Notebook .jp-Cell").count()
    notebook.button(0, "Copy").focus()
    for key in ("b", "a", "Escape"):
        notebook.page.keyboard.press(key)
    asked(prompt, ended="closed_by_client")
    notebook.wait_for_status(0, "stopped")
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == count
    assert focused(notebook) == "Copy"
    # From Stop the focus goes to Continue, which takes its place after a second, and from there to Stop again.
    notebook.button(0, "Retry").press("Enter")
    notebook.wait_for_status(0, "streaming")
    assert focused(notebook) == "Retry"
    notebook.wait_for_more_text(0, than=50)
    notebook.button(0, "Stop").press("Enter")
    notebook.wait_for_status(0, "stopped")
    assert focused(notebook) == "Stop"
    notebook.button(0, "Continue").wait_for()
    assert focused(notebook) == "Continue"
    notebook.page.keyboard.press("Enter")
    notebook.wait_for_status(0, "connecting", "streaming")
    notebook.page.wait_for_function("() => document.activeElement?.textContent === 'Stop'")
    notebook.page.keyboard.press("Escape")
    notebook.wait_for_status(0, "stopped")


def test_stop_and_retry_never_share_a_place_and_copy_stays(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("Places", LONG), "print(len(cell.versions))"])
    notebook.start(0)
    notebook.wait_for_more_text(0, than=50)
    boxes = {name: notebook.button(0, name).bounding_box() for name in ("Stop", "Copy", "Retry")}
    stop = boxes["Stop"]
    assert stop is not None
    middle = (stop["x"] + stop["width"] / 2, stop["y"] + stop["height"] / 2)
    for _ in range(4):
        notebook.page.mouse.click(*middle)
    notebook.wait_for_status(0, "stopped")
    assert notebook.button(0, "Copy").bounding_box() == boxes["Copy"]
    assert notebook.button(0, "Retry").bounding_box() == boxes["Retry"]
    notebook.button(0, "Continue").wait_for()
    assert notebook.button(0, "Copy").bounding_box() == boxes["Copy"]
    assert notebook.view(0).get_attribute("data-status") == "stopped"
    notebook.run(1)
    assert notebook.printed(1) == "1\n"


TOOLS = """\
Code:

```python
print("from" + " a block of the answer, " + "so wide that nobody can see it whole without scrolling it " * 3)
```

| river | length |
|:------|-------:|
| Nile  | $6650$ |

$$E = mc^2$$

Words with $x^2$ in them.
"""

CLIPBOARD = """async () => {
    const [item] = await navigator.clipboard.read();
    const of = async (type) => item.types.includes(type) ? (await item.getType(type)).text() : null;
    return [await of("text/plain"), await of("text/html")];
}"""


def test_the_tools_of_blocks_by_pointer_and_keyboard(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask(TOOLS, "echo?rate=0"), "'the next cell'"])
    page = notebook.page
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    view = notebook.view(0)
    view.locator("math").first.wait_for()
    code = view.locator(".sc-code")
    assert view.locator(".sc-tools").count() == 0
    code.hover()
    tool = view.get_by_role("toolbar").get_by_role("button", name="Copy code")
    tool.wait_for()
    notebook.picture("tools-code")
    assert checked(page)["violations"] == []
    tool.click()
    view.get_by_text("Copied", exact=True).first.wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith('print("from" + " a block')
    # By keyboard: the scroller, its tools, and what comes next; and back.
    code.locator("pre").focus()
    names = []
    for _ in range(6):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                "() => { let one = document.activeElement; while (one?.shadowRoot?.activeElement)"
                " one = one.shadowRoot.activeElement; return one.getAttribute('aria-label') || one.textContent; }"
            )
        )
    assert names == ["Copy code", "Wrap", "Line numbers", "Insert as cell below", "Insert and run", "Table"]
    page.keyboard.press("Tab")
    assert focused(notebook) == "Copy CSV"
    notebook.picture("tools-table")
    page.keyboard.press("Enter")
    view.get_by_text("Copied", exact=True).first.wait_for()
    assert page.evaluate("navigator.clipboard.readText()").replace("\r", "") == "river,length\nNile,$6650$\n"
    page.keyboard.press("Shift+Tab")
    assert focused(notebook) == "Table"
    # Wrapped, nothing is left to scroll; numbered, lines stand beside their numbers.
    code.hover()
    view.get_by_role("toolbar").get_by_role("button", name="Wrap").click()
    assert code.locator("pre").evaluate("(one) => one.scrollWidth - one.clientWidth") <= 0
    view.get_by_role("toolbar").get_by_role("button", name="Line numbers").click()
    notebook.picture("tools-numbers")
    # The cell below has the code, and ran.
    count = page.locator(".jp-Notebook .jp-CodeCell").count()
    view.get_by_role("toolbar").get_by_role("button", name="Insert as cell below").click()
    page.wait_for_function("(n) => document.querySelectorAll('.jp-Notebook .jp-CodeCell').length > n", arg=count)
    assert notebook.cell(1).locator(".cm-content").inner_text().startswith('print("from"')
    code.hover()
    view.get_by_role("toolbar").get_by_role("button", name="Insert and run").click()
    notebook.cell(1).locator(".jp-OutputArea-output").get_by_text("from a block of the answer").wait_for()
    notebook.picture("tools-run")


def test_copies_are_clean(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask(TOOLS, "echo?rate=0")])
    page = notebook.page
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    view = notebook.view(0)
    view.locator("math").first.wait_for()
    view.locator(".sc-code").hover()
    view.get_by_role("toolbar").wait_for()
    notebook.button(0, "Copy").click()
    view.get_by_text("Copied", exact=True).first.wait_for()
    text, html = page.evaluate(CLIPBOARD)
    assert text.strip() == TOOLS.strip()
    assert "<td" in html
    assert "$x^2$" in html
    assert "Copy code" not in html
    # A selection by mouse and keyboard: TeX for formulas, and no word of a button.
    answer = view.locator("[data-streamcell-answer]")
    answer.evaluate("(one) => getSelection().selectAllChildren(one)")
    page.keyboard.press("Control+C")
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('$$E = mc^2$$')")
    text, html = page.evaluate(CLIPBOARD)
    assert "Words with $x^2$ in them." in text
    assert "Nile\t$6650$" in text
    for ours in ("Copy code", "Wrap", "Insert"):
        assert ours not in text
        assert ours not in html


FORCED = """view => Object.fromEntries([
    ['dot', getComputedStyle(view.querySelector('.sc-status'), '::before').backgroundColor],
    ['primary', getComputedStyle(view.querySelector('.sc-controls .sc-primary')).backgroundColor],
    ['other', getComputedStyle([...view.querySelectorAll('.sc-controls button')].at(-2)).backgroundColor],
    ['caret', getComputedStyle(view.querySelector('[data-tip]'), '::after').backgroundColor],
    ['page', getComputedStyle(view).backgroundColor],
    ['canvas', (() => { const one = document.createElement('i'); one.style.background = 'Canvas'; view.append(one);
        const colour = getComputedStyle(one).backgroundColor; one.remove(); return colour; })()],
])"""


def test_forced_colours_tell_caret_dot_and_button_apart(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("Fall silent", STALLED)])
    notebook.start(0)
    notebook.wait_for_more_text(0, than=0)
    notebook.page.emulate_media(forced_colors="active")
    try:
        notebook.picture("forced")
        seen = notebook.view(0).evaluate(FORCED)
        for name in ("dot", "primary", "caret"):
            assert seen[name] not in (seen["canvas"], seen["other"]), (name, seen)
    finally:
        notebook.page.emulate_media(forced_colors="none")


def test_what_was_asked_stands_above_and_is_saved(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("What is\n<b>entropy</b>?", "echo?rate=0", show_prompt=True)])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    prompt = notebook.view(0).get_by_role("group", name="Prompt")
    assert prompt.inner_text() == "What is\n<b>entropy</b>?"
    assert checked(notebook.page)["violations"] == []
    notebook.picture("prompt")
    notebook.reopen_without_kernel()
    assert notebook.view(0).get_by_role("group", name="Prompt").inner_text() == "What is\n<b>entropy</b>?"
    assert notebook.outputs(0)[0]["data"]["text/markdown"].startswith("> **Prompt**")
