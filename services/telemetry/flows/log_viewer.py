"""The log stream: every event, once, in order, then ``end``; as SSE or as NDJSON."""

from services.telemetry.core.asked import Asked, gap_facts, hole_facts, resolve, starts_from
from services.telemetry.core.facts import Facts
from services.telemetry.core.frames import Form
from services.telemetry.core.places import OutOfPlace, check_place
from services.telemetry.flows.audience import Audience
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.viewer import MUTE, Behind, Viewer

_NO_LIMIT = 2**63


class LogViewer(Viewer):
    """One reader of a run's log. With ``heartbeat_s`` MUTE it sends events only and no words."""

    stream = "log"

    def __init__(
        self,
        outlet: Outlet,
        audience: Audience,
        behind: Behind,
        *,
        asked: Asked,
        form: Form,
        heartbeat_s: float,
        limit: int | None = None,
    ) -> None:
        super().__init__(outlet, form=form, heartbeat_s=heartbeat_s)
        self.cursor = 0
        self._audience = audience
        self._behind = behind
        self._asked: Asked | None = asked
        self._limit = limit
        self._stop = _NO_LIMIT

    @property
    def run_id(self) -> str | None:
        """The run."""
        return self._audience.log.run_id

    @property
    def seq(self) -> int | None:
        """The newest stored seq."""
        return self._audience.log.high

    def greet(self, hello: Facts, retry_ms: int) -> None:
        """Say hello."""
        assert self._asked is not None
        self.say("hello", hello, id_=starts_from(self._asked, self._audience.log), retry_ms=retry_ms)

    def open(self) -> None:
        """Join the audience and send what there is."""
        self._audience.readers.join(self)
        self.push()

    def leave(self) -> None:
        """Watch nothing any more."""
        self._audience.readers.leave(self)

    def push(self) -> None:
        """Send what is new, as far as the connection takes it."""
        outlet, audience = self.outlet, self._audience
        if outlet.free and self._asked is not None:
            self._begin(self._asked)
        # While the place is not known the run has not begun, and there is nothing to send.
        holes = audience.log.holes
        while outlet.free and self.cursor < (upto := min(audience.readers.upto, self._stop)):
            if holes and (upto := holes.clear_upto(self.cursor, upto)) == self.cursor:
                self._pass_hole(holes.end(self.cursor + 1))
                continue
            part = audience.readers.chunk(self.cursor, self._form, upto)
            if part is None:
                self._behind(self)
                return
            if part.upto - part.events != self.cursor:
                raise OutOfPlace(f"events after {part.upto - part.events} were about to follow {self.cursor}")
            self.cursor = part.upto
            audience.delivered += part.events
            outlet.send(part.message)
        if outlet.free and self._asked is None:
            self._end_if_over()

    def feed(self, found: list[bytes]) -> None:
        """Send these frames, the ones right after ``cursor``, and go on."""
        found = found[: self._stop - self.cursor]
        if found:
            check_place(found, self._audience.log.epoch, self.cursor + 1)
        self.cursor += len(found)
        self._audience.delivered += len(found)
        if found:
            self.outlet.write(self._form(found))
        self.push()

    def deleted(self) -> None:
        """The run is no more."""
        self._finish(self._audience.end_frame(deleted=True))

    def _begin(self, asked: Asked) -> None:
        begin = resolve(asked, self._audience.log)
        if begin is None:
            return
        self._asked = None
        if begin.gap is not None and self.heartbeat_s != MUTE:
            self.say("gap", gap_facts(asked, begin.gap, self._audience.log))
        self.cursor = begin.cursor
        if self._limit is not None:
            self._stop = self.cursor + self._limit

    def _pass_hole(self, upto: int) -> None:
        """Events of the log cannot be read any more: say so and go on behind them."""
        if self.heartbeat_s == MUTE:
            # No words here: whoever asks again from this place is told.
            self.outlet.finish(b"")
            return
        self.say("gap", hole_facts(self._audience.log, self.cursor, upto))
        self.cursor = upto

    def _end_if_over(self) -> None:
        log = self._audience.log
        if self.cursor >= self._stop:
            self.outlet.finish(b"")
        elif log.ended and self._audience.readers.upto == log.high:
            if self.cursor == log.high or self.heartbeat_s == MUTE:
                self._finish(self._audience.end_frame())
            elif self.cursor > log.high:
                # The log ended before the place this viewer waited for: it is a gap now.
                self._asked = Asked("after", log.place(self.cursor) or "", log.epoch, self.cursor)
                self.push()

    def _finish(self, end: bytes) -> None:
        self.outlet.finish(b"" if self.heartbeat_s == MUTE else self._form([end]))
