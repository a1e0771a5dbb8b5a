"""What is known of a run while it is followed: the frames of its live stream, taken in one by one. Pure."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from services.cli.clients.frames import Frame, LinkDown, LinkUp, Signal
from services.cli.showing.phrases import one_line
from services.cli.showing.score_means import ScoreMeans

_NEWS_KEPT = 200
_FINAL = frozenset({"completed", "completed_with_errors", "failed", "cancelled", "deleted"})
_ACTIVE = frozenset({"planned", "running", "paused", "cancelling"})


class RunView:
    """The state a screen draws. ``now_s`` is a monotonic time in seconds, given with each signal."""

    def __init__(self, run_id: str, *, page: str | None = None, preset: str | None = None) -> None:
        self.run_id = run_id
        self.page = page
        self.preset = preset
        self.status = "waiting"
        self.phase: str | None = None
        self.stats: Mapping[str, Any] = {}
        self.producer: Mapping[str, Any] | None = None
        self.complete: bool | None = None
        self.scores = ScoreMeans()
        self.link_down: LinkDown | None = None
        self.heard_s: float | None = None
        self.ended = False
        self.news: deque[str] = deque(maxlen=_NEWS_KEPT)
        """Lines that came since they were last shown: log events, alerts, the link; whoever shows them takes them out."""

    @property
    def final(self) -> bool:
        """Whether the run is over."""
        return self.status in _FINAL

    @property
    def silent(self) -> bool:
        """Whether nobody is working on the run: interrupted, or its producer gave no sign of life lately."""
        alive = self.producer is not None and self.producer.get("state") == "live"
        if self.status == "interrupted":
            return not alive
        return self.status in _ACTIVE and self.producer is not None and not alive

    def take(self, signal: Signal, now_s: float) -> None:
        """Take in what came."""
        match signal:
            case LinkUp():
                if self.link_down:
                    self.news.append(f"stats link is back, it was down since {self.link_down.since}")
                self.link_down = None
            case LinkDown():
                if self.link_down is None:
                    self.news.append(f"stats link down since {signal.since}: {signal.reason}; trying again")
                self.link_down = signal
            case Frame():
                self.heard_s = now_s
                self._frame(signal.event, signal.data)

    def take_run(self, run: Mapping[str, Any]) -> None:
        """Take in what a service says of the run when asked (``GET /runs/{id}``)."""
        self._state(run)
        if isinstance(run.get("stats"), Mapping):
            self._stats(run["stats"])

    def _frame(self, event: str, data: Mapping[str, Any]) -> None:
        if event in {"hello", "status_update"}:
            self._state(data)
        elif event == "fpf_stats_update":
            self._stats(data["stats"])
        elif event == "end":
            self._state(data)
            self.ended = True
        elif event == "gap":
            self.scores = ScoreMeans()
            self.news.append(f"a part of the stream is gone ({data.get('reason')}); here is the full state again")
        elif event == "score_recorded":
            self.scores.add(data["seq"], data["data"])
        elif event == "log":
            self.news.append(one_line(f"{data['data'].get('level', 'info')}: {data['data']['message']}"))
        elif event == "alert":
            alert = data["data"]
            what = alert.get("message") or alert.get("kind") or alert["alert_id"]
            self.news.append(one_line(f"alert {alert['state']}: {what}"))

    def _state(self, data: Mapping[str, Any]) -> None:
        self.status = data.get("status") or self.status
        if "phase" in data:
            self.phase = data["phase"]
        if "producer" in data:
            self.producer = data["producer"]
        if "complete" in data:
            self.complete = data["complete"]

    def _stats(self, stats: Mapping[str, Any]) -> None:
        self.stats = stats
        self.phase = stats.get("current_phase")
