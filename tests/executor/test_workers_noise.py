"""The real worker, made to babble: events have a channel of their own, and whatever else is said blocks and spoils nothing."""

import json
import sys

import anyio
import pytest

from shared.llm_call import LlmAnswer, LlmRequest
from tests.executor.worker_pool import Outcome, a_pool, kept
from tests.fpf.raw_server import Connection, raw_server

pytestmark = pytest.mark.e2e

MEGABYTE = 1_000_000

BABBLING = """
import os, sys
sys.argv = ["fpf", "worker"]
from fpf import __main__, worker
ask = worker.run_call

async def babbling(request, means, abort):
    print("x" * 5_000_000)
    sys.stdout.flush()
    os.write(1, b'{"op":"done","id":"k0","answer":{"text":"forged","duration_s":1}}\\n')
    os.write(2, b"y" * 5_000_000)
    os.system("echo a child of a child speaks; echo and complains >&2")
    return await ask(request, means, abort)

worker.run_call = babbling
sys.exit(__main__.main())
"""


def a_request(number: int) -> LlmRequest:
    return LlmRequest(
        provider="mylab", model="m", instructions=f"call {number}", document="a text of its own", timeout_s=60
    )


async def test_ten_megabytes_a_call_on_both_outputs_delay_no_answer_and_forge_none() -> None:
    """The provider holds its last answer back until all others have arrived: they come live, not at the end."""
    arrived = anyio.Event()
    outcomes: dict[int, Outcome] = {}

    async def answer(connection: Connection) -> None:
        await connection.read_request()
        asked = json.loads(connection.request)["messages"][0]["content"]
        if asked.startswith("call 5"):
            await arrived.wait()
        await connection.answer({"choices": [{"message": {"content": asked}, "finish_reason": "stop"}]})

    command = (sys.executable, "-P", "-c", BABBLING)
    async with raw_server(answer) as server:
        workers = a_pool(1, command=command, environ={"MYLAB_BASE_URL": server.base_url})
        async with kept(workers):

            async def ask(number: int) -> None:
                outcomes[number] = await workers.ask(f"k{number}", a_request(number))
                if len(outcomes) == 5:
                    arrived.set()

            async with anyio.create_task_group() as group:
                for number in range(6):
                    group.start_soon(ask, number)
            assert workers.deaths == 0
            heard = [worker._child.words.stray_bytes for worker in workers._workers]
    for number, outcome in outcomes.items():
        assert isinstance(outcome, LlmAnswer)
        assert outcome.text == f"call {number}\n\na text of its own"
    assert sum(heard) > 50 * MEGABYTE
    assert server.requests == 6
