"""What is known of a run while it is followed: the frames of its live stream, taken in one by one. Pure."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from services.cli.clients.frames import Frame, LinkDown, LinkUp, Signal
from services.cli.showing.judgement_line import JUDGEMENTS
from services.cli.showing.phrases import one_line
from services.cli.showing.score_means import ScoreMeans
from services.cli.showing.standings import Standings
from services.cli.showing.troubles import Trouble, troubles

Json = dict[str, Any]

_NEWS_KEPT = 200
FINAL = frozenset({"completed", "completed_with_errors", "failed", "cancelled", "deleted"})
ACTIVE = frozenset({"planned", "running", "paused", "cancelling"})
_HALTED = frozenset({"paused", "interrupted"}) | FINAL


class RunView:
    """The state a screen draws. ``now_s`` is a monotonic time in seconds, given with each signal."""

    def __init__(self, run_id: str, *, page: str | None = None, preset: str | None = None) -> None:
        self.run_id = run_id
        self.page = page
        self.preset = preset
        self.status = "waiting"
        self._reason: str | None = None
        self.phase: str | None = None
        self.stats: Json = {}
        self.producer: Json | None = None
        self.complete: bool | None = None
        self.rejected = 0
        self.unaccounted = 0
        self.storage: Any = None
        """Why telemetry cannot store events, as it says itself."""
        self.ledger: Any = None
        """Why the executor cannot write its ledger, as it says itself."""
        self.delivery: Json | None = None
        """What became of the events, as the executor says: ``pending``, ``link``, ``stopped``."""
        self.at_work = False
        """Whether the executor itself says that the run is under way, whatever telemetry has heard."""
        self.executors_own: str | None = None
        """Why status and numbers are the executor's own, where they are; None: they are telemetry's."""
        self.scores = ScoreMeans()
        self.standings = Standings()
        self.link_down: LinkDown | None = None
        self.heard_s: float | None = None
        self.ended = False
        self.end_seq = 0
        self.news: deque[str] = deque(maxlen=_NEWS_KEPT)
        """Lines that came since they were last shown: log events, alerts, troubles; whoever shows them takes them out."""
        self._troubles: dict[str, Trouble] = {}
        self._shown: tuple[str, int] = ("", 0)

    @property
    def final(self) -> bool:
        """Whether the run is over."""
        return self.status in FINAL

    @property
    def reason(self) -> str | None:
        """Why it stands as it does; that it runs needs no reason."""
        return None if self.status in {"planned", "running"} else self._reason

    @property
    def silent(self) -> bool:
        """Whether nobody is working on the run: interrupted, or its producer gave no sign of life lately."""
        if self.at_work:
            return False
        alive = self.producer is not None and self.producer.get("state") == "live"
        if self.status == "interrupted":
            return not alive
        return self.status in ACTIVE and self.producer is not None and not alive

    @property
    def troubles(self) -> list[Trouble]:
        """What is wrong now."""
        return list(troubles(self))

    def take(self, signal: Signal, now_s: float) -> None:
        """Take in what came."""
        match signal:
            case LinkUp():
                self.link_down = None
            case LinkDown():
                self.link_down = signal
            case Frame():
                self.heard_s = now_s
                self._frame(signal.event, signal.data)
        self._tell()

    def take_run(self, run: Mapping[str, Any]) -> None:
        """Take in what a service says of the run when asked (``GET /runs/{id}``)."""
        self._state(run)
        accounting = run.get("accounting")
        if isinstance(accounting, dict):
            self.unaccounted = accounting.get("unaccounted") or 0
        if isinstance(run.get("stats"), dict):
            self._stats(run["stats"])
        self._tell()

    def take_executors(self, run: Mapping[str, Any] | None, *, whole: bool) -> None:
        """Take in what only the executor knows: what became of the events, and whether it works on the run.

        ``None``: it does not answer, or does not know the run. ``whole``: its status and numbers count too, because
        there are none from telemetry.
        """
        delivery = (run or {}).get("telemetry")
        if run is not None:
            self.delivery = delivery if isinstance(delivery, dict) else None
            self.ledger = run.get("storage")
            self.preset = self.preset or run.get("preset")
            if whole or self.executors_own:
                self._state({name: run[name] for name in ("status", "phase", "reason") if name in run})
                self._stats(run["stats"] if isinstance(run.get("stats"), dict) else self.stats)
        self.at_work = run is not None and run.get("status") in ACTIVE
        self._tell()

    def follow_executor(self, why: str) -> None:
        """From now on status and numbers are the executor's own; what telemetry said of them counts no more."""
        self.executors_own = why
        self.link_down = self.producer = self.complete = None
        self.ended = False

    def reopen(self) -> None:
        """The end that was seen was not the last one: the run goes on."""
        self.ended = False

    def _frame(self, event: str, data: Json) -> None:
        if event in {"hello", "status_update"}:
            self._state(data)
        elif event == "fpf_stats_update":
            self._stats(data["stats"])
        elif event == "end":
            self._state(data)
            self.ended = True
            self.end_seq = data.get("seq") or 0
        elif event == "gap":
            self.scores, self.standings = ScoreMeans(), Standings()
            self.news.append(f"a part of the stream is gone ({data.get('reason')}); here is the full state again")
        elif event in JUDGEMENTS:
            if event == "score_recorded":
                self.scores.add(data["seq"], data["data"])
            self.standings.take(event, data["seq"], data["data"])
        elif event in {"log", "alert"} and self._is_new(data):
            self.news.append(_line(event, data["data"]))

    def _is_new(self, data: Json) -> bool:
        """Whether this event was not told before: after a gap the newest ones come again."""
        epoch, seq = str(data.get("epoch")), data.get("seq") or 0
        last_epoch, last_seq = self._shown
        if epoch == last_epoch and seq <= last_seq:
            return False
        self._shown = (epoch, seq)
        return True

    def _state(self, data: Mapping[str, Any]) -> None:
        before = self.status
        self.status = data.get("status") or self.status
        if self.status == "running" and before in _HALTED:
            self.news.append(f"resumed, it was {before.replace('_', ' ')}")
        for name in ("phase", "producer", "complete", "storage"):
            if name in data:
                setattr(self, name, data[name])
        self._reason = data.get("reason", self._reason)
        self.rejected = data.get("rejected", self.rejected) or 0
        self.unaccounted = data.get("unaccounted", self.unaccounted) or 0

    def _stats(self, stats: Json) -> None:
        self.stats = stats
        self.phase = stats.get("current_phase")

    def _tell(self) -> None:
        """What has gone wrong since the last time is news, and what has passed too."""
        now = {trouble.key: trouble for trouble in self.troubles}
        self.news.extend(trouble.text for key, trouble in now.items() if key not in self._troubles)
        self.news.extend(trouble.over for key, trouble in self._troubles.items() if key not in now and trouble.over)
        self._troubles = now


def _line(event: str, data: Mapping[str, Any]) -> str:
    if event == "log":
        return one_line(f"{data.get('level', 'info')}: {data['message']}")
    what = data.get("message") or data.get("kind") or data["alert_id"]
    return one_line(f"alert {data['state']}: {what}")
