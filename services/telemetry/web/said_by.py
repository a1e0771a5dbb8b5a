"""What producers and pages say of themselves: ``PUT .../producer`` and ``POST .../receipts``."""

from typing import TypeVar

import msgspec
from starlette.types import Receive, Scope, Send

from services.process.body import ClientGoneError, read_body
from services.process.problem import Problem
from services.telemetry.core.producer import SignOfLife
from services.telemetry.core.receipts import Receipt
from services.telemetry.web.answers import send_facts, send_nothing
from services.telemetry.web.parts import Parts
from services.telemetry.web.run_ids import refuse_deleted, refuse_unknown, run_id_of
from shared import strict_json

MAX_WORD_BYTES = 64 * 1024


Said = TypeVar("Said", SignOfLife, Receipt)


class PutProducer:
    """The endpoint for a producer's sign of life; for an unknown run it is kept and makes no run."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        run_id = run_id_of(scope)
        try:
            said = await _read(receive, SignOfLife)
        except ClientGoneError:
            return
        mistake = said.mistake()
        if mistake is not None:
            raise Problem(
                "invalid-parameter", f"executor: {mistake}", errors=[{"path": "executor", "message": mistake}]
            )
        channel = await self._parts.runs.pin(run_id)
        try:
            refuse_deleted(channel)
            channel.hear(said)
            facts = channel.producer_facts() or {}
        finally:
            self._parts.runs.unpin(channel)
        await send_facts(send, facts)


class PostReceipt:
    """The endpoint for a page's own account."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        run_id = run_id_of(scope)
        try:
            said = await _read(receive, Receipt)
        except ClientGoneError:
            return
        channel = await self._parts.runs.pin(run_id)
        try:
            refuse_deleted(channel)
            refuse_unknown(channel)
            channel.receipts.take(said, epoch=channel.log.epoch, high=channel.log.high)
            self._parts.counters.receipts["faulty" if said.is_faulty else "ok"] += 1
        finally:
            self._parts.runs.unpin(channel)
        await send_nothing(send)


async def _read(receive: Receive, shape: type[Said]) -> Said:
    body = await read_body(receive, MAX_WORD_BYTES)
    try:
        value = strict_json.loads(body)
    except strict_json.NotJson as error:
        raise Problem("not-json", str(error), errors=[{"path": "", "message": str(error)}]) from error
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$.")
        path = where.rstrip("`")
        raise Problem(
            "invalid-parameter", f"{path}: {message}" if path else message, errors=[{"path": path, "message": message}]
        ) from error
