"""``fpf worker`` as the executor sees it: a real process, many calls, lines in and out, and every way to end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream

from shared.failures import FailureKind
from shared.llm_call import Call, Cancel, Done, Failed, Passthrough, Ping, Pong, encode_line
from tests.fpf.builders import a_request
from tests.fpf.raw_server import Connection, provider, raw_server
from tests.fpf.worker_process import COMMAND, worker_process

pytestmark = pytest.mark.e2e

SECRET_WORDS = "Rivers carry water."

# Whatever is printed inside a worker, from Python or below it, must not get into the protocol.
NOISY = """
import os, sys
sys.argv = ["fpf", "worker"]
from fpf import __main__, worker
ask = worker.run_call
async def noisy(request, means, abort):
    print("stray")
    os.write(1, b'{"op":"stray"}\\n')
    if request.model == "broken":
        raise RuntimeError(request.document)
    return await ask(request, means, abort)
worker.run_call = noisy
sys.exit(__main__.main())
"""

# A parent that dies, while its worker's pipes are held open by somebody else.
MIDDLE = """
import subprocess, sys, time
subprocess.Popen(sys.argv[1:])
time.sleep(600)
"""


async def hang(connection: Connection) -> None:
    await connection.read_request()
    await connection.hang()


async def test_hundreds_of_calls_at_once_each_end_once_with_their_own_answer() -> None:
    async def echo(connection: Connection) -> None:
        while True:
            await connection.read_request()
            asked = json.loads(connection.request)["messages"][0]["content"]
            await connection.answer({"choices": [{"message": {"content": asked}, "finish_reason": "stop"}]})

    async with raw_server(echo) as server, worker_process({"MYLAB_BASE_URL": server.base_url}) as worker:
        calls = [Call(id=f"c{n}", request=a_request(instructions=f"call {n}")) for n in range(400)]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.write, *calls)
            ends = await worker.read_ends(400)
        assert server.requests == 400
        for call in calls:
            end = ends[call.id]
            assert isinstance(end, Done)
            assert end.answer.text.startswith(f"{call.request.instructions}\n\n")
            assert end.answer.duration_s > 0


async def test_a_refused_answer_is_a_failure_with_what_it_cost() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 3}
    async with provider("short", usage=usage) as server, worker_process({"MYLAB_BASE_URL": server.base_url}) as worker:
        await worker.write(Call(id="c", request=a_request(min_bytes=3072)))
        end = (await worker.read_ends(1))["c"]
    assert isinstance(end, Failed)
    failure = end.failure
    assert (failure.kind, failure.sent, failure.text) == (FailureKind.OUTPUT_TOO_SMALL, "yes", "short")
    assert (failure.input_tokens, failure.output_tokens) == (9, 3)


async def test_a_cancelled_call_ends_and_the_others_go_on() -> None:
    async with raw_server(hang) as hanging, provider() as server:
        environ = {"SLOW_BASE_URL": hanging.base_url, "MYLAB_BASE_URL": server.base_url}
        async with worker_process(environ) as worker:
            await worker.write(Call(id="slow", request=a_request(provider="slow")), Cancel(id="nobody"))
            while not hanging.requests:
                await worker.write(Ping(n=1))
                assert isinstance(await worker.read(), Pong)
            await worker.write(Cancel(id="slow"), Call(id="quick", request=a_request()))
            ends = await worker.read_ends(2)
    assert isinstance(ends["quick"], Done)
    slow = ends["slow"]
    assert isinstance(slow, Failed)
    assert (slow.failure.kind, slow.failure.sent) == (FailureKind.CANCELLED, "maybe")


async def test_a_call_cancelled_in_the_same_breath_is_never_sent() -> None:
    async with raw_server(hang) as hanging, worker_process({"MYLAB_BASE_URL": hanging.base_url}) as worker:
        await worker.write(Call(id="c", request=a_request()), Cancel(id="c"))
        end = (await worker.read_ends(1))["c"]
        assert hanging.requests == 0
    assert isinstance(end, Failed)
    assert (end.failure.kind, end.failure.sent) == (FailureKind.CANCELLED, "no")


async def test_a_request_in_the_providers_own_words_comes_back_as_its_whole_reply() -> None:
    asked: list[dict[str, object]] = []
    reply = {"choices": [{"message": {"content": "Why not?"}}], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}

    async def remember(connection: Connection) -> None:
        await connection.read_request()
        asked.append(json.loads(connection.request))
        await connection.answer(reply)

    body = {"model": "m-1", "messages": [{"role": "user", "content": "Why?"}], "stream": True, "temperature": 0.4}
    passthrough = Passthrough(endpoint="chat/completions", body=body)
    async with raw_server(remember) as server, worker_process({"MYLAB_BASE_URL": server.base_url}) as worker:
        request = a_request(instructions="", document="", passthrough=passthrough, max_completion_tokens=50)
        await worker.write(Call(id="c", request=request))
        end = (await worker.read_ends(1))["c"]
    assert isinstance(end, Done)
    assert json.loads(end.answer.text) == reply
    assert (end.answer.input_tokens, end.answer.output_tokens) == (7, 3)
    assert asked == [{**body, "stream": False, "max_tokens": 50}]


async def test_a_pong_says_how_many_calls_are_in_flight() -> None:
    async with raw_server(hang) as hanging, worker_process({"MYLAB_BASE_URL": hanging.base_url}) as worker:
        await worker.write(*(Call(id=f"c{n}", request=a_request()) for n in range(3)), Ping(n=7))
        pong = await worker.read()
    assert isinstance(pong, Pong)
    assert (pong.n, pong.in_flight) == (7, 3)
    assert pong.loop_lag_ms >= 0


async def test_stray_prints_and_faults_of_ours_do_not_break_the_stream(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"steps": [{"text": "Fine."}]}', encoding="utf-8")
    environ = {"SCRIPTED_FILE": str(tmp_path / "s.json")}
    async with worker_process(environ, command=[sys.executable, "-P", "-c", NOISY]) as worker:
        fine = a_request(provider="scripted")
        broken = a_request(provider="scripted", model="broken")
        await worker.write(Call(id="a", request=fine), Call(id="b", request=broken), Call(id="c", request=fine))
        ends = await worker.read_ends(3)
        await worker.close_input()
        assert await worker.until_ended() == 0
        errors = await worker.errors()
    assert isinstance(ends["a"], Done)
    assert isinstance(ends["c"], Done)
    fault = ends["b"]
    assert isinstance(fault, Failed)
    assert (fault.failure.kind, fault.failure.message) == (FailureKind.INTERNAL, "fault in fpf: RuntimeError")
    assert errors.count("stray\n") == 3
    assert "RuntimeError" in errors
    assert SECRET_WORDS not in errors


async def test_a_large_document_and_many_large_answers_wait_for_a_slow_reader(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps({"steps": [{"text": "x" * 1_000_000}]}), encoding="utf-8")
    async with worker_process({"SCRIPTED_FILE": str(tmp_path / "s.json")}) as worker:
        document = "é" * 2_000_000
        requests = [Call(id=f"c{n}", request=a_request(provider="scripted", document=document)) for n in range(12)]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.write, *requests)
            await anyio.wait_all_tasks_blocked()
            ends = await worker.read_ends(12)
    assert all(isinstance(end, Done) and len(end.answer.text) == 1_000_000 for end in ends.values())


async def test_the_end_of_input_cancels_what_is_in_flight_and_ends_the_worker() -> None:
    async with raw_server(hang) as hanging, worker_process({"MYLAB_BASE_URL": hanging.base_url}) as worker:
        await worker.write(*(Call(id=f"c{n}", request=a_request()) for n in range(3)))
        await worker.close_input()
        ends = await worker.read_ends(3)
        assert await worker.until_ended() == 0
    kinds = {end.failure.kind for end in ends.values() if isinstance(end, Failed)}
    assert kinds == {FailureKind.CANCELLED}


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"",
        b'{"op":"dance"}',
        b'{"op":"call","id":"c"}',
        b'{"op":"cancel","id":5}',
        b'{"op":"call","id":"c","request":{"provider":"p","model":"m","instructions":"Rivers carry water.","document":1}}',
        encode_line(Call(id="twice", request=a_request()))[:-1],
    ],
)
async def test_a_line_that_is_none_ends_the_worker_with_70_and_is_not_quoted(line: bytes) -> None:
    async with raw_server(hang) as hanging, worker_process({"MYLAB_BASE_URL": hanging.base_url}) as worker:
        await worker.write(Call(id="twice", request=a_request()))
        await worker.write_raw(line + b"\n")
        ends = await worker.read_ends(1)
        assert await worker.until_ended() == 70
        errors = await worker.errors()
    assert isinstance(ends["twice"], Failed)
    assert "the other side sent" in errors
    assert SECRET_WORDS not in errors


async def test_a_killed_worker_is_seen_at_once_as_the_end_of_its_output() -> None:
    async with raw_server(hang) as hanging, worker_process({"MYLAB_BASE_URL": hanging.base_url}) as worker:
        await worker.write(Call(id="c", request=a_request()))
        worker.process.kill()
        assert await worker.until_ended() == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel must be able to do it")
async def test_a_worker_dies_with_its_parent_even_while_its_pipes_are_open() -> None:
    command = [sys.executable, "-P", "-c", MIDDLE, *COMMAND]
    async with await anyio.open_process(command, stderr=None) as middle:
        assert middle.stdout is not None
        with anyio.fail_after(60):
            lines = BufferedByteReceiveStream(middle.stdout)
            assert json.loads(await lines.receive_until(b"\n", 1000))["op"] == "ready"
            middle.kill()
            with pytest.raises(anyio.EndOfStream):
                await lines.receive()


async def test_a_worker_is_in_a_process_group_of_its_own() -> None:
    async with worker_process() as worker:
        assert os.getpgid(worker.process.pid) == worker.process.pid


async def test_without_pipes_it_says_what_it_needs() -> None:
    ended = await anyio.run_process(COMMAND, check=False, stdin=subprocess.DEVNULL)
    assert (ended.returncode, ended.stdout) == (64, b"")
    assert b"pipe" in ended.stderr


async def test_a_worker_loads_nothing_a_command_line_needs() -> None:
    loaded = "import sys; import fpf.worker; print(sorted({'typer', 'argparse', 'pydantic', 'xllamacpp', 'yaml'} & set(sys.modules)))"
    ended = await anyio.run_process([sys.executable, "-P", "-c", loaded])
    assert ended.stdout == b"[]\n"
