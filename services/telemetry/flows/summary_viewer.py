"""All unfinished runs on one connection: their status and their stats, newest only, no ids, no end."""

from collections.abc import Callable

from services.telemetry.core.facts import DELETED, Facts, stats_facts
from services.telemetry.core.frames import Form, word
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.ports import Timers
from services.telemetry.flows.pulse import Pulse
from services.telemetry.flows.viewer import Viewer
from shared.limits import LIVE_INTERVAL_S

Words = tuple[bytes, bytes]
"""A run's ``status_update`` and its ``fpf_stats_update`` (empty for a run that is no more)."""


class SummaryAudience:
    """Who watches all runs; told of each that changed."""

    def __init__(self, timers: Timers) -> None:
        self.viewers: dict[SummaryViewer, None] = {}
        self._changed: dict[Channel, None] = {}
        self._words: dict[Channel, Words] = {}
        self._pulse = Pulse(timers, begin=self._begin, viewers=lambda: self.viewers, gap_s=LIVE_INTERVAL_S)

    def changed(self, channel: Channel) -> None:
        """Something of this run is new."""
        if self.viewers and not channel.hidden:
            self._changed[channel] = None
            self._pulse.touch()

    def words(self, channel: Channel) -> Words:
        """What is said of a run now; encoded once in a round."""
        words = self._words.get(channel)
        if words is None:
            words = self._words[channel] = words_of(channel)
        return words

    def _begin(self) -> None:
        self._words.clear()
        for viewer in self.viewers:
            viewer.due.update(self._changed)
        self._changed.clear()


def words_of(channel: Channel) -> Words:
    """What is said of a run in memory."""
    if channel.deleted:
        return word("status_update", channel.run_id, {**channel.status_facts(), "status": DELETED}), b""
    return (
        word("status_update", channel.run_id, channel.status_facts()),
        word("fpf_stats_update", channel.run_id, stats_facts(channel.log)),
    )


class SummaryViewer(Viewer):
    """One person who watches all runs. ``due`` are those of which something is new; ``first`` is said at the start."""

    stream = "summary"

    def __init__(
        self,
        outlet: Outlet,
        audience: SummaryAudience,
        *,
        first: Callable[[], list[tuple[str, Words]]],
        form: Form,
        heartbeat_s: float,
    ) -> None:
        super().__init__(outlet, form=form, heartbeat_s=heartbeat_s)
        self.due: dict[Channel, None] = {}
        self._audience = audience
        self._first = first
        self._waiting: list[bytes] = []
        self._status: dict[str, bytes] = {}

    def greet(self, hello: Facts, retry_ms: int) -> None:
        """Say hello."""
        self.say("hello", hello, retry_ms=retry_ms)

    def open(self) -> None:
        """Join the audience and send what there is."""
        self._audience.viewers[self] = None
        for run_id, words in self._first():
            self._add(run_id, words)
        self.push()

    def leave(self) -> None:
        """Watch nothing any more."""
        self._audience.viewers.pop(self, None)

    def push(self) -> None:
        """Send what is new, as far as the connection takes it."""
        if not self.outlet.free:
            return
        for channel in self.due:
            self._add(channel.run_id, self._audience.words(channel))
            if channel.log.ended or channel.deleted:
                self._status.pop(channel.run_id, None)
        self.due.clear()
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self.outlet.write(self._form(waiting))

    def _add(self, run_id: str, words: Words) -> None:
        status, stats = words
        if self._status.get(run_id) != status:
            self._status[run_id] = status
            self._waiting.append(status)
        if stats:
            self._waiting.append(stats)
