"""A telemetry in memory that takes events as the contract says, and can be told to do otherwise."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import anyio
import anyio.lowlevel
import msgspec

from services.executor.core.delivery.comparison import Gone, Theirs
from services.executor.core.delivery.telemetry_answer import Answer
from services.executor.flows.delivery.ports import RunsPage
from shared.digest import EMPTY, extend
from shared.events import check
from shared.stored import write_line
from shared.strict_json import loads

UNKNOWN = Answer(status=404, problem="unknown-run")
DELETED = Answer(status=410, problem="run-expired", detail="deleted")
MANY_EVENTS = 500
HALF, SELDOM = 0.5, 0.1
ANYTHING = (
    Answer(status=0, detail="the answer was lost"),
    Answer(status=200, content_type="text/html"),
    Answer(status=200, body={"high_water": 0}),
    Answer(status=502, content_type="text/html"),
    Answer(status=413),
    Answer(status=409, problem="sequence-gap", body={"expected": 1}),
    Answer(status=409, problem="sequence-gap", body={"expected": 7}),
    Answer(status=503, problem="unavailable", retry_after_s=0.001),
    Answer(status=429, problem="rate-limited"),
)
OK = Answer(status=200, body={"status": "live"})


class _Sent(msgspec.Struct):
    type: str
    seq: int
    epoch: str
    time: str
    data: msgspec.Raw


class FakeTelemetry:
    """Takes events as the contract says; ``trouble`` are answers to give instead, first come first served."""

    def __init__(self) -> None:
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.lines: dict[str, list[bytes]] = {}
        self.signs: list[Mapping[str, Any]] = []
        self.bodies: list[bytes] = []
        self.posts: list[tuple[str, int]] = []
        """Each request with events: its run and the seq it began with."""
        self.trouble: list[Answer] = []
        self.away: Answer | None = None
        """What everything is answered while this is set."""
        self.deaf: Answer | None = None
        """What requests with events are answered while this is set."""
        self.life = 1
        """How often it has been started."""
        self.refuse: Callable[[dict[str, Any]], bool] = lambda _event: False
        self.loses_before_compared = 0
        """Lose, when first asked for a run, all but its first so many events; 0 for none."""
        self.chaos: random.Random | None = None
        """Do anything at all, by this chance."""
        self.forgets = False
        """Forget a run once more than a batch of it has come."""
        self.breaks_when_asked = 0
        """Raise when asked for a run, so many times."""
        self.silent_for: str | None = None
        """Never answer a request with events of a run whose name begins so."""
        self.forged: dict[str, dict[str, Any]] = {}
        """What it says of runs against the truth."""
        self.deleted: set[str] = set()
        self.asked: list[str] = []
        """Every other request: method and path."""
        self._moved = anyio.Event()

    async def post(self, run_id: str, body: bytes) -> Answer:
        """The next trouble, or what telemetry answers."""
        self.bodies.append(body)
        self.posts.append((run_id, loads(body.split(b"\n")[0])["seq"]))
        self.move()
        await anyio.lowlevel.checkpoint()
        if self.silent_for is not None and run_id.startswith(self.silent_for):
            await anyio.sleep_forever()
        if self.forgets and len(self.events.get(run_id, ())) >= MANY_EVENTS:
            self.wipe()
        answer = self._post(run_id, body) if self.chaos is None else self._anything(self.chaos, run_id, body)
        self.move()
        return answer

    def _anything(self, chance: random.Random, run_id: str, body: bytes) -> Answer:
        """Events taken or not, an answer to it or another one, and what was taken lost again."""
        taken = self._post(run_id, body) if chance.random() < HALF else None
        if chance.random() < SELDOM:
            self.lose(run_id, chance.randrange(len(self.events.get(run_id, ())) + 1))
        return taken if taken is not None and chance.random() < HALF else chance.choice(ANYTHING)

    def _post(self, run_id: str, body: bytes) -> Answer:
        if self.away is not None or self.deaf is not None:
            return self.away or self.deaf or OK
        if self.trouble:
            return self.trouble.pop(0)
        if run_id in self.deleted:
            return DELETED
        log, lines = self.events.setdefault(run_id, []), self.lines.setdefault(run_id, [])
        accepted = duplicates = 0
        for index, line in enumerate(body.splitlines()):
            event = loads(line)
            check(event["type"], event["data"])
            if event["seq"] <= len(log):
                duplicates += 1
                continue
            if event["seq"] > len(log) + 1:
                return Answer(status=409, problem="sequence-gap", body={"expected": len(log) + 1})
            if self.refuse(event):
                body_said = {"high_water": len(log), "errors": [{"index": index}]}
                return Answer(status=422, problem="invalid-event", detail="no", body=body_said)
            log.append(event)
            lines.append(_stored(run_id, line))
            accepted += 1
        body_said = {"accepted": accepted, "duplicates": duplicates, "high_water": len(log)}
        return Answer(status=200, body=body_said)

    async def sign_of_life(self, run_id: str, sign: Mapping[str, Any]) -> Answer:
        """Taken."""
        self.signs.append(sign)
        return DELETED if run_id in self.deleted and self.away is None else await self._answer(f"PUT {run_id}")

    async def probe(self) -> Answer:
        """There."""
        answer = await self._answer("GET /health/live")
        return answer if self.away else replace(answer, body={**answer.body, "life": f"life {self.life}"})

    async def runs(self, *, limit: int, before: str | None) -> RunsPage | Answer:
        """Its runs, newest first."""
        answer = await self._answer(f"GET /runs?before={before}")
        if not answer.is_success:
            return answer
        names = [name for name in reversed(self.lines) if self.lines[name]]
        if before is not None:
            names = names[names.index(before) + 1 :]
        page = names[:limit]
        return RunsPage([self.theirs(name) for name in page], page[-1] if len(page) == limit else None)

    async def run(self, run_id: str) -> Theirs | Gone | Answer:
        """One run."""
        answer = await self._answer(f"GET {run_id}")
        if not answer.is_success:
            return answer
        if self.breaks_when_asked:
            self.breaks_when_asked -= 1
            raise RuntimeError("a mistake of ours")
        if run_id in self.deleted:
            return Gone(deleted=True)
        if self.loses_before_compared:
            self.lose(run_id, self.loses_before_compared)
            self.loses_before_compared = 0
        return self.theirs(run_id) if self.lines.get(run_id) else Gone(deleted=False)

    async def delete(self, run_id: str) -> Answer:
        """Forget it."""
        answer = await self._answer(f"DELETE {run_id}")
        if not answer.is_success:
            return answer
        if run_id in self.deleted:
            return Answer(status=204)
        if not self.lines.get(run_id):
            return UNKNOWN
        if self.events[run_id][-1]["type"] not in {"run_finished", "run_interrupted"}:
            return Answer(status=409, problem="run-active", detail="it runs")
        self.deleted.add(run_id)
        del self.lines[run_id], self.events[run_id]
        return Answer(status=204)

    def theirs(self, run_id: str) -> Theirs:
        """The run as it is listed."""
        lines = self.lines[run_id]
        digest = extend(EMPTY, lines).hex()
        epoch = self.events[run_id][0]["epoch"]
        theirs = Theirs(run_id=run_id, epoch=epoch, last=len(lines), count=len(lines), digest=digest)
        return msgspec.structs.replace(theirs, **self.forged.get(run_id, {}))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds; looked at whenever something was asked."""
        with anyio.fail_after(60):
            while not condition():
                await self._moved.wait()

    def wipe(self) -> None:
        """Lose everything."""
        self.events.clear()
        self.lines.clear()

    def lose(self, run_id: str, after: int) -> None:
        """Lose what is after this seq."""
        del self.events.get(run_id, [])[after:], self.lines.get(run_id, [])[after:]

    def move(self) -> None:
        """Something has changed."""
        self._moved.set()
        self._moved = anyio.Event()

    async def _answer(self, asked: str) -> Answer:
        self.asked.append(asked)
        await anyio.lowlevel.checkpoint()
        self.move()
        return self.away or OK


def _stored(run_id: str, line: bytes) -> bytes:
    sent = msgspec.json.decode(line, type=_Sent)
    return write_line(
        type_=sent.type,
        run_id=run_id,
        seq=sent.seq,
        epoch=sent.epoch,
        id_=None,
        time=sent.time,
        data=bytes(sent.data),
    )
