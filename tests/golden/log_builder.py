"""A run's log for a test: stored events, one after the other, with times that move on by themselves."""

from typing import Any

from shared.stored import format_time

START_MS = 1_795_341_600_000
STEP_MS = 250
RUN_ID = "golden"
EPOCH = "g0ld"

Event = dict[str, Any]


class Log:
    """``add`` appends an event; the longer methods append what one call or attempt usually brings."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._ms = START_MS

    def pause(self, ms: int) -> None:
        """Let time pass before the next event."""
        self._ms += ms

    def add(self, type_: str, *, time: str | None = None, **data: Any) -> None:
        """One event; its time is the next step unless said otherwise."""
        self._ms += STEP_MS
        self.events.append(
            {
                "type": type_,
                "run_id": RUN_ID,
                "seq": len(self.events) + 1,
                "epoch": EPOCH,
                "time": time or format_time(self._ms),
                "data": data,
            }
        )

    def plan(self, requests: int | None = None, **phases: int) -> None:
        """The plan, and the start."""
        planned = sum(phases.values())
        self.add(
            "run_planned",
            preset="golden",
            phases=[{"phase": name, "planned_calls": calls} for name, calls in phases.items()],
            planned_calls=planned,
            max_requests_total=planned * 3 if requests is None else requests,
            limits={"max_attempts": 3},
        )
        self.add("run_started", reason=None)

    def begin(self, call_id: str, phase: str = "single_eval", **names: Any) -> None:
        """A call is queued and gets its slot."""
        names = {"label": f"Evaluating {call_id} ...", "provider": "openai", "model": "gpt-5-mini"} | names
        self.add("call_queued", call_id=call_id, item_id=f"item-{call_id}", phase=phase, **names)
        self.add("call_started", call_id=call_id, item_id=f"item-{call_id}", phase=phase, **names)

    def ok(self, call_id: str, attempt: int = 1, **measured: Any) -> None:
        """An attempt that brings an answer."""
        measured = {"duration_s": 1.25, "input_tokens": 900, "output_tokens": 80, "cost_usd": 0.000385} | measured
        self.add("attempt_started", call_id=call_id, attempt=attempt)
        self.add("attempt_succeeded", call_id=call_id, attempt=attempt, **measured)

    def trouble(self, call_id: str, attempt: int, kind: str, *, sent: str = "yes", **more: Any) -> None:
        """An attempt that brings none."""
        self.add("attempt_started", call_id=call_id, attempt=attempt)
        error = {"kind": kind, "message": f"{kind} in attempt {attempt}", "status": None}
        self.add("attempt_failed", call_id=call_id, attempt=attempt, error=error, sent=sent, **more)

    def done(self, call_id: str, attempts: int = 1) -> None:
        """The call has its answer."""
        self.add("call_succeeded", call_id=call_id, attempts=attempts)

    def end(self, call_id: str, how: str, attempts: int, kind: str) -> None:
        """The call ends without one: ``how`` is failed, cancelled or lost."""
        error = {"kind": kind, "message": f"ended by {kind}", "status": None}
        self.add(f"call_{how}", call_id=call_id, attempts=attempts, error=error)
