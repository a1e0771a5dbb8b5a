"""The live stream of one run: single events one by one, the state as often as a person can take it in."""

from services.telemetry.core.asked import Asked, gap_facts, starts_from
from services.telemetry.core.facts import Facts
from services.telemetry.core.frames import Form
from services.telemetry.flows.audience import Audience
from services.telemetry.flows.live_feed import Backlog, Below, Gap, LiveFeed
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.viewer import Behind, Viewer


class LiveViewer(Viewer):
    """One person who watches one run."""

    stream = "live"

    def __init__(
        self,
        outlet: Outlet,
        audience: Audience,
        behind: Behind,
        *,
        asked: Asked,
        form: Form,
        heartbeat_s: float,
    ) -> None:
        super().__init__(outlet, form=form, heartbeat_s=heartbeat_s)
        self._asked = asked
        self._audience = audience
        self._behind = behind
        self._feed = LiveFeed(audience, asked)

    @property
    def cursor(self) -> int:
        """The seq it has got to."""
        return self._feed.cursor

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
        self.say("hello", hello, id_=starts_from(self._asked, self._audience.log), retry_ms=retry_ms)

    def open(self) -> None:
        """Join the audience and send what there is."""
        self._audience.watchers.join(self)
        self.push()

    def leave(self) -> None:
        """Watch nothing any more."""
        self._audience.watchers.leave(self)

    def push(self) -> None:
        """Send what is new, as far as the connection takes it."""
        outlet, audience = self.outlet, self._audience
        while outlet.free:
            part = self._feed.next()
            if part is None:
                return
            if isinstance(part, Below):
                self._behind(self)
                return
            if isinstance(part, Gap):
                self.say("gap", gap_facts(part.asked, part.reason, audience.log))
            elif isinstance(part, Backlog):
                self._send_backlog(part)
            else:
                audience.delivered += len(part.singles)
                message = part.message(self._form)
                if part.final:
                    outlet.finish(message["body"])
                else:
                    outlet.send(message)

    def feed(self, found: list[bytes]) -> None:
        """Send the single events among these frames, the ones right after ``cursor``, and go on."""
        singles = self._feed.take(found)
        if singles:
            self._audience.delivered += len(singles)
            self.outlet.write(self._form(singles))
        self.push()

    def deleted(self) -> None:
        """The run is no more."""
        self.outlet.finish(self._form([self._audience.end_frame(deleted=True)]))

    def _send_backlog(self, part: Backlog) -> None:
        self._audience.delivered += len(part.frames)
        if part.whole is None:
            self.outlet.write(self._form(part.frames))
        else:
            self.outlet.send(self._audience.watchers.greeting(part.whole, self._form))
