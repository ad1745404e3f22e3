"""`<stream-markdown>` in a page of its own: the package as `npm pack` makes it, installed into an empty folder."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from streamcell import RetryPolicy, StreamCellError, stream_cell
from streamcell.rehearsal import SCENARIOS, RehearsalServer
from tests.processes import Program

from .accessible import AXE
from .jupyterlab import ROOT
from .notebook import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from streamcell.rehearsal import Exchange

PEERS = ROOT / "tests" / "element"
ESBUILD = ROOT / "js" / "node_modules" / ".bin" / "esbuild"
NAME = "stream-markdown-element"
PATH = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"

QUESTION = """\
# Entropy 🔥

It is $S = k \\ln W$:

```python
def f(x):
    return x  # same
```

| a | b |
|---|---|
| 1 | 2 |
"""
# These are about time, or about an address where nothing listens.
UNHURRIED = ("refused", "keep_alive", "stall", "slow_head", "bulk", "images", "bytewise")
STREAMS = (
    *("chat of openai", "responses of openai", "helper of openai", "toReadableStream of openai"),
    *("a Response of Chat Completions", "a Response of Responses", "eventsource-parser", "parts of ai", "result of ai"),
    *("ai on the server", "text of ai on the server", "toReadableStream on the server", "openai-edge on the server"),
    *("openai-streams on the server", "raw openai-streams on the server"),
)


def run(*command: str | Path, folder: Path) -> str:
    environment = {**os.environ, "PATH": PATH}
    program = shutil.which(str(command[0]), path=PATH)
    assert program, f"there is no {command[0]}; `make` installs one into .venv"
    done = subprocess.run(
        [program, *map(str, command[1:])], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that `npm pack` makes."""
    folder = tmp_path_factory.mktemp("package")
    run("node", "element.mjs", "--outdir", folder / "built", folder=ROOT / "js")
    (packed,) = json.loads(run("npm", "pack", "--json", "--pack-destination", folder, folder=folder / "built"))
    return folder / str(packed["filename"])


@pytest.fixture(scope="module")
def app(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was empty before the package was installed into it, without any network."""
    folder = tmp_path_factory.mktemp("app")
    run("npm", "install", "--offline", "--no-audit", "--no-fund", package, folder=folder)
    shutil.copy(PEERS / "index.html", folder)
    (folder / "parse.mjs").write_text(f'export {{ parseOpenAI }} from "{NAME}/parse";\n')
    options = ("--bundle", "--minify", "--format=esm", "--log-level=error", f"--outfile={folder / 'streams.js'}")
    run(ESBUILD, "streams.js", *options, folder=PEERS)
    return folder


@pytest.fixture(scope="module")
def site(app: Path, rehearsal: RehearsalServer) -> Iterator[str]:
    """The address of a site that serves the folder, and whose server uses the packages that run there."""
    command = ["node", str(PEERS / "server.mjs"), str(app), rehearsal.base_url]
    environment = {**os.environ, "PATH": PATH}
    with Program(command, folder=PEERS, environment=environment, output=subprocess.PIPE) as program:
        address = program.output.readline().decode().strip()
        assert address.startswith("http://127.0.0.1:"), address + program.output.read().decode()
        yield address
        program.stop()
        program.output.close()


@dataclass
class Shown:
    """The page, and what it has asked for and complained of."""

    page: Page
    site: str
    asked: list[str]
    errors: list[str]

    def stream(self, name: str, model: str, question: str) -> Any:
        """Show an answer, and give how it ended."""
        return self.page.evaluate(
            "([name, model, question]) => answer.from(streams[name](model, question))", [name, model, question]
        )

    def shadow(self, selector: str, of: str = "#answer") -> Any:
        return self.page.locator(of).locator(selector)


@pytest.fixture(scope="module")
def opened(browser: Browser, site: str) -> Iterator[Shown]:
    context = browser.new_context(viewport={"width": 900, "height": 1000})
    opened = Shown(context.new_page(), site, [], [])
    opened.page.on("request", lambda request: opened.asked.append(request.url))
    opened.page.on("pageerror", lambda error: opened.errors.append(error.message))
    opened.page.goto(site)
    opened.page.wait_for_function("window.streams && !!customElements.get('stream-markdown')")
    yield opened
    context.close()


@pytest.fixture
def shown(opened: Shown) -> Iterator[Shown]:
    """The page with an element of its own for each test: loading the SDKs takes longer than the test."""
    opened.page.evaluate(
        """() => {
            document.querySelector("#answer")?.remove();
            window.answer = Object.assign(document.createElement("stream-markdown"), { id: "answer" });
            document.querySelector("main").append(answer);
        }"""
    )
    yield opened
    assert opened.errors == []
    assert [url for url in opened.asked if not url.startswith((opened.site, "data:", "blob:"))] == []


def test_the_package_has_what_it_needs_and_depends_on_nothing(app: Path) -> None:
    folder = app / "node_modules" / NAME
    manifest = json.loads((folder / "package.json").read_text("utf-8"))
    assert [path.name for path in (app / "node_modules").iterdir() if not path.name.startswith(".")] == [NAME]
    assert "dependencies" not in manifest
    for name in (
        "README.md",
        "LICENSE",
        "addons/LICENSES.txt",
        "addons/math.js",
        "addons/python.js",
        "addons/mermaid.js",
    ):
        assert (folder / name).stat().st_size > 0, name
    for entry in (".", "./parse"):
        for file in manifest["exports"][entry].values():
            assert (folder / file).is_file(), file


def test_its_types_are_what_a_page_in_typescript_needs(app: Path) -> None:
    code = f"""
import {{ type StreamEnding, type StreamEvent, StreamMarkdown }} from "{NAME}";
import {{ parseOpenAI }} from "{NAME}/parse";
const made: StreamMarkdown = document.createElement("stream-markdown");
made.addEventListener("stream-end", ({{ detail }}) => console.log(detail.usage?.output_tokens));
const ending: StreamEnding = await made.from(fetch("/"), {{ signal: AbortSignal.timeout(1) }});
const status: "done" | "stopped" | "interrupted" | "failed" = ending.status;
for await (const event of parseOpenAI(["x"])) {{
  const whole: StreamEvent = event;
  if (event.type === "text") console.log(event.delta, whole, status);
  // @ts-expect-error: a text has no reason
  if (event.type === "text") console.log(event.reason);
}}
"""
    tsc = ROOT / "js" / "node_modules" / "typescript" / "bin" / "tsc"
    options = ("--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2023,dom,dom.iterable")
    (app / "page.mts").write_text(code)
    assert run("node", tsc, *options, "--types", "", "page.mts", folder=app) == ""


def test_under_node_it_can_be_imported(app: Path) -> None:
    code = f'const all = await import("{NAME}"); console.log(typeof all.parseOpenAI, typeof all.StreamMarkdown)'
    assert run("node", "--input-type=module", "-e", code, folder=app) == "function function\n"


@pytest.mark.parametrize("name", STREAMS)
def test_an_answer_streams_from(shown: Shown, name: str) -> None:
    """`openai-streams` is old, but it runs on this Node; its tokens are bare text and have no end mark."""
    assert set(STREAMS) == set(shown.page.evaluate("Object.keys(streams)"))
    ending = shown.stream(name, "rehearsal/echo?rate=2000", QUESTION)
    assert (ending["text"], ending["status"], ending["message"]) == (QUESTION, "done", None)
    assert shown.page.locator("#answer").get_attribute("status") == "done"
    assert shown.shadow("h1").inner_text() == "Entropy 🔥"
    shown.shadow("math").wait_for()
    shown.shadow("code .sc-t-keyword").first.wait_for()
    assert shown.shadow("td").count() == 2


@pytest.mark.parametrize(
    "name", ["chat of openai", "a Response of Responses", "ai on the server", "eventsource-parser"]
)
def test_stop_closes_the_request(shown: Shown, name: str, asked: Callable[..., Exchange]) -> None:
    question = f"Words of {name}. " * 300
    shown.page.evaluate(
        "([name, question]) => { window.ending = answer.from(streams[name]('rehearsal/echo?rate=50', question)); }",
        [name, question],
    )
    shown.page.wait_for_function("answer.text.length > 20")
    ending = shown.page.evaluate("() => { answer.stop(); return ending; }")
    assert ending["status"] == "stopped"
    assert 20 < len(ending["text"]) < len(question)
    assert shown.page.evaluate("answer.status") == "stopped"
    asked(question, ended="closed_by_client")


@pytest.mark.parametrize("how", ["answer.reset()", "answer.remove()", "answer.from('other')", "stopping.abort()"])
def test_what_ends_a_stream_closes_its_request(shown: Shown, how: str, asked: Callable[..., Exchange]) -> None:
    question = f"Words before {how}. " * 300
    shown.page.evaluate(
        """(question) => {
            window.stopping = new AbortController();
            const source = streams["a Response of Responses"]("rehearsal/echo?rate=50", question);
            window.ending = answer.from(source, { signal: stopping.signal });
        }""",
        question,
    )
    shown.page.wait_for_function("answer.text.length > 20")
    ending = shown.page.evaluate(f"() => {{ {how}; return ending; }}")
    assert ending["status"] == "stopped"
    assert question.startswith(ending["text"])
    assert len(ending["text"]) > 20
    asked(question, ended="closed_by_client")


@pytest.mark.parametrize(
    ("model", "status", "words"),
    [
        # A browser throws away what a page has not read when the connection breaks, so a busy page needs some seconds.
        ("drop?after=150", "interrupted", "The connection broke"),
        ("no_end?rate=2000", "interrupted", "The stream ended before the answer was complete."),
        ("error?after=10", "failed", "The server had an error"),
        ("rate_limit", "failed", "Rate limit reached for requests. (HTTP 429)"),
        ("bad_gateway", "failed", "The server sent a page instead of a stream. (HTTP 502)"),
        ("length?after=10", "done", "Cut at the length limit"),
    ],
)
@pytest.mark.parametrize("name", ["a Response of Chat Completions", "a Response of Responses"])
def test_how_it_ended_is_shown_as_what_it_is(shown: Shown, name: str, model: str, status: str, words: str) -> None:
    shown.page.evaluate(
        """() => {
            const heard = [];
            window.heard = heard;
            for (const name of ["stream-end", "stream-error"]) addEventListener(name, () => heard.push(name));
        }"""
    )
    ending = shown.stream(name, f"rehearsal/{model}", f"Explain entropy with {name}")
    assert ending["status"] == status
    assert shown.shadow("[part=message]").inner_text().startswith(words)
    assert shown.page.locator("#answer").get_attribute("status") == status
    assert shown.page.evaluate("heard") == (["stream-end"] if status == "done" else ["stream-end", "stream-error"])
    if "after" in model:
        assert ending["text"]
        assert shown.shadow("[part=content]").inner_text().strip()


def test_reasoning_is_folded_beside_the_answer(shown: Shown) -> None:
    ending = shown.stream("a Response of Responses", "rehearsal/hosted?rate=2000", "Which river is longest?")
    assert ending["status"] == "done"
    assert ending["reasoning"]
    assert shown.shadow("[part=reasoning] summary").inner_text() == "Reasoning"
    assert not shown.shadow("[part=reasoning] .sc-answer").is_visible()


def test_calls_of_tools_reach_the_page_as_events(shown: Shown) -> None:
    events = shown.page.evaluate(
        """async () => {
            const events = [];
            answer.addEventListener("stream-event", ({ detail }) => events.push(detail));
            const parameters = { type: "object", properties: { city: { type: "string" } } };
            const tools = [{ type: "function", name: "weather", parameters }];
            const body = { model: "rehearsal/tools?rate=2000", input: "Weather in Oslo?", stream: true, tools };
            await answer.from(post("responses", body));
            return events;
        }"""
    )
    calls = [event for event in events if event["type"] == "tool-call"]
    assert {event["name"] for event in calls} == {"weather"}
    assert isinstance(json.loads("".join(event["delta"] for event in calls)), dict)
    assert events[-1] == {"type": "finish", "reason": "tool_calls"}


def test_text_can_be_appended_by_hand_and_written_into_the_tag(shown: Shown) -> None:
    assert shown.shadow("h2", "#written").inner_text() == "Written here"
    assert shown.shadow("li li", "#written").inner_text() == "and an indented item"
    told = shown.page.evaluate(
        """() => {
            answer.append("**bo");
            answer.append("ld**");
            const before = answer.status;
            answer.end();
            const after = [answer.status, answer.text];
            answer.reset();
            return [before, ...after, answer.status, answer.text, answer.hasAttribute("status")];
        }"""
    )
    assert told == ["streaming", "done", "**bold**", "idle", "", False]
    refused = (
        "() => { answer.from(new Promise(() => {})); try { answer.append('x') } catch (error) { return error.name } }"
    )
    assert shown.page.evaluate(refused) == "InvalidStateError"


@pytest.mark.parametrize("after", ["text", "finish"])
def test_nothing_is_added_after_a_stop(shown: Shown, after: str) -> None:
    told = shown.page.evaluate(
        """async (after) => {
            const heard = [];
            answer.addEventListener("stream-end", ({ detail }) => heard.push(detail.status));
            answer.addEventListener("stream-event", ({ detail }) => detail.type === after && answer.stop());
            const chunk = (content, finish_reason) => ({ choices: [{ delta: { content }, finish_reason }] });
            const chunks = [chunk("one"), chunk(" two"), chunk(" three", "stop")];
            const ending = await answer.from(chunks.map((one) => `data: ${JSON.stringify(one)}\\n\\n`).join(""));
            return [heard, ending.status, ending.text, answer.text, answer.status];
        }""",
        after,
    )
    text = "one" if after == "text" else "one two three"
    assert told == [["stopped"], "stopped", text, text, "stopped"]


def test_a_stream_that_has_everything_at_once_leaves_the_page_its_turns(shown: Shown) -> None:
    turns = shown.page.evaluate(
        """async () => {
            let turns = 0;
            const timer = setInterval(() => { turns += 1; });
            const chunk = (at) => ({ choices: [{ delta: { content: `word ${at}\\n\\n` } }] });
            await answer.from(Array.from({ length: 20_000 }, (_, at) => chunk(at)));
            clearInterval(timer);
            return turns;
        }"""
    )
    assert turns > 0


def test_an_answer_without_an_end_is_stopped(shown: Shown) -> None:
    ending = shown.page.evaluate(
        """async () => {
            const closed = Promise.withResolvers();
            const piece = "word ".repeat(1_000) + "\\n\\n";
            const pull = (controller) => controller.enqueue(piece);
            const ending = await answer.from(new ReadableStream({ pull, cancel: closed.resolve }));
            await closed.promise;
            return [ending.status, ending.message, ending.text.length];
        }"""
    )
    assert ending == ["interrupted", "The answer is too long, and was stopped.", 2_000_000]
    appended = """() => {
        answer.reset();
        answer.append(("word ".repeat(1_000) + "\\n\\n").repeat(400));
        return [answer.status, answer.text.length];
    }"""
    assert shown.page.evaluate(appended) == ["interrupted", 2_000_000]


def test_hostile_text_makes_no_scripts_and_asks_for_nothing(shown: Shown) -> None:
    hostile = "<img src=/x onerror=stop()><script>stop()</script>\n\n[x](javascript:stop()) ![y](/y.png)\n"
    before = len(shown.asked)
    ending = shown.page.evaluate("(text) => answer.from(text)", hostile)
    assert ending["text"] == hostile
    assert shown.shadow("script, img, [onerror], a[href^=javascript]").count() == 0
    assert shown.asked[before:] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_follows_the_colours_of_the_page(shown: Shown, scheme: Any) -> None:
    shown.page.emulate_media(color_scheme=scheme)
    shown.stream("a Response of Responses", "rehearsal/tour?rate=5000", "Show me what Markdown can do")
    shown.shadow("code .sc-t-keyword").first.wait_for()
    shown.page.evaluate(AXE.read_text("utf-8"))
    found = shown.page.evaluate(
        """async () => {
            const { violations, passes } = await axe.run("main", { rules: { "heading-order": { enabled: false } } });
            return [violations.map(({ id, nodes }) => `${id} ${nodes[0].html}`), passes.map(({ id }) => id)];
        }"""
    )
    assert found[0] == []
    assert "color-contrast" in found[1]
    colours = shown.page.evaluate(
        "() => [answer, document.body].map((one) => getComputedStyle(one).color)",
    )
    assert colours[0] == colours[1]
    assert shown.shadow("[role=status]").inner_text() == "Done"
    shown.page.emulate_media(color_scheme="light")


def test_properties_set_its_look(shown: Shown) -> None:
    shown.page.evaluate("(text) => answer.from(text)", "[a link](https://example.org) and `code`")
    sheet = shown.page.add_style_tag(
        content="""stream-markdown { --stream-markdown-link-color: rgb(1, 2, 3); --stream-markdown-code-font: Courier; }
        stream-markdown::part(content) { padding-left: 7px; }"""
    )
    style = "(node, name) => getComputedStyle(node)[name]"
    assert shown.shadow("a").evaluate(style, "color") == "rgb(1, 2, 3)"
    assert shown.shadow("code").evaluate(style, "fontFamily") == "Courier"
    assert shown.shadow("[part=content]").evaluate(style, "paddingLeft") == "7px"
    sheet.evaluate("(node) => node.remove()")


def test_the_parser_reads_the_sdk_s_stream_under_node(shown: Shown) -> None:
    ask = "async (parameters) => (await fetch(`/parsed?${new URLSearchParams(parameters)}`)).json()"
    events = shown.page.evaluate(ask, {"model": "rehearsal/echo?rate=2000", "question": QUESTION})
    assert "".join(event["delta"] for event in events if event["type"] == "text") == QUESTION
    assert [event["type"] for event in events[-2:]] == ["usage", "finish"]
    cut = shown.page.evaluate(ask, {"model": "rehearsal/cut?after=5", "question": "Explain entropy to Node"})
    assert [event["type"] for event in cut[-2:]] == ["text", "interrupted"]


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_each_scenario_ends_as_in_a_cell(app: Path, api: Literal["responses", "chat"]) -> None:
    """The kernel's decoders and the page's read the same bytes. Where they differ, it is on purpose."""
    names = [name for name in SCENARIOS if name not in UNHURRIED]
    settings = "rate=0&first_token=0&jitter=0&seed=7"
    with RehearsalServer() as server:
        told = run("node", PEERS / "scenarios.mjs", app, server.base_url, api, settings, *names, folder=app)
    endings = {name: (status, text) for name, status, text in json.loads(told)}
    expected = {}
    for name in names:
        cell = stream_cell(
            "Explain entropy",
            model=f"rehearsal/{name}?{settings}",
            api=api,
            display=False,
            retry=RetryPolicy(attempts=1),
            auto_resume=False,
        )
        with contextlib.suppress(StreamCellError):
            cell.result(timeout=LIMIT / 1000)
        expected[name] = (cell.status, cell.text)
    # Here bytes that are not UTF-8 are replaced, and a body without anything is a stream that was cut off.
    assert endings.pop("bad_utf8") == ("done", endings["tour"][1])
    assert endings.pop("empty") == ("interrupted", "")
    assert endings == {name: ending for name, ending in expected.items() if name in endings}


def test_a_bundler_that_moves_the_module_is_told_where_the_addons_are(shown: Shown, app: Path) -> None:
    (app / "entry.js").write_text(f'import {{ StreamMarkdown }} from "{NAME}"; window.moved = StreamMarkdown;\n')
    (app / "bundled").mkdir(exist_ok=True)
    options = ("--bundle", "--format=esm", "--log-level=error", "--outfile=bundled/entry.js")
    run(ESBUILD, "entry.js", *options, folder=app)
    (app / "bundled" / "index.html").write_text(
        '<!doctype html><html lang="en"><title>x</title><link rel="icon" href="data:,">'
        '<script type="module" src="entry.js"></script>'
        "<stream-markdown>`a`\n\n$x$</stream-markdown></html>"
    )
    page = shown.page.context.new_page()
    with page.expect_response("**/bundled/addons/math.js") as missing:
        page.goto(f"{shown.site}bundled/index.html")
    assert missing.value.status == 404
    page.get_by_text("x", exact=True).wait_for()
    page.evaluate(
        """(name) => {
            moved.addons = `/node_modules/${name}/addons`;
            return document.querySelector("stream-markdown").from("and $y$");
        }""",
        NAME,
    )
    page.locator("stream-markdown math").wait_for()
    page.close()


def test_the_demo_page_streams_stops_and_changes_its_colours(browser: Browser) -> None:
    with RehearsalServer(demo=True, rate=2000, first_token=0) as server:
        page = browser.new_page(viewport={"width": 1000, "height": 1200}, color_scheme="light")
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(error.message))
        page.goto(server.demo_url)
        answer, ask = page.locator("stream-markdown"), page.get_by_role("button", name="Ask")
        answer.locator("code .sc-t-keyword").first.wait_for()
        page.get_by_label("Tokens a second").select_option("2000")
        page.get_by_label("Question").fill("Draw a diagram")
        ask.click()
        page.get_by_text("Done · finish_reason stop").wait_for()
        answer.get_by_role("img").wait_for()
        page.get_by_label("Tokens a second").select_option("20")
        page.get_by_label("API").select_option("Chat Completions")
        ask.click()
        answer.locator("h2").wait_for()
        page.get_by_role("button", name="Stop").click()
        page.locator(".state[data-status=stopped]").wait_for()
        light = answer.evaluate("(node) => getComputedStyle(node).color")
        page.get_by_label("Colours").select_option("Dark")
        assert answer.evaluate("(node) => getComputedStyle(node).color") != light
        assert [url for url in asked if not url.startswith((server.demo_url, "data:", "about:"))] == []
        assert complaints == []
        page.close()
