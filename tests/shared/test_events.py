from typing import Any

import pytest

from shared.events import DATA, SINGLE_TYPES, InvalidData, check, is_own_type

ERROR = {"kind": "server", "message": "it broke"}


@pytest.mark.parametrize(
    ("name", "data", "path"),
    [
        ("call_started", {}, "data.call_id"),
        ("call_started", {"call_id": "c", "phase": "lunch"}, "data.phase"),
        ("call_started", {"call_id": 7}, "data.call_id"),
        ("attempt_started", {"call_id": "c", "attempt": 0}, "data.attempt"),
        ("attempt_failed", {"call_id": "c", "attempt": 1}, "data.error"),
        ("attempt_failed", {"call_id": "c", "attempt": 1, "error": {"kind": "odd"}}, "data.error.kind"),
        ("attempt_failed", {"call_id": "c", "attempt": 1, "error": ERROR, "sent": "perhaps"}, "data.sent"),
        ("attempt_succeeded", {"call_id": "c", "attempt": 1, "cost_usd": -1}, "data.cost_usd"),
        ("run_finished", {"status": "running"}, "data.status"),
        ("run_finished", {"status": "completed", "digest": "ABC"}, "data.digest"),
        ("run_planned", {"phases": [{"phase": "nap", "planned_calls": 1}]}, "data.phases[0].phase"),
        ("score_recorded", {"item_id": "i", "scores": {"Relevance": 0}}, "data.scores[*]"),
        ("pair_judged", {"item_id": "i", "winner": "A"}, "data.winner"),
        ("client_report", {"discarded": [{"reason": "full", "quantity": 0}]}, "data.discarded[0].quantity"),
        ("log", "text", "data"),
        ("log", None, "data"),
        ("call_begun", {}, "type"),
        ("", {}, "type"),
        (".x", {}, "type"),
        ("a..b", {}, "type"),
        ("my.\nstep", {}, "type"),
        ("x." + "y" * 300, {}, "type"),
    ],
)
def test_wrong_data_is_refused_naming_the_field(name: str, data: Any, path: str) -> None:
    with pytest.raises(InvalidData) as caught:
        check(name, data)
    assert caught.value.path == path


@pytest.mark.parametrize("data", [None, 1, "x", [], {"any": {"thing": []}}])
def test_a_type_with_a_dot_is_anybodys_own_and_may_carry_any_json(data: Any) -> None:
    assert is_own_type("myapp.step")
    check("myapp.step", data)


def test_fields_we_do_not_know_are_kept_for_newer_producers() -> None:
    check("log", {"message": "m", "colour": "blue"})


def test_the_table_of_types_is_the_contract() -> None:
    assert set(DATA) == {
        "run_planned", "run_started", "run_paused", "run_cancelling", "run_interrupted", "run_resumed",
        "phase_started", "phase_finished", "call_queued", "call_waiting", "call_started", "attempt_started",
        "attempt_succeeded", "attempt_failed", "call_succeeded", "call_failed", "call_cancelled", "call_lost",
        "score_recorded", "pair_judged", "ranking_changed", "alert", "log", "client_report", "run_finished",
    }  # fmt: skip
    assert set(DATA) > SINGLE_TYPES
