"""A conversation in a real notebook: asked, edited, retried, with a tool and a file, reloaded, saved, by keyboard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .accessible import checked
from .notebook import WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator

    from .notebook import Notebook, Opener

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cfc0f01f00050001ff56c72f0d0000000049454e44ae426082"
)

CHAT = """\
from streamcell import stream_chat

def weather(city: str) -> str:
    \"\"\"Say how the weather is in a city.\"\"\"
    return f"{city}: sunny"

chat = stream_chat("rehearsal/talk?rate=0&first_token=0", tools=[weather])"""
ASKED = "print([m['content'] for m in chat.messages if m.get('role') == 'user'])"
SLOW = 'from streamcell import stream_chat\nchat = stream_chat("rehearsal?first_token=600")'


def turns(notebook: Notebook, index: int = 0) -> Locator:
    return notebook.cell(index).locator(".sc-turn")


def message(notebook: Notebook, index: int = 0) -> Locator:
    return notebook.cell(index).get_by_role("textbox", name="Message", exact=True)


def ask(notebook: Notebook, text: str, *, turn: int, status: str = "done") -> Locator:
    """Write into the input as a person does, send with Enter, and wait for the answer in that turn."""
    box = message(notebook)
    box.click()
    notebook.page.keyboard.type(text)
    notebook.page.keyboard.press("Enter")
    return answer(notebook, turn, status)


def answer(notebook: Notebook, turn: int, status: str = "done") -> Locator:
    found = turns(notebook).nth(turn).locator(f'.sc-turn-answer [data-status="{status}"]')
    found.wait_for()
    return found


def asked(notebook: Notebook, index: int = 1) -> list[str]:
    notebook.run(index)
    found: list[str] = eval(notebook.printed(index))  # our own print
    return found


def test_six_turns_with_a_branch_a_retry_a_tool_a_file_a_reload_and_a_save(
    open_notebook: Callable[..., Notebook], tmp_path: Path
) -> None:
    notebook = open_notebook([CHAT, ASKED])
    notebook.run(0)
    message(notebook).wait_for()
    ask(notebook, "My name is Ada.", turn=0)
    remembered = ask(notebook, "What is my name?", turn=1)
    assert "Ada" in remembered.inner_text()
    ask(notebook, "Explain entropy", turn=2)
    # An edit is a branch, and both stay.
    turns(notebook).nth(2).get_by_role("button", name="Edit question", exact=True).click()
    edited = notebook.cell(0).get_by_role("textbox", name="The question in other words", exact=True)
    edited.fill("Plan a small data project")
    edited.press("Enter")
    plan = turns(notebook).nth(2).get_by_text("Plan: from a pile of data to a notebook that others can run", exact=True)
    plan.wait_for()
    position = turns(notebook).nth(2).locator(".sc-chat-question .sc-position")
    assert position.inner_text() == "2 / 2"
    assert asked(notebook) == ["My name is Ada.", "What is my name?", "Plan a small data project"]
    turns(notebook).nth(2).get_by_role("button", name="Previous branch", exact=True).click()
    plan.wait_for(state="detached")
    assert asked(notebook)[-1] == "Explain entropy"
    turns(notebook).nth(2).get_by_role("button", name="Next branch", exact=True).click()
    plan.wait_for()
    # A retry of the last turn is another version.
    turns(notebook).nth(2).get_by_role("button", name="Retry", exact=True).click()
    versions = turns(notebook).nth(2).locator(".sc-head .sc-position")
    versions.wait_for()
    answer(notebook, 2)
    assert versions.inner_text().replace(" ", "") == "2/2"
    # A tool asks for leave.
    notebook.page.keyboard.press("Escape")
    box = message(notebook)
    box.click()
    notebook.page.keyboard.type("How is the weather?")
    notebook.page.keyboard.press("Enter")
    call = turns(notebook).nth(3).locator(".sc-call")
    call.get_by_role("button", name="Run", exact=True).click()
    answer(notebook, 3)
    assert "sunny" in turns(notebook).nth(3).inner_text()
    # A file, chosen by its button.
    with notebook.page.expect_file_chooser() as chooser:
        notebook.cell(0).get_by_role("button", name="Attach", exact=True).click()
    chooser.value.set_files({"name": "chart.png", "mimeType": "image/png", "buffer": PNG})
    notebook.cell(0).get_by_role("button", name="Remove chart.png", exact=True).wait_for()
    pictured = ask(notebook, "And what is this?", turn=4)
    assert "an image" in pictured.inner_text()
    assert turns(notebook).nth(4).locator(".sc-chat-files").inner_text() == "chart.png"
    ask(notebook, "What did I ask?", turn=5)
    assert checked(notebook.page)["violations"] == []
    notebook.picture("chat-light")
    before = turns(notebook).all_inner_texts()
    notebook.save()
    notebook.reload()
    answer(notebook, 5)
    message(notebook).wait_for()
    assert turns(notebook).count() == 6
    assert "What is my name?" in before[1]
    with notebook.page.expect_download() as download:
        notebook.cell(0).get_by_role("button", name="Save as JSON", exact=True).click()
    download.value.save_as(tmp_path / "chat.json")
    saved = json.loads((tmp_path / "chat.json").read_text("utf-8"))
    assert saved["format"] == "streamcell chat"
    assert len(saved["turns"]) == 7
    with notebook.page.expect_download() as download:
        notebook.cell(0).get_by_role("button", name="Save as Markdown", exact=True).click()
    download.value.save_as(tmp_path / "chat.md")
    assert (tmp_path / "chat.md").read_text("utf-8").count("## You") == 6
    notebook.set_theme("JupyterLab Dark")
    try:
        notebook.picture("chat-dark")
        assert checked(notebook.page)["violations"] == []
    finally:
        notebook.set_theme("JupyterLab Light")
    for width in (600, 1600):
        notebook.page.set_viewport_size({"width": width, "height": 1400})
        notebook.picture(f"chat-{width}")
        assert notebook.cell(0).locator(".sc-chat").evaluate("(chat) => chat.scrollWidth <= chat.clientWidth")
    notebook.page.set_viewport_size(WINDOW)
    notebook.save()
    markdown = "".join(notebook.outputs(0)[0]["data"]["text/markdown"])
    assert markdown.count("**You:**") == 6
    assert "**You:** Explain entropy" not in markdown
    notebook.reopen_without_kernel("")
    answer(notebook, 5)
    assert message(notebook).count() == 0
    turns(notebook).nth(2).get_by_role("button", name="Previous branch", exact=True).click()
    turns(notebook).nth(2).get_by_text("Explain entropy", exact=True).wait_for()
    assert turns(notebook).count() == 3
    notebook.picture("chat-saved")
    assert checked(notebook.page)["violations"] == []


def test_with_the_keyboard_alone(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([CHAT, ASKED])
    notebook.run(0)
    box = message(notebook)
    box.focus()
    keyboard = notebook.page.keyboard
    keyboard.type("One line")
    keyboard.press("Shift+Enter")
    keyboard.type("and another")
    assert box.input_value() == "One line\nand another"
    keyboard.press("Enter")
    answer(notebook, 0)
    assert focused(notebook) == "Message", "the next question can be written at once"
    assert box.input_value() == ""
    keyboard.press("Enter")
    notebook.cell(0).get_by_text("Write a question first.").wait_for()
    # The question is edited: Tab to its button, Escape leaves it as it was, Enter sends it.
    edit = turns(notebook).nth(0).get_by_role("button", name="Edit question", exact=True)
    edit.focus()
    keyboard.press("Enter")
    assert focused(notebook) == "The question in other words"
    keyboard.press("Escape")
    assert focused(notebook) == "Edit question"
    keyboard.press("Enter")
    keyboard.press("Control+A")
    keyboard.type("Plan a small data project")
    keyboard.press("Enter")
    plan = turns(notebook).nth(0).get_by_text("Plan: from a pile of data to a notebook that others can run", exact=True)
    plan.wait_for()
    previous = turns(notebook).nth(0).get_by_role("button", name="Previous branch", exact=True)
    previous.focus()
    keyboard.press("Enter")
    plan.wait_for(state="detached")
    assert focused(notebook) == "Previous branch"
    assert asked(notebook) == ["One line\nand another"]


def focused(notebook: Notebook) -> str:
    name: str = notebook.page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")
    return name


def test_while_an_answer_streams_enter_says_why_and_the_button_stops(open_notebook: Opener) -> None:
    notebook = open_notebook([SLOW, "chat", ASKED])
    notebook.run(0)
    notebook.run(1)
    ask(notebook, "one", turn=0, status="streaming")
    message(notebook).click()
    notebook.page.keyboard.type("two")
    notebook.page.keyboard.press("Enter")
    notebook.cell(0).get_by_text("The answer is still streaming.").wait_for()
    assert message(notebook).input_value() == "two"
    stop = notebook.cell(0).locator(".sc-chat-form").get_by_role("button", name="Stop", exact=True)
    stop.click()
    answer(notebook, 0, "stopped")
    turns(notebook, 1).nth(0).locator('.sc-turn-answer [data-status="stopped"]').wait_for()
    # Another page, and Python, see the same conversation and go on with it.
    notebook.run(2)
    assert notebook.printed(2) == "['one']\n"
    notebook.save()
    other = open_notebook.again(notebook)
    message(other).wait_for()
    ask(other, "from there", turn=1, status="streaming")
    answer(notebook, 1, "streaming")
    assert message(notebook).input_value() == "two"


def test_what_is_typed_with_an_input_method_is_not_sent_by_its_enter(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([CHAT])
    notebook.run(0)
    box = message(notebook)
    box.fill("にほん")
    box.evaluate(
        """(box) => box.dispatchEvent(
            new KeyboardEvent("keydown", {key: "Enter", isComposing: true, bubbles: true, cancelable: true}))"""
    )
    assert turns(notebook).count() == 0
    box.press("Enter")
    answer(notebook, 0)


def test_a_pasted_image_and_a_dropped_file_are_sent(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([CHAT, "print(chat.messages[0]['content'])"])
    notebook.run(0)
    box = message(notebook)
    box.click()
    give: Any = """(box, [kind, name, type, text]) => {
        const data = new DataTransfer();
        data.items.add(new File([text], name, {type}));
        const event = kind === "paste"
            ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})
            : new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
        box.dispatchEvent(event);
    }"""
    box.evaluate(give, ["paste", "notes.txt", "text/plain", "pasted words"])
    box.evaluate(give, ["drop", "more.csv", "text/csv", "a,b\n1,2"])
    box.evaluate(give, ["drop", "photo.png", "image/png", "no picture"])
    ask_refused(notebook, "What is in these?")
    notebook.cell(0).get_by_role("button", name="Remove photo.png", exact=True).click()
    message(notebook).click()
    notebook.page.keyboard.press("Enter")
    answer(notebook, 0)
    notebook.run(1)
    content = notebook.printed(1)
    assert "pasted words" in content
    assert "a,b" in content


def ask_refused(notebook: Notebook, text: str) -> None:
    notebook.page.keyboard.type(text)
    notebook.page.keyboard.press("Enter")
    notebook.cell(0).get_by_text("by its name").wait_for()
    assert message(notebook).input_value() == text
    assert turns(notebook).count() == 0
