"""A class behind LiteLLM's proxy: 30 kernels with a virtual key each, 10 cells a kernel, two servers, one budget.

The configuration is the one of `docs/beyond-one-machine.md`, except that a class has its keys in the proxy's database.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import start_new_kernel

from streamcell.rehearsal import RehearsalServer

from .test_litellm import proxy

if TYPE_CHECKING:
    import pytest
    from jupyter_client.blocking.client import BlockingKernelClient

KERNELS, CELLS = 30, 10
BUDGET = 200  # requests a minute of the whole class
LIMIT = 400.0
USERS = {f"sk-{secrets.token_hex(16)}": f"student-{number}" for number in range(KERNELS)}

AUTH = """
from litellm.proxy._types import UserAPIKeyAuth

USERS = {users!r}

async def user_api_key_auth(request, api_key):
    if api_key not in USERS:
        raise Exception("no such key")
    return UserAPIKeyAuth(api_key=api_key, user_id=USERS[api_key], team_id="class", team_rpm_limit={budget})
"""

NOTEBOOK = f"""
import json
from streamcell import RetryPolicy, StreamCellError, configure, stream_cell

configure(model="class", retry=RetryPolicy(attempts=30, wait_initial=1, timeout=600))
cells = [stream_cell(f"Question {{number}}", api="chat", display=False) for number in range({CELLS})]
for cell in cells:
    try:
        cell.result({LIMIT})
    except StreamCellError:
        pass
shed = [sum(one.kind == "response" and one.data["status"] == 429 for one in cell.log) for cell in cells]
waits = {{one.data["wait"]["reason"] for cell in cells for one in cell.log if "wait" in one.data}}
print(json.dumps({{"ends": [(cell.status, cell.text) for cell in cells], "shed": shed, "waits": sorted(waits)}}))
"""


def printed(client: BlockingKernelClient, until: float) -> dict[str, Any]:
    """Return what the notebook of one kernel printed."""
    while True:
        message = client.get_iopub_msg(timeout=max(1.0, until - time.monotonic()))
        if message["msg_type"] == "stream":
            return json.loads(message["content"]["text"])  # type: ignore[no-any-return]
        assert message["msg_type"] != "error", message["content"]


def test_three_hundred_cells_of_thirty_kernels_share_one_budget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "keys_of_the_class.py").write_text(AUTH.format(users=USERS, budget=BUDGET), "utf-8")
    with (
        RehearsalServer(rate=0, first_token=0.05) as one,
        RehearsalServer(rate=0, first_token=0.05) as other,
    ):
        servers = (one, other)
        behind = [{"model": "openai/echo", "api_base": server.base_url, "api_key": "none"} for server in servers]
        models = [{"model_name": "class", "litellm_params": each} for each in behind]
        with proxy(models, tmp_path, custom_auth="keys_of_the_class.user_api_key_auth") as url:
            started = [
                start_new_kernel(env={**os.environ, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": key}) for key in USERS
            ]
            try:
                for _, client in started:
                    client.execute(NOTEBOOK)
                until = time.monotonic() + LIMIT
                told = [printed(client, until) for _, client in started]
            finally:
                for manager, client in started:
                    client.stop_channels()
                    manager.shutdown_kernel(now=True)
        asked = [len(server.exchanges) for server in servers]
    ends = Counter((status, text.strip()) for each in told for status, text in each["ends"])
    shed = sum(number for each in told for number in each["shed"])
    with capsys.disabled():
        print("\nends:", Counter(status for each in told for status, _ in each["ends"]), "asked:", asked)
        print("refused by the gateway:", shed, "waited for:", Counter(one for each in told for one in each["waits"]))
    # Every question is answered by one of the two servers; none is lost to the budget. The proxy may ask twice itself.
    assert ends == {("done", f"Question {number}"): KERNELS for number in range(CELLS)}
    assert sum(asked) >= KERNELS * CELLS
    assert all(asked)
    # The budget was too small for all of them at once, so some were refused, and waited instead of failing.
    assert shed > 0
