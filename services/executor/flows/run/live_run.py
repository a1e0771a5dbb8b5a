"""A run while it runs: its plan, what is open, what has been used up, and the ways it stops."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import anyio

from services.executor.core.limits.breaker import Breaker, ModelKey, Stopped
from services.executor.core.limits.budget import Budget, Reserved
from services.executor.core.limits.phase_times import PhaseTimes
from services.executor.core.limits.retry_storm import RetryStorm
from services.executor.core.lives.history import CallPast, UsedUp
from services.executor.core.planning.agenda import Agenda
from services.executor.core.planning.plan import Plan, PlannedCall, most_requests
from services.executor.core.presets.new_limits import ceiling_from_here
from services.executor.core.presets.preset import Limits, Preset
from services.executor.core.presets.prices import nano
from services.executor.core.records import AnyRecord, Call
from services.executor.flows.kit import Kit
from services.executor.flows.run.holds import Holds
from services.executor.flows.run.live_ranking import LiveRanking
from services.executor.flows.run.open_call import ErrorData, OpenCall
from services.executor.flows.run.progress import Progress
from services.executor.flows.run.run_log import EventData, RunLog
from services.executor.flows.run.sequel import Sequel
from services.executor.flows.run.stop import CallEnding, Stop
from services.executor.flows.run.turned_away import TurnedAway
from services.executor.flows.slots.slots import Slots, Ticket
from shared.failures import FailureKind
from shared.stored import format_time

_STATUS_OF: dict[CallEnding, Any] = {"call_failed": "failed", "call_cancelled": "cancelled", "call_lost": "lost"}
Begin = Callable[[OpenCall], None]
FRESH = UsedUp()


class LiveRun:
    """One run's state in memory. Everything that lasts goes through its log."""

    def __init__(
        self,
        *,
        preset: Preset,
        plan: Plan,
        log: RunLog,
        kit: Kit,
        texts: Mapping[str, str],
        used: UsedUp = FRESH,
    ) -> None:
        limits = preset.limits
        self.preset = preset
        self.plan = plan
        self.log = log
        self.kit = kit
        self.texts = dict(texts)
        """Documents that some call still needs, by id."""
        self.slots = Slots(concurrency=limits.concurrency, limits=limits.providers, gates=kit.gates, clock=kit.clock)
        self.breaker = Breaker(limits.identical_failures)
        self.storm = RetryStorm(limits.retry_share)
        self.budget = Budget(
            max_requests=limits.max_requests,
            max_cost_nano=_nano(limits),
            requests=used.requests,
            cost_nano=used.cost_nano,
        )
        self.budget_moved = anyio.Event()
        self.holds = Holds(kit.clock, used_s=used.time_s)
        self.phase_times = PhaseTimes(lambda: self.holds.used_s)
        for phase, began_s in used.phases_began_s.items():
            self.phase_times.begins(phase, at_s=began_s)
        self.begun = anyio.Event()
        """Set when calls are being asked."""
        self.over = anyio.Event()
        """Set when no call is open and none will be queued, or the run is to stop and nothing is under way."""
        self.gone = anyio.Event()
        """Set when the run's last event of this life is written and it is not among those under way any more."""
        self.stopping: Stop | None = None
        self.spoilt: str | None = None
        """Why the run cannot end but as failed, however it came to its end."""
        self.progress = Progress(plan)
        self.ranking = LiveRanking(preset, plan, log, clock=kit.clock)
        self.sequel = Sequel(log=log, texts=self.texts, queue=self.queue, cancel=self.cancel_calls)
        self.turned_away = TurnedAway()
        self.agenda: Agenda | None = None
        """What follows from the end of a call; None before the run is ready to ask, and where it will ask nothing."""
        self._open: dict[str, OpenCall] = {}
        self._begin: Begin | None = None

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.log.run_id

    def begin_with(self, begin: Begin) -> None:
        """How a call that has got its slot is begun."""
        self._begin = begin

    def adopt(self, planned: PlannedCall, was: Call, past: CallPast, *, asks_again: bool) -> None:
        """Take over where an earlier life of the run left this call; ``asks_again`` where what is open will be asked."""
        if was.status == "succeeded" or past.settled:
            self.progress.ends(planned, succeeded=was.status == "succeeded")
            return
        if was.shown is not None:
            planned = dataclasses.replace(planned, shown=tuple(json.loads(was.shown)), label=was.label)
        call = OpenCall(
            planned, self.preset.model_of(planned.phase, planned.slot), attempts=was.attempts, deaths=past.deaths
        )
        call.queued = past.state == "queued" or (past.state == "in_flight" and not asks_again)
        self._open[planned.call_id] = call

    def queue(self, calls: Iterable[PlannedCall]) -> None:
        """These calls can be asked now; those that have ended meanwhile are left out."""
        for planned in calls:
            if self.progress.has_ended(planned.call_id):
                continue
            call = self._announce(planned)
            if self.may_not_ask(call):
                self.end_unasked(call)
            else:
                self._wait_for_slot(call)

    def cancel_calls(self, calls: Iterable[PlannedCall], message: str) -> None:
        """These calls can never be asked, for this reason."""
        for planned in self.progress.open_calls(calls):
            self.end(self._announce(planned), "call_cancelled", FailureKind.CANCELLED, message)

    def _announce(self, planned: PlannedCall) -> OpenCall:
        call = self._open.get(planned.call_id)
        if call is None:
            call = self._open[planned.call_id] = OpenCall(planned, self.preset.model_of(planned.phase, planned.slot))
        elif planned.shown:
            call.planned = planned
        if not call.queued:
            call.queued = True
            if self.progress.begins(planned.phase):
                data = {"phase": planned.phase, "planned_calls": self.plan.phases[planned.phase]}
                self.log.report("phase_started", data)
                self.phase_times.begins(planned.phase)
                self.holds.move()
            self.log.report("call_queued", call.names(), call.record(self.run_id, "queued"))
        return call

    def _go_on_after(self, planned: PlannedCall, *, succeeded: bool) -> None:
        # A run that stops ends its calls itself, each for that reason.
        if self.agenda is not None and self.stopping is None:
            self.sequel.carry_out(self.agenda.ended(planned, succeeded=succeeded))

    def _wait_for_slot(self, call: OpenCall) -> None:
        def start() -> None:
            call.has_slot = call.let_in = True
            if self._begin is not None:
                self._begin(call)

        self.slots.ask(self.ticket(call, start=start, refused=lambda: self._turned_away(call)))

    def _turned_away(self, call: OpenCall) -> None:
        # It is told when its turn comes, and a person may have let the run go on with it meanwhile.
        if not call.ended:
            if self.may_not_ask(call):
                self.end_unasked(call)
            else:
                self._wait_for_slot(call)

    def ticket(self, call: OpenCall, *, start: Callable[[], None], refused: Callable[[], None]) -> Ticket:
        """A wish for a slot for this call, which tells the log what it waits for."""
        return Ticket(
            ordinal=call.planned.ordinal,
            provider=call.planned.provider,
            model=call.planned.model,
            start=start,
            waits=lambda waits_for, in_s, reason: self.waits(call, waits_for, in_s, reason),
            refused=refused,
            makes=call.makes,
        )

    def waits(self, call: OpenCall, waits_for: str, in_s: float | None, reason: str | None = None) -> None:
        """The call waits, until that many seconds from now if that is known, for this reason if there is more to say."""
        until = None if in_s is None else format_time(self.kit.clock.now_ms() + round(in_s * 1000))
        data: EventData = {"call_id": call.planned.call_id, "waits_for": waits_for, "until": until}
        self.log.report("call_waiting", data if reason is None else {**data, "reason": reason})

    def may_not_ask(self, call: OpenCall) -> bool:
        """Whether nothing (more) is asked for this call: the run stops, its model is not asked, its phase is over."""
        return (
            self.stopping is not None
            or self.breaker.stopped(call.key) is not None
            or self.phase_times.over(call.planned.phase) is not None
        )

    def end_unasked(self, call: OpenCall) -> None:
        """The call may not be asked (any more): end it for the reason there is."""
        if self.stopping is not None:
            self.end_by_stop(call)
        elif (refusal := self.breaker.stopped(call.key)) is not None:
            self.end_by_breaker(call, refusal)
        elif (over := self.phase_times.over(call.planned.phase)) is not None:
            self.end(call, "call_failed", FailureKind.TIMEOUT, over)

    def end_by_stop(self, call: OpenCall) -> None:
        """The run stops, and the call with it; one that waits for a resume stays as it is."""
        if self.stopping is not None and not self.stopping.leaves_calls_open:
            ending, kind = self.stopping.ending
            self.end(call, ending, kind, self.stopping.message)

    def end_by_breaker(self, call: OpenCall, refusal: Stopped) -> None:
        """The call's model is not asked any more."""
        self.end(call, "call_failed", refusal.kind, refusal.message)

    def end(self, call: OpenCall, ending: CallEnding, kind: FailureKind, message: str) -> None:
        """The call ends without an answer, outside any attempt."""
        error: ErrorData = {"kind": kind, "message": message, "status": None}
        self.ended(call, ending, error, [], [])

    def ended(
        self,
        call: OpenCall,
        ending: CallEnding,
        error: ErrorData,
        events: Sequence[tuple[str, EventData]],
        records: Sequence[AnyRecord],
    ) -> None:
        """The call ends without an answer; in one transaction with what led to it."""
        data = {"call_id": call.planned.call_id, "attempts": call.attempts, "error": error}
        record = call.record(self.run_id, _STATUS_OF[ending], error)
        self.log.report_all([*events, (ending, data)], [*records, record])
        call.under_way = None
        self._close(call, succeeded=False)
        self._go_on_after(call.planned, succeeded=False)

    def answered(self, call: OpenCall, events: Sequence[tuple[str, EventData]], records: Sequence[AnyRecord]) -> None:
        """The call has its answer; in one transaction with what the answer brought."""
        data = {"call_id": call.planned.call_id, "attempts": call.attempts}
        self.log.report_all([*events, ("call_succeeded", data)], [*records, call.record(self.run_id, "succeeded")])
        call.under_way = None
        self._close(call, succeeded=True)
        self._go_on_after(call.planned, succeeded=True)

    def goes_on(self, call: OpenCall, events: Sequence[tuple[str, EventData]], records: Sequence[AnyRecord]) -> None:
        """A request of the call has ended, the call has not."""
        self.log.report_all(events, [*records, call.record(self.run_id, "in_flight")])
        call.under_way = None

    def _close(self, call: OpenCall, *, succeeded: bool) -> None:
        phase = call.planned.phase
        call.ended = True
        self._open.pop(call.planned.call_id, None)
        if self.progress.ends(call.planned, succeeded=succeeded):
            self.log.report("phase_finished", {"phase": phase, "planned_calls": self.plan.phases[phase]})
            self.phase_times.finishes(phase)
        if self.progress.all_ended:
            self.over.set()

    @property
    def is_ending(self) -> bool:
        """Whether nothing is asked any more, and only this life's end is still to be written."""
        return self.stopping is not None or self.over.is_set()

    @property
    def may_not_begin(self) -> bool:
        """Whether no request may begin at the moment: the run stands still, or nothing could be written about it."""
        return self.holds.any or self.kit.ledger.trouble is not None

    @property
    def open_calls(self) -> list[OpenCall]:
        """Calls that have been queued, in this life or an earlier one, and have not ended."""
        return list(self._open.values())

    def ceiling(self) -> int:
        """The most requests this run can have made in the end, if no worker dies."""
        to_come = most_requests(self.preset, self.progress.left, self.progress.open_calls(self.plan.generation))
        return ceiling_from_here(self.preset.limits, made=self.budget.begun, to_come=to_come)

    def take_limits(self, preset: Preset) -> None:
        """The limits of this preset hold from now on; what was seen under the old ones counts for nothing."""
        limits = preset.limits
        self.preset = preset
        self.breaker.begin_anew(limits.identical_failures)
        self.storm.begin_anew(limits.retry_share)
        self.slots.relimit(concurrency=limits.concurrency, limits=limits.providers)
        self.budget.relimit(max_requests=limits.max_requests, max_cost_nano=_nano(limits))
        self.phase_times.reconsider()
        self.budget_changed()
        self.holds.move()

    def under_way(self) -> list[OpenCall]:
        """Calls with a request that has begun and not ended."""
        return [call for call in self._open.values() if call.under_way is not None]

    def stop(self, stop: Stop) -> None:
        """Send nothing any more, abort what is under way; the first wish counts."""
        if self.stopping is not None:
            return
        self.stopping = stop
        self.turn_away(lambda _ticket: True, list(self._open.values()), abort=True)
        self.budget_changed()
        self.holds.move()
        self.over.set()

    def turn_away(self, wanted: Callable[[Ticket], bool], calls: Iterable[OpenCall], *, abort: bool) -> None:
        """These tickets and calls may not go on, which has been noted; ``abort`` cuts off what is under way at once."""
        tickets, resting = self.slots.withdraw(wanted), []
        for call in calls:
            if call.has_slot or call.rests:
                resting.append(partial(self._wake, call))
            if abort and call.preparing is not None:
                call.preparing.cancel()
            if abort and call.asking is not None:
                self.kit.workers.cancel(call.asking)
        self.turned_away.add([*(ticket.refused for ticket in tickets), *resting])

    def _wake(self, call: OpenCall) -> None:
        if self.may_not_ask(call):
            call.wake.set()

    def stop_model(self, refusal: Stopped, model: ModelKey) -> None:
        """Ask this model nothing any more; what is under way comes to its end."""
        self.alert("breaker", refusal.message, alert_id=f"breaker:{model[0]}/{model[1]}", severity="error")
        calls = [call for call in self._open.values() if call.key == model]
        self.turn_away(lambda ticket: (ticket.provider, ticket.model) == model, calls, abort=False)

    def release(self, reserved: Reserved) -> None:
        """No attempt came of this reservation."""
        self.budget.release(reserved)
        self.budget_changed()

    def settle(self, reserved: Reserved, cost_nano: int | None) -> None:
        """The attempt has ended and cost this much, None where nobody knows."""
        self.budget.settle(reserved, cost_nano=cost_nano)
        self.budget_changed()

    def budget_changed(self) -> None:
        """Whoever waits for room in the budget may look again."""
        self.budget_moved.set()
        self.budget_moved = anyio.Event()

    def alert(
        self, kind: str, message: str, *, alert_id: str, severity: str = "warning", state: str = "raised"
    ) -> None:
        """Tell whoever watches."""
        data = {"alert_id": alert_id, "state": state, "kind": kind, "severity": severity, "message": message}
        self.log.report("alert", data)


def _nano(limits: Limits) -> int | None:
    return None if limits.max_cost_usd is None else nano(limits.max_cost_usd)
