"""An OpenAI-compatible server on loopback: real HTTP, real server-sent events, scripted answers, no key.

    from streamcell.rehearsal import RehearsalServer

    with RehearsalServer(rate=200) as server:
        client = openai.OpenAI(base_url=server.base_url, api_key="rehearsal")
        print(client.responses.create(model="rehearsal", input="Explain entropy").output_text)

The model's name decides what happens: `rehearsal` answers the prompt, and `rehearsal/<scenario>?key=value` plays a
scenario with its settings.
"""

from ._exchanges import Ended, Exchange
from ._scenarios import SCENARIOS
from ._server import RehearsalServer, shared

__all__ = ["SCENARIOS", "Ended", "Exchange", "RehearsalServer", "shared"]
