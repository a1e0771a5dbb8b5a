"""Runs as they happen, and some that should not: one function for each golden file."""

from collections.abc import Callable
from typing import Any

from tests.golden.log_builder import Event, Log

Scenario = Callable[[Log], None]


def nothing_yet(_log: Log) -> None:
    pass


def somebodys_own_events(log: Log) -> None:
    log.add("myapp.step", n=1, call_id="not-a-call")
    log.add("log", level="info", message="Grüße, 世界 🌍")
    log.add("myapp.step", n=2)


def all_went_well(log: Log) -> None:
    log.plan(generation=2, single_eval=4)
    log.add("phase_started", phase="generation", planned_calls=2)
    for name in ("gen-1", "gen-2"):
        log.begin(name, "generation", model="smollm2-135m", provider="local")
        log.ok(name, cost_usd=0, duration_s=0.31)
        log.done(name)
    log.add("phase_finished", phase="generation", planned_calls=2)
    log.add("phase_started", phase="single_eval", planned_calls=4)
    for name in ("eval-1", "eval-2", "eval-3", "eval-4"):
        log.begin(name)
        log.ok(name)
        log.done(name)
        log.add("score_recorded", item_id=f"item-{name}", document=name, judge="j", scores={"Relevance": 4}, mean=4)
    log.add("phase_finished", phase="single_eval", planned_calls=4)
    log.add("run_finished", status="completed", reason=None)


def in_the_middle(log: Log) -> None:
    log.plan(generation=1, single_eval=9)
    log.add("phase_started", phase="single_eval", planned_calls=9)
    for name in ("a", "b", "c"):
        log.begin(name)
        log.ok(name)
        log.done(name)
    log.begin("d", label=None)
    log.add("attempt_started", call_id="d", attempt=1)
    log.add("call_queued", call_id="e", phase="single_eval", label="Evaluating e", provider="openai", model="m")
    log.add("call_waiting", call_id="e", waits_for="slot", until=None)


def retries(log: Log) -> None:
    log.plan(single_eval=3)
    log.begin("a")
    log.trouble("a", 1, "rate_limited", will_retry=True, retry_in_s=1.5, duration_s=0.2)
    log.add("call_waiting", call_id="a", waits_for="backoff", until="2026-11-22T10:00:05.000Z")
    log.begin("b")
    log.trouble("b", 1, "server", will_retry=True, retry_in_s=0.5)
    log.ok("b", 2)
    log.done("b", 2)
    log.trouble("a", 2, "timeout", will_retry=True)
    log.ok("a", 3, duration_s=12.0)
    log.done("a", 3)
    log.begin("c")
    log.trouble("c", 1, "invalid_json", input_tokens=900, output_tokens=3, cost_usd=0.0002)
    log.add("call_waiting", call_id="c", waits_for="rate", until=None)


def always_too_small(log: Log) -> None:
    log.plan(single_eval=2)
    for name in ("a", "b"):
        log.begin(name)
        for attempt in (1, 2, 3):
            log.trouble(name, attempt, "output_too_small", input_tokens=10, output_tokens=1, cost_usd=0.00001)
        log.end(name, "failed", 3, "output_too_small")
    log.add("run_finished", status="completed_with_errors", reason="2 calls failed")


def cancelled(log: Log) -> None:
    log.plan(single_eval=4)
    log.begin("done")
    log.ok("done")
    log.done("done")
    log.begin("cut")
    log.add("attempt_started", call_id="cut", attempt=1)
    log.add("call_queued", call_id="queued", phase="single_eval", label="q", provider="openai", model="m")
    log.add("run_cancelling", reason="asked")
    error = {"kind": "cancelled", "message": "the run was cancelled", "status": None}
    log.add("attempt_failed", call_id="cut", attempt=1, error=error, sent="maybe")
    log.end("cut", "cancelled", 1, "cancelled")
    log.end("queued", "cancelled", 0, "cancelled")
    log.end("never-named", "cancelled", 0, "cancelled")
    log.add("run_finished", status="cancelled", reason="asked")


def killed_and_resumed(log: Log) -> None:
    log.plan(single_eval=3)
    log.begin("a")
    log.ok("a")
    log.done("a")
    log.begin("b")
    log.add("attempt_started", call_id="b", attempt=1)
    log.begin("c")
    log.add("attempt_started", call_id="c", attempt=1)
    for name in ("b", "c"):
        died = {"kind": "worker_died", "message": "the process that held it died", "status": None}
        log.add("attempt_failed", call_id=name, attempt=1, error=died, sent="maybe", will_retry=True)
    log.add("run_interrupted", reason="killed")
    log.pause(90_000)
    log.add("run_resumed", reason="started again", planned_calls=3, max_requests_total=11, limits={})
    log.begin("b")
    log.ok("b", 2)
    log.done("b", 2)
    log.end("c", "lost", 1, "worker_died")
    log.add("run_finished", status="completed_with_errors", reason="1 call lost")
    log.add("run_resumed", reason="asked", planned_calls=3, max_requests_total=14)
    log.begin("c")
    log.ok("c", 2)


def budget_spent(log: Log) -> None:
    log.plan(2, single_eval=4)
    for name in ("a", "b"):
        log.begin(name)
        log.ok(name, cost_usd=0.5)
        log.done(name)
    log.add("alert", alert_id="budget", state="raised", kind="budget", severity="error", message="2 of 2 requests")
    for name in ("c", "d"):
        log.end(name, "failed", 0, "budget")
    log.add("run_finished", status="completed_with_errors", reason="budget")


def breaker_open(log: Log) -> None:
    log.plan(9, single_eval=3)
    log.begin("a")
    log.trouble("a", 1, "output_too_small")
    log.end("a", "failed", 1, "output_too_small")
    for name in ("b", "c"):
        log.end(name, "failed", 0, "output_too_small")
    log.add("run_finished", status="completed_with_errors", reason="breaker")


def budget_raised(log: Log) -> None:
    log.plan(9, single_eval=2)
    log.add("run_resumed", reason="asked", limits={"max_cost_usd": "not a number", "max_attempts": 2})
    log.add("run_resumed", reason="asked", limits={"max_cost_usd": 0.5})
    log.begin("a")
    log.ok("a", cost_usd=0.5)
    log.done("a")
    log.add("run_finished", status="completed_with_errors", reason="budget")
    log.add("run_resumed", reason="asked", planned_calls=2, max_requests_total=9, limits={"max_cost_usd": 2})
    log.begin("b")
    log.trouble("b", 1, "rate_limited", will_retry=True, retry_in_s=12)
    until = "2026-11-22T10:00:20.000Z"
    for name in ("c", "d"):
        log.add("call_queued", call_id=name, phase="single_eval", label=f"Evaluating {name}", provider="p", model="m")
        log.add("call_waiting", call_id=name, waits_for="slot", until=None, reason="429 rate_limited: p is asked less")
    log.add("call_started", call_id="d", phase="single_eval", label="Evaluating d", provider="p", model="m")
    log.add("call_waiting", call_id="b", waits_for="backoff", until=until, reason="rate_limited")


def all_five_phases(log: Log) -> None:
    log.plan(generation=2, single_eval=2, pairwise_eval=2, combine=1, post_combine_eval=6)
    makers = {"doc~a": {"provider": "p", "model": "a"}, "doc~b": {"provider": "p", "model": "b"}}
    for phase in ("generation", "single_eval", "pairwise_eval"):
        log.add("phase_started", phase=phase, planned_calls=2)
        for name in makers:
            log.begin(f"{phase}~{name}", phase)
            log.ok(f"{phase}~{name}")
            log.done(f"{phase}~{name}")
        log.add("phase_finished", phase=phase, planned_calls=2)
    for order, winner in (("ab", "a"), ("ba", "tie")):
        item = f"doc~a~doc~b~judge~1~{order}"
        pair: dict[str, Any] = {
            "input": "doc",
            "a": "doc~a",
            "b": "doc~b",
            "order": order,
            "judge": "judge",
            "trial": 1,
        }
        log.add("pair_judged", item_id=item, phase="pairwise_eval", winner=winner, **pair)
    row = {"input": "doc", "low": -1.0, "high": 1.0, "bounded": False, "connected": True, "component": 1}
    first = row | {"document": "doc~a", "rating": 0.5, "wins": 1, "losses": 0, "ties": 1, "win_rate": 0.75}
    second = row | {"document": "doc~b", "rating": -0.5, "wins": 0, "losses": 1, "ties": 1, "win_rate": 0.25}
    none_yet: dict[str, list[object]] = {"ranking": [], "winners": []}
    log.add("ranking_changed", ranking=[first, second], models=[], post_combine=none_yet)
    log.add("phase_started", phase="combine", planned_calls=1)
    log.begin("combine~doc", "combine")
    log.add("attempt_started", call_id="combine~doc", attempt=1)


def alerts(log: Log) -> None:
    log.add("alert", alert_id="storm", state="raised", kind="retry_storm", severity="warning", message="half")
    log.add("alert", alert_id="down", state="raised", kind="provider_down", severity="error", message="no answer")
    log.add("alert", alert_id="storm", state="cleared", kind="retry_storm")
    log.add("alert", alert_id="storm", state="raised", kind="retry_storm", severity="error", message="again", n=1.5)


def discards(log: Log) -> None:
    log.add("run_started")
    log.add("client_report", discarded=[{"reason": "refused", "quantity": 1}, {"reason": "full", "quantity": 40}])
    log.add("client_report", discarded=[{"reason": "refused", "quantity": 2}])


def unknown_is_not_zero(log: Log) -> None:
    log.plan(generation=1, single_eval=3)
    log.begin("a", "generation", provider="mylab", model="x")
    log.ok("a", input_tokens=None, output_tokens=None, cost_usd=None, duration_s=None)
    log.done("a")
    log.begin("b")
    log.ok("b", cost_usd=0.1)
    log.done("b")
    log.begin("c", provider="mylab", model="y")
    log.trouble("c", 1, "connection", sent="no")
    log.trouble("c", 2, "connection", sent="maybe")
    log.ok("c", 3, input_tokens=7, output_tokens=None, cost_usd=None)


def more_than_twenty_in_flight(log: Log) -> None:
    log.plan(single_eval=64)
    for number in range(30):
        log.begin(f"call-{number:02}", model=f"model-{number % 4}")
        log.add("attempt_started", call_id=f"call-{number:02}", attempt=1)
    same = log.events[-1]["time"]
    for number in range(30, 34):
        log.add("call_started", call_id=f"call-{number}", phase="single_eval", label="tie", time=same)


def names_beyond_ascii(log: Log) -> None:
    log.plan(generation=5)
    models = ("z", "é", "\uffee", "\U0001f40d", "")
    for number, model in enumerate(models):
        log.begin(f"c-{number}", "generation", provider="größe", model=model, label=f'"{model}"\n\u2028 <b>')
        log.ok(f"c-{number}")
    log.begin("other", "generation", provider="größ", model="zz")
    log.begin("nobody", "generation", provider=None, model="a")


def names_that_change(log: Log) -> None:
    log.add("call_queued", call_id="a", phase="generation", label="first", provider="p", model="m")
    log.add("call_started", call_id="a", phase="single_eval", label="", provider=None, model="n")
    log.add("call_succeeded", call_id="b", attempts=1)
    log.add("call_started", call_id="b", phase="combine", label="late", provider="p", model="m")
    log.add("call_succeeded", call_id="b", attempts=1)


def broken_promises(log: Log) -> None:
    log.plan(2, single_eval=2)
    log.begin("a")
    for attempt in (1, 2, 3):
        log.add("attempt_started", call_id="a", attempt=attempt)
    log.add("run_finished", status="failed", reason="the ledger is ahead")


def times_that_jump(log: Log) -> None:
    log.plan(single_eval=6)
    times = (
        "2026-11-22T12:00:00.1239+02:00",
        "2026-11-22T09:59:59.999Z",
        "2026-11-22 10:00:00.5Z",
        "2026-11-22T04:30:07.000001-05:30",
        "1969-12-31T23:59:59.9999Z",
        "0099-03-01T00:00:00.Z",
    )
    for number, time in enumerate(times):
        log.add("call_started", call_id=f"c{number}", phase="single_eval", label=str(number), time=time)
    for number, time in enumerate(times[:3]):
        error = {"kind": "server", "message": str(number)}
        log.add("attempt_failed", call_id=f"c{number}", attempt=1, error=error, sent="yes", time=time)
    log.add("call_failed", call_id="c1", attempts=1, time="2026-11-22T10:00:01.000Z")


def a_long_run(log: Log) -> None:
    log.plan(single_eval=400)
    log.add("phase_started", phase="single_eval", planned_calls=400)
    for number in range(120):
        log.begin(f"c{number}", model=f"model-{number % 3}")
        log.ok(f"c{number}", duration_s=0.0007 * 1.11**number, cost_usd=0.000_000_123_4 * number)
        log.done(f"c{number}")


def endings_that_repeat(log: Log) -> None:
    log.begin("a")
    log.trouble("a", 1, "timeout", sent="maybe")
    log.add("attempt_succeeded", call_id="a", attempt=1, duration_s=3, input_tokens=5, output_tokens=5, cost_usd=0.1)
    log.done("a")
    log.begin("a")
    log.trouble("a", 7, "server")
    log.end("a", "failed", 2, "server")


def fields_nobody_defined(log: Log) -> None:
    log.add("run_started", reason=None, planned_calls="many", phases=5)
    log.add("call_queued", call_id="a", attempts="x")
    log.add("call_succeeded", call_id="a", attempts=0, error="none")
    log.add("run_resumed", phases=[{"phase": "generation", "planned_calls": 4}], planned_calls=4)


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        nothing_yet,
        somebodys_own_events,
        all_went_well,
        in_the_middle,
        retries,
        always_too_small,
        cancelled,
        killed_and_resumed,
        budget_spent,
        breaker_open,
        budget_raised,
        all_five_phases,
        alerts,
        discards,
        unknown_is_not_zero,
        more_than_twenty_in_flight,
        names_beyond_ascii,
        names_that_change,
        broken_promises,
        times_that_jump,
        a_long_run,
        endings_that_repeat,
        fields_nobody_defined,
    )
}


def events_of(scenario: Scenario) -> list[Event]:
    """The scenario's log."""
    log = Log()
    scenario(log)
    return log.events
