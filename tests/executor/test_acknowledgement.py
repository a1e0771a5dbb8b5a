"""What telemetry's answers mean, and those of whatever else may stand at its address."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.core.delivery.acknowledgement import Halt, Later, Refused, Rewind, Smaller, Taken, next_step
from services.executor.core.delivery.telemetry_answer import OF_THE_LINK, Answer, Cause, trouble_of


def answer(status: int, problem: str = "", **body: Any) -> Answer:
    return Answer(status=status, problem=problem, detail="said", body=body)


@pytest.mark.parametrize(
    ("said", "step"),
    [
        (answer(200, high_water=15), Taken(15, 5)),
        (answer(200, high_water=15, accepted=3, duplicates=1), Taken(15, 4)),
        (answer(409, "sequence-gap", expected=1), Rewind(0)),
        (answer(409, "sequence-gap", expected=7), Rewind(6)),
        (answer(422, "invalid-event", high_water=12, errors=[{"index": 2}]), Refused(13, "said")),
        (answer(422, "invalid-event", high_water=12), Refused(13, "said")),
        (answer(413, "too-large", errors=[{"index": 1}]), Refused(12, "said")),
        (answer(413, "too-large"), Smaller()),
        (answer(413, "too-large", errors=[{"index": 0}]), Smaller()),
        (answer(400, "not-json", errors=[{"index": 3}]), Refused(14, "said")),
        (answer(400, "not-json", errors=[{"index": 0}]), Smaller()),
        (answer(413), Smaller()),
    ],
)
def test_each_answer_of_telemetry_has_one_meaning(said: Answer, step: object) -> None:
    assert next_step(said, first_seq=11, count=5, newest=60) == step


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (answer(503, "storage-full"), Cause.STORAGE_FULL),
        (answer(503, "unavailable"), Cause.UNAVAILABLE),
        (answer(502), Cause.PROXY),
        (answer(404), Cause.NOT_TELEMETRY),
        (answer(307), Cause.NOT_TELEMETRY),
        (answer(204), Cause.NOT_TELEMETRY),
        (Answer(status=0, detail="away"), Cause.UNREACHABLE),
        (answer(401, "unauthorized"), Cause.UNAUTHORIZED),
        (answer(429, "rate-limited"), Cause.RATE_LIMITED),
        (answer(409, "run-active"), Cause.REFUSED),
        (answer(409, "sequence-gap", expected=11), Cause.REFUSED),
        (answer(409, "sequence-gap"), Cause.REFUSED),
        (answer(200), Cause.NOT_TELEMETRY),
        (answer(200, high_water=True), Cause.NOT_TELEMETRY),
        (answer(200, high_water=12), Cause.NOT_TELEMETRY),
    ],
)
def test_what_takes_nothing_is_tried_again_and_has_one_cause(said: Answer, cause: Cause) -> None:
    step = next_step(said, first_seq=11, count=5, newest=60)
    assert isinstance(step, Later)
    assert step.cause is cause
    assert step.reason


@pytest.mark.parametrize(
    "problem", ["sequence-conflict", "epoch-conflict", "numbered-by-service", "run-finished", "run-expired"]
)
def test_a_conflict_stops_the_delivery_of_that_run(problem: str) -> None:
    step = next_step(answer(409, problem), first_seq=11, count=5, newest=60)
    assert isinstance(step, Halt)
    assert not step.closes


def test_a_telemetry_ahead_of_the_ledger_is_no_success() -> None:
    step = next_step(answer(200, high_water=61), first_seq=11, count=5, newest=60)
    assert isinstance(step, Halt)
    assert step.closes


def test_what_an_earlier_life_has_sent_already_is_not_sent_again() -> None:
    assert next_step(answer(200, high_water=40), first_seq=11, count=5, newest=60) == Taken(40, 5)


def test_a_single_event_too_large_is_given_up_only_where_telemetry_itself_says_so() -> None:
    assert next_step(answer(413, "too-large"), first_seq=11, count=1, newest=60) == Refused(11, "said")
    assert isinstance(next_step(answer(413), first_seq=11, count=1, newest=60), Later)


def test_what_a_person_reads_says_what_stands_there_instead_of_telemetry() -> None:
    proxy = trouble_of(Answer(status=502, content_type="text/html"))
    assert proxy is not None
    assert "502" in proxy.reason
    assert "text/html" in proxy.reason
    moved = trouble_of(Answer(status=308))
    assert moved is not None
    assert "redirect" in moved.reason


def test_what_concerns_one_run_is_no_trouble_of_the_link() -> None:
    assert not OF_THE_LINK & {Cause.REFUSED, Cause.RATE_LIMITED, Cause.LEDGER, Cause.INTERNAL}


@given(st.integers(0, 999), st.dictionaries(st.sampled_from(["high_water", "expected", "errors"]), st.none() | st.integers(-5, 50)), st.text(max_size=20))  # fmt: skip
def test_no_answer_loses_an_event(status: int, body: dict[str, Any], problem: str) -> None:
    step = next_step(Answer(status=status, problem=problem, body=body), first_seq=11, count=5, newest=60)
    if isinstance(step, Taken):
        assert status == 200
        assert 15 <= step.upto <= 60
    if isinstance(step, Rewind):
        assert step.upto < 10
