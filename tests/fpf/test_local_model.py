"""The embedded model, for real: it answers, it is held to JSON, and its server ends with whoever started it."""

import json
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import msgspec
import psutil
import pytest
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from fpf.abort import Abort
from fpf.call import Means, Outcome, run_call
from fpf.local_ready import ServerReady
from fpf.scripted import Scripts
from fpf.transport import open_sender
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure
from tests.fpf.builders import a_request
from tests.fpf.test_command import fpf

pytestmark = [pytest.mark.model, pytest.mark.e2e]

VERDICT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "evaluations": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "criterion": {"type": "string", "enum": ["Relevance", "Clarity"]},
                    "score": {"type": "integer", "minimum": 1, "maximum": 5},
                    "reason": {"type": "string", "maxLength": 60},
                },
                "required": ["criterion", "score", "reason"],
            },
        }
    },
    "required": ["evaluations"],
}


async def started() -> tuple[Process, ServerReady]:
    process = await anyio.open_process([sys.executable, "-P", "-m", "fpf", "local-server"], stderr=None)
    assert process.stdout is not None
    line = await BufferedByteReceiveStream(process.stdout).receive_until(b"\n", 4096)
    return process, msgspec.json.decode(line, type=ServerReady)


@pytest.fixture(scope="module")
async def base_url() -> AsyncIterator[str]:
    process, ready = await started()
    yield ready.base_url
    assert process.stdin is not None
    await process.stdin.aclose()
    with anyio.fail_after(60):
        assert await process.wait() == 0
    await process.aclose()


def _cpu_s(process: Process) -> float:
    return psutil.Process(process.pid).cpu_times().user


async def ask(base_url: str, **changes: Any) -> Outcome:
    request = a_request(
        **{"provider": "local", "model": "smollm2-135m", "base_url": base_url, "timeout_s": 100.0} | changes
    )
    async with open_sender(time.time) as sender:
        return await run_call(request, Means(sender, Scripts(), {}, time.perf_counter), Abort())


async def test_it_answers_with_its_usage(base_url: str) -> None:
    outcome = await ask(base_url, max_completion_tokens=120, temperature=0.2)
    assert isinstance(outcome, LlmAnswer), outcome
    assert outcome.text
    assert outcome.input_tokens
    assert outcome.output_tokens


async def test_held_to_a_schema_it_always_answers_in_it_however_hot(base_url: str) -> None:
    outcomes: list[Outcome] = []

    async def judge(number: int) -> None:
        outcomes.append(
            await ask(base_url, json=True, json_schema=VERDICT, instructions=f"Judge {number}.", temperature=1.8)
        )

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(judge, number)
    for outcome in outcomes:
        assert isinstance(outcome, LlmAnswer), outcome
        evaluations = json.loads(outcome.text)["evaluations"]
        assert len(evaluations) == 2
        assert all(1 <= each["score"] <= 5 and len(each["reason"]) <= 60 for each in evaluations)


async def test_asked_for_any_object_it_answers_with_one(base_url: str) -> None:
    outcome = await ask(base_url, json=True, instructions="Name the winner, A or B, and a reason, in JSON.")
    assert isinstance(outcome, LlmAnswer), outcome
    assert isinstance(json.loads(outcome.text), dict)


async def test_a_prompt_that_does_not_fit_is_a_clear_bad_request(base_url: str) -> None:
    outcome = await ask(base_url, document="word " * 6000)
    assert isinstance(outcome, LlmFailure)
    assert outcome.kind is FailureKind.BAD_REQUEST
    assert "exceeds the available context size" in outcome.message


async def test_an_answer_cut_at_its_token_limit_is_truncated(base_url: str) -> None:
    outcome = await ask(base_url, max_completion_tokens=3)
    assert isinstance(outcome, LlmFailure)
    assert (outcome.kind, outcome.output_tokens) == (FailureKind.TRUNCATED, 3)


async def test_its_server_ends_at_sigterm_even_in_the_middle_of_an_answer() -> None:
    process, ready = await started()
    outcomes: list[Outcome] = []
    at_rest_s = _cpu_s(process)

    async def write_long() -> None:
        outcomes.append(await ask(ready.base_url, instructions="Count from 1 to 2000, each number on its own line."))

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write_long)
            while _cpu_s(process) < at_rest_s + 0.3:  # noqa: ASYNC110 - another process's work is seen in no other way
                await anyio.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    await process.aclose()
    (outcome,) = outcomes
    assert isinstance(outcome, LlmFailure)
    assert outcome.kind is FailureKind.CONNECTION


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-P", "-m", "fpf", "local-server", "--port", str(port)]
        ended = await anyio.run_process(command, check=False)
    assert (ended.returncode, ended.stdout) == (69, b"")
    assert f"--port: {port} on 127.0.0.1 is taken".encode() in ended.stderr


async def test_the_command_brings_a_server_of_its_own_and_ends_it(tmp_path: Path) -> None:
    arguments = ("--provider", "local", "--model", "smollm2-135m", "--json", "--out", "a.json")
    ended = await fpf(tmp_path, *arguments)
    assert (ended.code, ended.out, ended.err) == (0, "a.json\n", "")
    assert isinstance(json.loads((tmp_path / "a.json").read_text(encoding="utf-8")), dict)
