"""Each fault on each API, as the documentation says it ends."""

from __future__ import annotations

import pytest

from streamcell import RetryPolicy, StreamCellError, stream_cell
from streamcell.rehearsal import SCENARIOS
from streamcell.rehearsal._scenarios import ANSWERS
from tests.answers import resumed

from . import matrix


@pytest.fixture(scope="module")
def found() -> list[tuple[str, str, str, str]]:
    return list(matrix.rows())


def test_the_documentation_says_what_happens(
    found: list[tuple[str, str, str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    table = matrix.table(found)
    with capsys.disabled():
        print("\n" + table)
    kept = matrix.TABLE.search(matrix.PAGE.read_text("utf-8"))
    assert kept is not None
    assert table.splitlines() == kept.group().splitlines(), "`make faults` writes the table anew"


def test_nothing_is_done_without_the_providers_end_mark(found: list[tuple[str, str, str, str]]) -> None:
    assert {name for name, *_ in found} == set(SCENARIOS) - {*ANSWERS}
    for name, _, *ends in found:
        for api, end in zip(matrix.APIS, ends, strict=True):
            if matrix.ends_without_end_mark(name, api):
                assert not end.startswith("done"), (name, api, end)
            assert "other text" not in end or name == "surrogate", (name, api, end)


@pytest.mark.parametrize("api", matrix.APIS)
@pytest.mark.parametrize(
    ("wait", "seconds"), [("retry_after=2", 2.0), ("retry_after_ms=2500", 2.5), ("retry_after=120&date=1", 120.0)]
)
def test_the_providers_wait_is_known_in_each_of_its_forms(api: matrix.API, wait: str, seconds: float) -> None:
    model = f"rehearsal/rate_limit?{wait}"
    with matrix.server():
        cell = stream_cell("Why?", model=model, api=api, display=False, retry=1)
        with pytest.raises(StreamCellError) as raised:
            cell.result(matrix.WAIT)
    assert raised.value.retry_after == pytest.approx(seconds, abs=1.1 if "date" in wait else 0)
    assert raised.value.retryable
    assert raised.value.request_id


@pytest.mark.parametrize("api", matrix.APIS)
def test_a_sequence_of_faults_ends_in_the_whole_answer(api: matrix.API) -> None:
    faults = "rate_limit?retry_after=0,closed,overloaded,drop?after=5,torn?after=5,tour"
    with matrix.server() as server:
        whole = stream_cell("Explain entropy", model="rehearsal", display=False).result(matrix.WAIT)
        cell = stream_cell(
            "Explain entropy",
            model=f"rehearsal/{faults}",
            api=api,
            display=False,
            retry=RetryPolicy(wait_initial=0.0),
            auto_resume=True,
        )
        assert cell.result(matrix.WAIT) == whole
        assert len([one for one in server.exchanges if one.model.endswith(faults)]) == 6
    assert resumed(cell.parts) == [None, "continued", "continued"]


def test_the_policy_is_a_value_that_the_user_can_replace() -> None:
    class Stubborn:
        """Tries again whatever it was, twice."""

        attempts = 3

        def wait(self, attempt: int, error: StreamCellError, chance: float, elapsed: float = 0.0) -> float | None:
            del error, chance, elapsed
            return 0.0 if attempt < self.attempts else None

    with matrix.server() as server:
        model = "rehearsal/unauthorized,quota,tour"
        cell = stream_cell("Why?", model=model, api="chat", display=False, retry=Stubborn())
        assert cell.result(matrix.WAIT)
        assert (cell.attempt, cell.attempts) == (3, 3)
        assert [one.status for one in server.exchanges] == [401, 429, 200]
