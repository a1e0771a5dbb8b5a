"""A run's events folded into its status and its stats. Source: CONTRACT sections 1 and 5."""

import heapq
from typing import Any

from shared.events import PHASES
from shared.fold.calls import CALLED_OFF, STATE_OF, CallRecord, Counted
from shared.fold.errors import ErrorList
from shared.fold.rate import Rate
from shared.fold.seen import Seen
from shared.fold.tally import Tally, rounded
from shared.limits import IN_FLIGHT_SHOWN
from shared.status import FINAL, STATUS_AFTER, RunStatus

_ENDINGS = frozenset({"call_succeeded", "call_failed", "call_cancelled", "call_lost"})
_ATTEMPTS = frozenset({"attempt_started", "attempt_succeeded", "attempt_failed"})
_PLANS = frozenset({"run_planned", "run_resumed"})
_PHASE_ORDER: dict[str, int] = {name: index for index, name in enumerate(PHASES)}


class RunFold:
    """All that is known of a run. ``apply`` takes events in any order, any number of times."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.now_ms: int | None = None
        self.now = ""
        self._status: tuple[int, RunStatus, str | None] | None = None
        self._planned: tuple[int, int] | None = None
        self._ceiling: tuple[int, int] | None = None
        self._budget: tuple[int, float | None] | None = None
        self._phase_plan: dict[str, tuple[int, int]] = {}
        self._phase_marks: dict[str, list[int]] = {}
        self._calls: dict[str, CallRecord] = {}
        self._in_flight: dict[str, CallRecord] = {}
        self._held_back: dict[str, CallRecord] = {}
        self._changed: set[str] = set()
        self._total = Tally()
        self._by_phase: dict[str, Tally] = {}
        self._by_model: dict[tuple[str | None, str | None], Tally] = {}
        self._errors = ErrorList()
        self._rate = Rate()
        self._alerts: dict[str, tuple[int, dict[str, Any]]] = {}
        self._discarded = 0
        self._finish: tuple[int, dict[str, Any]] | None = None

    @property
    def status(self) -> RunStatus:
        """The state of the run."""
        if self._status is not None:
            return self._status[1]
        return RunStatus.WAITING if self.now_ms is None else RunStatus.OPEN

    @property
    def reason(self) -> str | None:
        """Why the run is in this state, where the producer said so."""
        return self._status[2] if self._status else None

    @property
    def ended(self) -> bool:
        """Whether the status is a final one."""
        return self.status in FINAL

    @property
    def finish(self) -> tuple[int, dict[str, Any]] | None:
        """Seq and data of the newest ``run_finished``."""
        return self._finish

    def apply(self, seq: int, type_: str, time: str, time_ms: int, data: Any) -> bool:
        """Take in one stored event; False when its seq has been taken in before. ``data`` fits its type.

        Only fields the type has are read: what else is in ``data`` is somebody's own and may be anything.
        """
        if not self.seen.add(seq):
            return False
        if self.now_ms is None or time_ms > self.now_ms:
            self.now_ms, self.now = time_ms, time
        if "." not in type_:
            self._take(seq, type_, time, time_ms, data)
        return True

    def _take(self, seq: int, type_: str, time: str, time_ms: int, data: dict[str, Any]) -> None:
        if type_ in STATE_OF:
            self._move_call(seq, type_, time, time_ms, data)
        elif type_ in _ATTEMPTS:
            call = self._call(data["call_id"])
            call.attempt(seq, type_, data)
            self._hold_back(call)
            if type_ == "attempt_failed" and data["error"]["kind"] != CALLED_OFF:
                self._errors.note(seq, call.call_id, time, time_ms, data["error"], asked=True)
        elif type_ == "call_waiting":
            call = self._call(data["call_id"])
            call.wait(seq, data)
            self._hold_back(call)
        elif type_ in STATUS_AFTER or type_ == "run_finished":
            self._move_run(seq, type_, data)
        elif type_ in {"phase_started", "phase_finished"}:
            self._mark_phase(seq, type_, data)
        elif type_ == "alert":
            if seq > self._alerts.get(data["alert_id"], (0,))[0]:
                self._alerts[data["alert_id"]] = (seq, data)
        elif type_ == "client_report":
            self._discarded += sum(item["quantity"] for item in data["discarded"])

    def _call(self, call_id: str) -> CallRecord:
        self._changed.add(call_id)
        call = self._calls.get(call_id)
        if call is None:
            call = self._calls[call_id] = CallRecord(call_id)
        return call

    def _move_call(self, seq: int, type_: str, time: str, time_ms: int, data: dict[str, Any]) -> None:
        call = self._call(data["call_id"])
        call.move(seq, type_, time, time_ms, data)
        if call.state == "in_flight":
            self._in_flight[call.call_id] = call
        else:
            self._in_flight.pop(call.call_id, None)
        self._hold_back(call)
        if type_ == "call_started":
            self._rate.began(time_ms)
        elif type_ in _ENDINGS:
            if type_ != "call_cancelled" and data.get("attempts") != 0:
                self._rate.ended(time_ms)
            error = None if type_ == "call_succeeded" else data.get("error")
            if error and data.get("attempts") == 0 and error["kind"] != CALLED_OFF:
                self._errors.note(seq, call.call_id, time, time_ms, error, asked=False)
                call.unasked_errors[error["kind"]] = call.unasked_errors.get(error["kind"], 0) + 1

    def _hold_back(self, call: CallRecord) -> None:
        """Keep in mind which queued calls have said what they wait for."""
        if call.state == "queued" and call.waits:
            self._held_back[call.call_id] = call
        else:
            self._held_back.pop(call.call_id, None)

    def _move_run(self, seq: int, type_: str, data: dict[str, Any]) -> None:
        if self._status is None or seq > self._status[0]:
            after = RunStatus(data["status"]) if type_ == "run_finished" else STATUS_AFTER[type_]
            self._status = (seq, after, data.get("reason"))
        if type_ == "run_finished" and (self._finish is None or seq > self._finish[0]):
            self._finish = (seq, data)
        if type_ in _PLANS:
            planned, ceiling = data.get("planned_calls"), data.get("max_requests_total")
            if planned is not None and (self._planned is None or seq > self._planned[0]):
                self._planned = (seq, planned)
            if ceiling is not None and (self._ceiling is None or seq > self._ceiling[0]):
                self._ceiling = (seq, ceiling)
            limits = data.get("limits") or {}
            if "max_cost_usd" in limits and (self._budget is None or seq > self._budget[0]):
                self._budget = (seq, _dollars(limits["max_cost_usd"]))
        if type_ == "run_planned":
            for phase in data.get("phases", ()):
                self._plan_phase(seq, phase["phase"], phase["planned_calls"])

    def _plan_phase(self, seq: int, phase: str, planned_calls: int | None) -> None:
        if planned_calls is not None and seq > self._phase_plan.get(phase, (0,))[0]:
            self._phase_plan[phase] = (seq, planned_calls)

    def _mark_phase(self, seq: int, type_: str, data: dict[str, Any]) -> None:
        marks = self._phase_marks.setdefault(data["phase"], [0, 0])
        index = 0 if type_ == "phase_started" else 1
        marks[index] = max(marks[index], seq)
        self._plan_phase(seq, data["phase"], data.get("planned_calls"))

    def settle(self) -> None:
        """Count again the calls that changed since the last look; a look costs what has changed, not what there is.

        Who takes in very much between two looks may do so now and then, and pays for none of them all at once.
        """
        for call_id in self._changed:
            call = self._calls[call_id]
            if call.counted is not None:
                self._count(call.counted, -1)
            call.counted = Counted(call)
            self._count(call.counted, 1)
        self._changed.clear()

    def _count(self, counted: Counted, sign: int) -> None:
        self._total.add(counted.share, sign)
        if counted.phase is not None:
            self._by_phase.setdefault(counted.phase, Tally()).add(counted.share, sign)
        if counted.model is not None:
            self._by_model.setdefault(counted.model, Tally()).add(counted.share, sign)
        unrecovered = 0 if counted.recovered else sign
        for kind in counted.errors.keys() | counted.unasked_errors.keys():
            requests, unasked = counted.errors.get(kind, 0), counted.unasked_errors.get(kind, 0)
            self._errors.count(kind, requests=sign * requests, unasked=sign * unasked, unrecovered=unrecovered)

    @property
    def phase(self) -> str | None:
        """The first phase, in the order of a run, that has begun and not ended; None when the run is over."""
        if self.ended:
            return None
        open_ = [name for name, (began, ended) in self._phase_marks.items() if began > ended]
        return min(open_, key=_PHASE_ORDER.__getitem__, default=None)

    def stats(self) -> dict[str, Any]:
        """The numbers of CONTRACT section 5 at the events taken in so far."""
        self.settle()
        numbers = self._total.numbers()
        oldest = _oldest(self._in_flight)
        current = oldest[0] if oldest else None
        duration = numbers.pop("duration_s")
        planned = self._planned[1] if self._planned else None
        rate = None if self.now_ms is None else self._rate.per_minute(self.now_ms)
        return {
            **numbers,
            "planned_calls": planned,
            "max_requests_total": self._ceiling[1] if self._ceiling else None,
            "max_cost_usd": self._budget[1] if self._budget else None,
            "current_phase": self.phase,
            "current_call": (current.label or current.call_id) if current else None,
            "last_error": self._last_error(),
            "calls_per_minute": None if rate is None else rounded(rate, 100),
            "duration_s": duration,
            "eta_s": self._eta_s(numbers, planned, rate),
            "by_phase": self._phases(),
            "by_model": self._models(),
            "in_flight_calls": [call.shown() for call in oldest],
            "waiting_calls": [call.shown() for call in _oldest(self._held_back)],
            "errors": self._errors.shown(),
            "alerts": [data for _, data in sorted(self._alerts.values(), key=_seq) if data["state"] == "raised"],
            "discarded": self._discarded,
            "violations": self._violations(),
        }

    def _last_error(self) -> dict[str, Any] | None:
        newest = self._errors.newest()
        if newest is None:
            return None
        call_id, error, time = newest
        return {
            "kind": error["kind"],
            "message": error.get("message", ""),
            "call_id": call_id,
            "time": time,
            "recovered": self._calls[call_id].state == "successful_calls",
        }

    def _eta_s(self, numbers: dict[str, Any], planned: int | None, rate: float | None) -> float | None:
        if planned is None or not rate or self.ended:
            return None
        done = numbers["total_calls"] - numbers["in_flight"] + numbers["not_started"]
        return rounded(max(0, planned - done) * 60 / rate, 10)

    def _phases(self) -> list[dict[str, Any]]:
        counted = {name for name, tally in self._by_phase.items() if tally.calls}
        names = sorted(counted | set(self._phase_plan), key=_PHASE_ORDER.__getitem__)
        return [
            {
                "phase": name,
                "planned_calls": self._phase_plan.get(name, (0, None))[1],
                **self._by_phase.get(name, Tally()).numbers(),
            }
            for name in names
        ]

    def _models(self) -> list[dict[str, Any]]:
        counted = [key for key, tally in self._by_model.items() if tally.calls]
        names = sorted(counted, key=lambda key: (key[0] or "", key[1] or ""))
        return [{"provider": key[0], "model": key[1], **self._by_model[key].numbers()} for key in names]

    def _violations(self) -> list[str]:
        """Promises that do not hold. The sum of the states holds by construction; what a producer says may not."""
        count = self._total.counts
        broken = []
        requests = count["attempts"] - count["died_attempts"]
        if self._ceiling and requests > self._ceiling[1]:
            broken.append(f"{requests} attempts, but the ceiling said before the start was {self._ceiling[1]}")
        if count["open_attempts"] and self.ended:
            broken.append(f"{count['open_attempts']} attempts never ended, but the run did")
        if count["in_flight"] and self.ended:
            broken.append(f"{count['in_flight']} calls still in flight, but the run has ended")
        return broken


def _oldest(calls: dict[str, CallRecord]) -> list[CallRecord]:
    return heapq.nsmallest(IN_FLIGHT_SHOWN, calls.values(), key=lambda call: (call.since_ms, call.state_seq))


def _dollars(value: Any) -> float | None:
    """A limit as it was given; limits are the producer's own, and may be anything."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _seq(item: tuple[int, dict[str, Any]]) -> int:
    return item[0]
