"""``fpf`` as people and scripts run it: a real process, its files, its two streams, its exit code."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from tests.fpf.raw_server import Connection, provider, raw_server

pytestmark = pytest.mark.e2e

DOCUMENT = "Rivers carry water from the mountains to the sea, and nobody else knows this sentence."
KEY = "sk-s3cret-key-9"


@dataclass
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


async def fpf(tmp_path: Path, *arguments: str, **environ: str) -> Ended:
    """Run the command with a document and instructions, from a folder that is not the project's."""
    (tmp_path / "doc.md").write_text(DOCUMENT, encoding="utf-8")
    (tmp_path / "task.md").write_text("Summarise it.", encoding="utf-8")
    command = [sys.executable, "-P", "-m", "fpf", "--file-a", "doc.md", "--file-b", "task.md", *arguments]
    ended = await anyio.run_process(command, check=False, cwd=tmp_path, env=dict(os.environ) | environ)
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


async def scripted(tmp_path: Path, step: dict[str, object], *arguments: str) -> Ended:
    (tmp_path / "script.json").write_text(json.dumps({"steps": [step]}), encoding="utf-8")
    return await fpf(tmp_path, "--provider", "scripted", "--model", "script.json", *arguments)


async def test_an_answer_goes_to_its_file_and_stdout_holds_its_path_alone(tmp_path: Path) -> None:
    ended = await scripted(tmp_path, {"text": "Fine."}, "--min-bytes", "5", "--out", "a.md", "--verbose")
    assert (ended.code, ended.out) == (0, "a.md\n")
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "Fine."
    assert "5 bytes" in ended.err
    assert "Rivers" not in ended.err


async def test_without_out_the_answer_itself_is_the_result(tmp_path: Path) -> None:
    ended = await scripted(tmp_path, {"text": "Fine."}, "--min-bytes", "0")
    assert (ended.code, ended.out, ended.err) == (0, "Fine.\n", "")


async def test_a_small_answer_is_refused_and_no_file_is_left(tmp_path: Path) -> None:
    ended = await scripted(tmp_path, {"text": "Fine."}, "--out", "a.md")
    assert (ended.code, ended.out) == (65, "")
    assert "output_too_small: the answer has 5 bytes, the least accepted is 3072" in ended.err
    assert not (tmp_path / "a.md").exists()


async def test_json_turns_the_size_rule_off_and_refuses_what_is_not_json(tmp_path: Path) -> None:
    ended = await scripted(tmp_path, {"text": '```json\n{"winner": "A"}\n```'}, "--json")
    assert (ended.code, ended.out) == (0, '{"winner": "A"}\n')
    ended = await scripted(tmp_path, {"text": "A wins."}, "--json", "--out", "a.json")
    assert (ended.code, (tmp_path / "a.json").exists()) == (65, False)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("bad_request", 64),
        ("truncated", 65),
        ("content_filtered", 65),
        ("server", 69),
        ("connection", 69),
        ("internal", 70),
        ("rate_limited", 75),
        ("timeout", 75),
        ("auth", 77),
        ("quota", 77),
    ],
)
async def test_each_kind_of_failure_has_its_exit_code(tmp_path: Path, kind: str, code: int) -> None:
    ended = await scripted(tmp_path, {"fail": kind})
    assert (ended.code, ended.out) == (code, "")
    assert f"{kind}: " in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--provider", "scripted"], "--model"),
        (["--provider", "local", "--model", "m", "--timeout", "never"], "--timeout"),
        (["--provider", "local", "--model", "m", "--file-a", "gone.md"], "--file-a: gone.md"),
        (["--provider", "local", "--model", "m", "--file-b", "/dev/null"], "--file-b: /dev/null is empty"),
        (["--provider", "local", "--model", "m", "--out", "gone/a.md"], "--out"),
        (["--provider", "local", "--model", "m", "--out", "doc.md"], "--out"),
        (["--provider", "local", "--model", "m", "--json", "--json-schema", "doc.md"], "--json-schema"),
        (["--provider", "local", "--model", "smollm2-135m", "--reasoning-effort", "low"], "reasoning_effort: "),
        (["--provider", "mylab", "--model", "m"], "MYLAB_BASE_URL"),
    ],
)
async def test_wrong_use_is_64_and_names_what_is_wrong(tmp_path: Path, arguments: list[str], words: str) -> None:
    ended = await fpf(tmp_path, *arguments)
    assert (ended.code, ended.out) == (64, "")
    assert words in ended.err
    assert "Traceback" not in ended.err


async def test_a_missing_key_is_77_and_names_the_variable(tmp_path: Path) -> None:
    ended = await fpf(tmp_path, "--provider", "openai", "--model", "m")
    assert ended.code == 77
    assert "OPENAI_API_KEY" in ended.err


async def test_a_provider_is_asked_once_and_its_key_is_shown_nowhere(tmp_path: Path) -> None:
    async with provider("An answer.", usage={"prompt_tokens": 9, "completion_tokens": 3}) as server:
        ended = await fpf(
            tmp_path,
            *("--provider", "mylab", "--model", "m", "--min-bytes", "1", "--verbose"),
            MYLAB_BASE_URL=server.base_url,
            MYLAB_API_KEY=KEY,
        )
        assert server.requests == 1
        assert f"authorization: Bearer {KEY}".encode() in server.heads[0]
    assert (ended.code, ended.out) == (0, "An answer.\n")
    assert "tokens in 9, out 3" in ended.err
    assert KEY not in ended.err


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_every_option_reaches_the_provider_and_the_key_no_list_of_processes(tmp_path: Path) -> None:
    bodies: list[dict[str, object]] = []
    commands: list[bytes] = []

    async def look_around(connection: Connection) -> None:
        await connection.read_request()
        bodies.append(json.loads(connection.request))
        commands.extend(_command_lines())
        await connection.answer({"content": [{"type": "text", "text": "Fine."}], "stop_reason": "stop_sequence"})

    async with raw_server(look_around) as server:
        ended = await fpf(
            tmp_path,
            *("--provider", "anthropic", "--model", "claude-opus-4-6", "--min-bytes", "0", "--verbose"),
            *("--max-completion-tokens", "64", "--stop", "END", "--reasoning-effort", "low"),
            ANTHROPIC_BASE_URL=server.base_url,
            ANTHROPIC_API_KEY=KEY,
        )
        assert f"x-api-key: {KEY}".encode() in server.heads[0]
    assert (ended.code, ended.out) == (0, "Fine.\n")
    (body,) = bodies
    assert {name: value for name, value in body.items() if name not in ("model", "messages")} == {
        "max_tokens": 64,
        "stop_sequences": ["END"],
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "low"},
    }
    assert any(b"claude-opus-4-6" in command for command in commands)
    assert not any(KEY.encode() in command for command in commands)
    assert KEY not in ended.err


def _command_lines() -> list[bytes]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        # A process may end between the list and the look.
        with contextlib.suppress(OSError):
            found.append(file.read_bytes())
    return found


async def test_an_error_of_the_provider_is_one_request_too(tmp_path: Path) -> None:
    async def refuse(connection: Connection) -> None:
        await connection.read_request()
        body = {"error": {"message": f"no more for {KEY}: {DOCUMENT}", "code": "rate_limit_exceeded"}}
        await connection.answer(body, status=429, headers="Retry-After: 7\r\n")

    async with raw_server(refuse) as server:
        ended = await fpf(
            tmp_path, "--provider", "mylab", "--model", "m", MYLAB_BASE_URL=server.base_url, MYLAB_API_KEY=KEY
        )
        assert server.requests == 1
    assert ended.code == 75
    assert "rate_limited: mylab answered 429 (rate_limit_exceeded) (sent: yes); it asks to wait 7 s" in ended.err
    assert KEY not in ended.err
    assert "Rivers" not in ended.err


async def test_nobody_listening_is_69(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
        ended = await fpf(tmp_path, "--provider", "mylab", "--model", "m", MYLAB_BASE_URL=address)
    assert ended.code == 69
    assert "connection: no connection to the provider: Connection refused (sent: no)" in ended.err


async def test_a_proxy_of_the_environment_is_not_used(tmp_path: Path) -> None:
    async with provider() as server, provider() as proxy:
        environ = {"MYLAB_BASE_URL": server.base_url, "HTTP_PROXY": proxy.base_url, "http_proxy": proxy.base_url}
        ended = await fpf(tmp_path, "--provider", "mylab", "--model", "m", "--min-bytes", "0", **environ)
        assert (ended.code, server.requests, proxy.connections) == (0, 1, 0)


async def test_ctrl_c_ends_it_with_130_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "doc.md").write_text(DOCUMENT, encoding="utf-8")
    arguments = ["--file-a", "doc.md", "--file-b", "doc.md", "--provider", "mylab", "--model", "m", "--out", "a.md"]
    asked = anyio.Event()

    async def say_so_and_hang(connection: Connection) -> None:
        await connection.read_request()
        asked.set()
        await connection.hang()

    async with raw_server(say_so_and_hang) as server:
        environ = dict(os.environ) | {"MYLAB_BASE_URL": server.base_url}
        async with await anyio.open_process(
            [sys.executable, "-P", "-m", "fpf", *arguments], cwd=tmp_path, env=environ, start_new_session=True
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            await asked.wait()
            process.send_signal(signal.SIGINT)
            assert [chunk async for chunk in process.stdout] == []
            assert [chunk async for chunk in process.stderr] == []
            assert await process.wait() == 130
    assert [name async for name in anyio.Path(tmp_path).iterdir()] == [anyio.Path(tmp_path / "doc.md")]


async def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "script.json").write_text('{"steps": [{"text": "Fine."}]}', encoding="utf-8")
    (tmp_path / "doc.md").write_text(DOCUMENT, encoding="utf-8")
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-P", "-m", "fpf", "--file-a", "doc.md", "--file-b", "doc.md", "--min-bytes", "0"]
    ended = await anyio.run_process(
        [*command, "--provider", "scripted", "--model", "script.json"],
        check=False,
        cwd=tmp_path,
        stdout=write_end,
        stderr=subprocess.PIPE,
    )
    os.close(write_end)
    assert (ended.returncode, ended.stderr) == (0, b"")
