"""Bodies on their way take bounded memory, however many clients send how slowly."""

from collections.abc import Iterable

import pytest
from starlette.types import Message

from services.process.body import BodyRoom, ClientGoneError, read_body
from services.process.problem import Problem
from tests.telemetry.server import Server, log, numbered


class Client:
    """Sends these parts; after the last one its request is whole, unless it leaves."""

    def __init__(self, *parts: bytes, leaves: bool = False, room: BodyRoom | None = None) -> None:
        self._messages: Iterable[Message] = iter(
            [
                *({"type": "http.request", "body": part, "more_body": True} for part in parts),
                {"type": "http.disconnect"} if leaves else {"type": "http.request", "body": b"", "more_body": False},
            ]
        )
        self._room = room
        self.most_bytes = 0

    async def receive(self) -> Message:
        if self._room is not None:
            self.most_bytes = max(self.most_bytes, self._room.used_bytes)
        return next(iter(self._messages))


async def test_what_was_read_is_given_back_however_it_ends() -> None:
    room = BodyRoom(100)
    client = Client(b"a" * 40, b"b" * 50, room=room)
    assert len(await read_body(client.receive, 1000, room)) == 90
    assert (client.most_bytes, room.used_bytes) == (90, 0)
    with pytest.raises(ClientGoneError):
        await read_body(Client(b"a" * 40, leaves=True).receive, 1000, room)
    with pytest.raises(Problem, match="at most"):
        await read_body(Client(b"a" * 40, b"b" * 50).receive, 60, room)
    assert room.used_bytes == 0


async def test_where_there_is_no_room_the_client_is_told_to_come_back() -> None:
    room = BodyRoom(100)
    room.take(60)
    with pytest.raises(Problem) as refused:
        await read_body(Client(b"a" * 30, b"b" * 30).receive, 1000, room)
    assert refused.value.type == "unavailable"
    assert room.used_bytes == 60
    assert await read_body(Client(b"a" * 30).receive, 1000, room) == b"a" * 30


def test_a_body_in_parts_is_taken_and_leaves_nothing_behind(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, *[log("x" * 100_000)] * 20))
    assert telemetry.run(run)["count"] == 20
    assert telemetry.metric("acm2_bodies_bytes") == 0
