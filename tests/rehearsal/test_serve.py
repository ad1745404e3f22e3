"""The `streamcell` command, and the package as a fresh interpreter sees it."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from importlib import metadata
from pathlib import Path

import pytest

from streamcell import _cli
from streamcell.rehearsal import RehearsalServer, _demo

LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_where_it_is_answers_and_ends_when_told(number: signal.Signals) -> None:
    command = [
        sys.executable,
        "-m",
        "streamcell._cli",
        "serve",
        "--demo",
        "--rate",
        "0",
        "--first-token",
        "0",
        "--seed",
        "1",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            greeting = ""
            while "Ctrl-C" not in greeting:
                line = process.stdout.readline()
                assert line, process.stderr.read()
                greeting += line
            assert greeting.startswith("Demo page at http://127.0.0.1:")
            found = re.search(r"OPENAI_BASE_URL=(http://127\.0\.0\.1:\d+/v1) ", greeting)
            assert found is not None
            with LOCAL.open(found[1].removesuffix("v1")) as response:
                assert b"<stream-markdown>" in response.read()
            with LOCAL.open(f"{found[1]}/models") as response:
                assert json.load(response)["data"][0]["id"] == "rehearsal"
            process.send_signal(number)
            assert process.wait(timeout=300) == 0
            assert process.stdout.read() == "Stopped.\n"
            assert process.stderr.read() == ""
        finally:
            process.kill()


def test_the_demo_page_is_served_on_request_and_loads_nothing_from_elsewhere() -> None:
    with RehearsalServer(demo=True) as server:
        with LOCAL.open(server.demo_url) as response:
            page, headers = response.read().decode(), response.headers
        assert "<stream-markdown>" in page
        assert re.findall(r"(?:https?:)?//[\w.]+", page) == []
        assert headers["content-security-policy"].startswith("default-src 'none'; connect-src 'self';")
        for name in ("element.js", "addons/math.js", "addons/python.js"):
            with LOCAL.open(f"{server.demo_url}{name}") as response:
                assert response.headers["content-type"] == "text/javascript; charset=utf-8"
                assert response.read()
        for name in ("addons/", "addons/..%2Fstreamcell.js", "addons/%2e%2e/stub.js", "streamcell.js", "demo.html"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                LOCAL.open(f"{server.demo_url}{name}")
        elsewhere = urllib.request.Request(server.demo_url, headers={"Host": "attacker.example"})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            LOCAL.open(elsewhere)
    with RehearsalServer() as server, pytest.raises(urllib.error.HTTPError, match="404"):
        LOCAL.open(server.demo_url)


def test_the_demo_page_needs_the_front_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_demo, "_STATIC", tmp_path)
    with pytest.raises(FileNotFoundError, match="not built"):
        RehearsalServer(demo=True).start()


def test_the_snippet_that_serve_prints_runs() -> None:
    code = """
        from openai import OpenAI
        import re, sys
        from streamcell._cli import _greeting
        from streamcell.rehearsal import RehearsalServer
        with RehearsalServer(rate=0, first_token=0) as server:
            import os
            os.environ.update(OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY="rehearsal")
            exec(re.search(r'python -c "(.*)"', _greeting(server.base_url))[1])
    """
    ran = run("\n".join(line.removeprefix("        ") for line in code.splitlines()))
    assert ran.stdout.startswith("## Entropy"), ran.stderr


def test_serve_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["serve", "--jitter", "3"]) == 1
    assert "jitter" in capsys.readouterr().err
    assert _cli.main(["serve", "--port", "99999"]) == 1
    assert "port" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert _cli.main(["serve", "--port", str(taken.getsockname()[1])]) == 1
    assert "in use" in capsys.readouterr().err


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: f"1.2.3 of {name}")
    with pytest.raises(SystemExit) as ended:
        _cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == "streamcell 1.2.3 of streamcell\n"


def test_without_a_command_the_usage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        _cli.main([])
    assert ended.value.code == 2
    assert "usage: streamcell" in capsys.readouterr().err


def test_the_shared_server_stops_with_the_interpreter() -> None:
    ran = run(
        "import atexit\n"
        "from streamcell.rehearsal import shared\n"
        "atexit.register(lambda: print('stopped' if not server.running else 'running'))\n"
        "server = shared()\n"
        "print(server.running)"
    )
    # Exit functions run last in, first out: the one above was registered before the server's own.
    assert (ran.stdout, ran.stderr, ran.returncode) == ("True\nstopped\n", "", 0)


def test_without_tornado_the_error_says_what_to_install() -> None:
    ran = run(
        "import sys; sys.modules['tornado'] = None\n"
        "from streamcell.rehearsal import shared\n"
        "try:\n    shared()\n"
        "except ImportError as error:\n    print(error)"
    )
    assert "pip install tornado" in ran.stdout, ran.stderr


def test_the_package_loads_no_server_before_it_is_asked() -> None:
    ran = run("import sys, streamcell.rehearsal; print(sorted({'tornado', 'openai'} & set(sys.modules)))")
    assert ran.stdout == "[]\n", ran.stderr
