"""The moderation endpoint: it flags marked words, so that everybody can see what a blocked answer looks like.

`flag-violence`, `flag-hate` and so on are flagged. Other marks in a text make the endpoint itself fail, as its callers
must expect: `moderation-500`, `moderation-429`, `moderation-slow` and `moderation-hang`.
"""

from __future__ import annotations

import asyncio
import json
import re
from uuid import uuid4

from ._handler import Handler
from ._request import RefusedError

__all__ = ["Moderations", "judged"]

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
_FLAGGED, _OTHER = 0.97, 0.0001
_MARK = re.compile(r"\bflag-([a-z]+(?:-[a-z]+)?(?:/[a-z]+)?)")
_FAULT = re.compile(r"\bmoderation-(500|429|slow|hang)\b")
_SLOW = 1.0  # seconds
_TEXTS = 32  # texts of one request


def judged(text: str) -> dict[str, object]:
    """Return one result in the API's form. Pure."""
    marked = {found[1] for found in _MARK.finditer(text)}
    flagged = {name: name in marked for name in CATEGORIES}
    scores = {name: _FLAGGED if hit else _OTHER for name, hit in flagged.items()}
    return {
        "flagged": any(flagged.values()),
        "categories": flagged,
        "category_scores": scores,
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }


class Moderations(Handler):
    allowed = "POST"

    async def post(self) -> None:
        texts = self._texts()
        faults = {found[1] for text in texts for found in _FAULT.finditer(text)}
        if "hang" in faults:
            await self.closed
            return
        if "500" in faults:
            raise RefusedError("The server had an error while processing your request.", status=500)
        if "429" in faults:
            raise RefusedError("Rate limit reached for requests.", status=429, code="rate_limit_exceeded")
        if "slow" in faults:
            await asyncio.sleep(_SLOW)
        results = [judged(text) for text in texts]
        self.finish_json({"id": f"modr-{uuid4().hex}", "model": "omni-moderation-latest", "results": results})

    def _texts(self) -> list[str]:
        try:
            given = json.loads(self.request.body)
        except ValueError:
            raise RefusedError("We could not parse the JSON body of your request.") from None
        if not isinstance(given, dict):
            raise RefusedError("The body must be a JSON object.")
        self.body.update(given)
        text = given.get("input")
        texts = [text] if isinstance(text, str) else text
        if not isinstance(texts, list) or not texts or not all(isinstance(one, str) for one in texts):
            raise RefusedError("'input' must be a text or a list of texts.", param="input", code="invalid_type")
        if len(texts) > _TEXTS:
            raise RefusedError(f"'input' may have at most {_TEXTS} texts.", param="input", code="invalid_value")
        return texts
