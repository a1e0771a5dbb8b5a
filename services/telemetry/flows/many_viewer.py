"""Several runs on one connection: each as on its own live stream, under ids that name the place in every one."""

from services.telemetry.core.asked import Asked, gap_facts, starts_from
from services.telemetry.core.facts import Facts
from services.telemetry.core.frames import Form, place_of, with_id, word
from services.telemetry.core.run_log import RunLog
from services.telemetry.flows.audience import Audience
from services.telemetry.flows.live_feed import Backlog, Below, Gap, LiveFeed
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.viewer import Behind, Viewer


class Leg:
    """One of the runs. ``place`` is the position in it that the viewer has; ``over``: its ``end`` was sent."""

    def __init__(self, owner: "ManyViewer", audience: Audience, behind: Behind, asked: Asked) -> None:
        self.audience = audience
        self.feeding = LiveFeed(audience, asked)
        self.place = starts_from(asked, audience.log)
        self.over = False
        self._owner = owner
        self._behind = behind

    @property
    def log(self) -> RunLog:
        """The run's log."""
        return self.audience.log

    @property
    def cursor(self) -> int:
        """The seq it has got to."""
        return self.feeding.cursor

    @property
    def outlet(self) -> Outlet:
        """The connection all legs share."""
        return self._owner.outlet

    def push(self) -> None:
        """Send what is new."""
        self._owner.push()

    def fall_behind(self) -> None:
        """Be fed from the store."""
        self._behind(self)

    def feed(self, found: list[bytes]) -> None:
        """Send the single events among these frames, the ones right after ``cursor``, and go on."""
        self._owner.send(self, self.feeding.take(found))
        self._owner.push()

    def deleted(self) -> None:
        """The run is no more."""
        self._owner.end(self, self.audience.end_frame(deleted=True))


class ManyViewer(Viewer):
    """One person who watches several runs at once. Runs that are no more are given by name in ``gone``."""

    stream = "many"

    def __init__(
        self,
        outlet: Outlet,
        runs: list[tuple[Audience, Behind, Asked]],
        *,
        gone: list[str],
        form: Form,
        heartbeat_s: float,
    ) -> None:
        super().__init__(outlet, form=form, heartbeat_s=heartbeat_s)
        self._legs = [Leg(self, audience, behind, asked) for audience, behind, asked in runs]
        self._gone = gone
        self._turn = 0

    def greet(self, hello: Facts, retry_ms: int) -> None:
        """Say hello."""
        self.say("hello", hello, id_=self._place(), retry_ms=retry_ms)
        for run_id in self._gone:
            if self.outlet.free:
                self.outlet.write(self._form([word("end", run_id, end_of_deleted())]))

    def open(self) -> None:
        """Join every audience and send what there is."""
        for leg in self._legs:
            if not leg.over:
                leg.audience.watchers.join(leg)
        self.push()

    def leave(self) -> None:
        """Watch nothing any more."""
        for leg in self._legs:
            leg.audience.watchers.leave(leg)

    def push(self) -> None:
        """Send what is new in any of the runs, as far as the connection takes it."""
        # Each time another run is first, so that one with much to say keeps no other from its turn.
        for leg in [*self._legs[self._turn :], *self._legs[: self._turn]]:
            self._push_leg(leg)
        self._turn = (self._turn + 1) % max(1, len(self._legs))
        if all(leg.over for leg in self._legs):
            self.outlet.finish(b"")

    def _push_leg(self, leg: Leg) -> None:
        while self.outlet.free and not leg.over:
            part = leg.feeding.next()
            if part is None:
                return
            if isinstance(part, Below):
                leg.fall_behind()
                return
            if isinstance(part, Gap):
                leg.place = None
                facts = gap_facts(part.asked, part.reason, leg.log)
                self.outlet.write(self._form([word("gap", leg.log.run_id, facts)]))
            elif isinstance(part, Backlog):
                self.send(leg, part.frames)
            else:
                if part.final:
                    leg.over = True
                    leg.audience.watchers.leave(leg)
                self.send(leg, part.singles, part.words)

    def send(self, leg: Leg, singles: list[bytes], words: list[bytes] | None = None) -> None:
        """Send frames of one run, those that have an id under that of all runs together."""
        leg.audience.delivered += len(singles)
        written = []
        for frame in [*singles, *(words or ())]:
            place = place_of(frame)
            if place is None:
                written.append(frame)
            else:
                leg.place = place
                written.append(with_id(frame, self._place() or place))
        if written:
            self.outlet.write(self._form(written))

    def end(self, leg: Leg, frame: bytes) -> None:
        """One of the runs is over for good."""
        if not leg.over:
            leg.over = True
            leg.audience.watchers.leave(leg)
            if self.outlet.free:
                self.send(leg, [], [frame])
            self.push()

    def _place(self) -> str | None:
        places = [f"{leg.log.run_id}:{leg.place}" for leg in self._legs if leg.place is not None]
        return ",".join(places) or None


def end_of_deleted() -> Facts:
    """The data of ``end`` for a run of which nothing is left."""
    return {"status": "deleted", "seq": None, "count": None, "digest": None, "complete": None, "resumable": False}
