"""``POST /runs/{run_id}/events``: read, take apart, hand over, and say what became of each event."""

from http import HTTPStatus
from typing import Any

import anyio
from starlette.types import Receive, Scope, Send

from services.process.body import ClientGoneError, read_body
from services.process.problem import Problem
from services.telemetry.core.bodies import Body, split_body
from services.telemetry.core.refused import Refused
from services.telemetry.errors import StoreError
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.ingest import Outcome
from services.telemetry.flows.read_events import read_events
from services.telemetry.web.answers import send_json, store_problem
from services.telemetry.web.asking import header
from services.telemetry.web.parts import Parts
from services.telemetry.web.run_ids import refuse_deleted, run_id_of
from shared.limits import MAX_BODY_BYTES

CROWD_PAUSE_S = 0.1
"""How long a producer waits for its answer while a large audience is behind."""
_NOTHING_TAKEN = {"accepted": 0, "duplicates": 0, "high_water": 0, "expected": 1}


class PostEvents:
    """The endpoint."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answer(scope, receive, send)
        except Problem as problem:
            # Every refusal says how far it got, also one that came before the run was looked at.
            problem.extra = _NOTHING_TAKEN | problem.extra
            self._count(scope, problem)
            raise
        except StoreError as error:
            unavailable = store_problem(error, **_NOTHING_TAKEN)
            self._count(scope, unavailable)
            raise unavailable from error
        except ClientGoneError:
            return

    def _count(self, scope: Scope, problem: Problem) -> None:
        if problem.status == HTTPStatus.SERVICE_UNAVAILABLE and run_id_of(scope) != self._parts.canary.run_id:
            self._parts.counters.unavailable[problem.type] += 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        run_id = run_id_of(scope)
        too_large: Problem | None = None
        try:
            body = await read_body(receive, MAX_BODY_BYTES, self._parts.bodies)
        except Problem as problem:
            if problem.type != "too-large":
                raise
            body, too_large = b"", problem
        runs = self._parts.runs
        channel = await runs.pin(run_id)
        try:
            refuse_deleted(channel)
            if too_large is not None:
                raise await self._refused(channel, Refused(too_large.type, "", too_large.detail), b"", Outcome(0, 0, 1))
            await self._take(channel, scope, body, send)
        finally:
            runs.unpin(channel)

    async def _take(self, channel: Channel, scope: Scope, body: bytes, send: Send) -> None:
        parts = self._parts
        try:
            texts = _split(scope, body)
        except Refused as refused:
            raise await self._refused(channel, refused, body, Outcome(0, 0, 1)) from refused
        if parts.storage.closed is not None:
            raise store_problem(parts.storage.closed, **_so_far(channel, 0, 0))
        if parts.committer.full:
            raise Problem("unavailable", "too many events wait to be stored; try again", **_so_far(channel, 0, 0))
        events, refused_later = await read_events(texts, channel.run_id, parts.counters)
        outcome = await parts.ingest.take(channel, events)
        if outcome.failure is not None:
            raise store_problem(outcome.failure, **_so_far(channel, 0, 0)) from outcome.failure
        if outcome.refused is None and refused_later is not None:
            outcome = outcome._replace(refused=refused_later, at=len(events))
        if outcome.refused is not None:
            raise await self._refused(channel, outcome.refused, texts.texts[outcome.at], outcome)
        if channel.audience.readers.crowded:
            # Most viewers are far behind: what they are owed comes before more of it. Nobody else waits for this.
            await anyio.sleep(CROWD_PAUSE_S)
        answer = b'{"accepted":%d,"duplicates":%d,"high_water":%d,"durable":"fsync","subscribers":%d}'
        high = channel.log.high
        await send_json(send, answer % (outcome.accepted, outcome.duplicates, high, len(channel.audience)))

    async def _refused(self, channel: Channel, refused: Refused, text: bytes, outcome: Outcome) -> Problem:
        if not channel.hidden:
            await self._parts.rejections.note(channel, outcome.at, refused, text)
        where = f"event {outcome.at}" + (f", {refused.path}" if refused.path else "")
        return Problem(
            refused.type,
            f"{where}: {refused.message}",
            errors=[{"index": outcome.at, "path": refused.path, "message": refused.message}],
            **_so_far(channel, outcome.accepted, outcome.duplicates),
        )


def _so_far(channel: Channel, accepted: int, duplicates: int) -> dict[str, Any]:
    return {
        "accepted": accepted,
        "duplicates": duplicates,
        "high_water": channel.log.high,
        "expected": channel.numbering.high + 1,
    }


def _split(scope: Scope, body: bytes) -> Body:
    encoding = header(scope, b"content-encoding").strip().lower()
    if encoding not in {"", "identity"}:
        raise Refused("unsupported-type", "", f"Content-Encoding {encoding[:40]!r} is not taken; send it as it is")
    return split_body(header(scope, b"content-type"), body)
