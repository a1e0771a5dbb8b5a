"""``acm2 demo``: on a terminal and without one, with a stand-in for its preset, and once as it is."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import anyio
import psutil
import pytest

from services.cli.processes.port_holder import is_taken
from tests.cli.acm2_process import acm2, acm2_on_terminal, environment
from tests.e2e.configs import judged
from tests.e2e.provider import ScriptedProvider, scripted_provider
from tests.free_port import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    ports = {name: str(free_port("127.0.0.1")) for name in ("ACM2_EXECUTOR_PORT", "ACM2_TELEMETRY_PORT")}
    return environment(tmp_path, ACM2_DATA_DIR=str(tmp_path / "data"), **ports)


@pytest.fixture
def whole(tmp_path: Path, env: dict[str, str]) -> dict[str, str]:
    """A preset called demo-full with all five phases, on a script; nothing called demo."""
    presets = tmp_path / "presets"
    presets.mkdir()
    model = {"provider": "scripted", "model": "writer"}
    judge = {"provider": "scripted", "model": "judge"}
    config = {
        "name": "demo-full",
        "documents": [{"id": "letter", "text": "About the tides."}],
        "generation": {"instructions": {"text": "Write."}, "models": [model], "iterations": 2},
        "single_eval": {"criteria": ["Clarity"], "judges": [judge]},
        "pairwise_eval": {"judges": [judge]},
        "combine": {"instructions": {"text": "Combine."}, "models": [model]},
    }
    (presets / "demo-full.yaml").write_text(json.dumps(config))
    rules = [
        {"model": "writer", "steps": [{"text": "{{number}} by {{model}}"}]},
        {"match": "winner", "steps": [{"json": {"winner": "A", "reason": "first"}}]},
        {"steps": [{"score": 4}]},
    ]
    (tmp_path / "script.json").write_text(json.dumps({"rules": rules}))
    return env | {"ACM2_PRESETS_DIR": str(presets), "SCRIPTED_FILE": str(tmp_path / "script.json")}


@pytest.fixture
def quick(tmp_path: Path, env: dict[str, str]) -> Iterator[tuple[dict[str, str], ScriptedProvider]]:
    """A preset called demo that asks a provider of the test's own."""
    presets = tmp_path / "presets"
    presets.mkdir()
    (presets / "demo.yaml").write_text(json.dumps(judged("lab", documents=3) | {"name": "demo"}))
    # Fewer failures than a call has attempts: whichever call they meet, it gets its answer.
    with scripted_provider("ok", "500", "ok", "500", *["ok"] * 96) as lab:
        yield env | {"ACM2_PRESETS_DIR": str(presets), "LAB_BASE_URL": lab.base_url}, lab


def gone(env: dict[str, str]) -> bool:
    return not any(is_taken("127.0.0.1", int(env[name])) for name in ("ACM2_EXECUTOR_PORT", "ACM2_TELEMETRY_PORT"))


async def test_without_a_terminal_it_ends_with_the_run_and_prints_page_scores_and_answer(
    quick: tuple[dict[str, str], ScriptedProvider],
) -> None:
    env, lab = quick
    done = await acm2("demo", env=env)
    assert done.code == 0, done.err
    assert re.search(rf"page +http://127\.0\.0\.1:{env['ACM2_TELEMETRY_PORT']}/\?run=\S+", done.out)
    assert "answer  Best: lab/mock-1" in done.out
    assert "9 ok, 0 failed" in done.err
    retried = lab.counts.requests - lab.counts.answered_ok
    assert f"{retried} retried" in done.err
    assert gone(env)


async def test_with_full_all_five_phases_run_and_what_follows_from_them_is_shown(whole: dict[str, str]) -> None:
    done = await acm2("demo", "--full", env=whole)
    assert done.code == 0, done.err
    assert "13 planned" in done.err
    for phase in ("generation", "single eval", "pairwise eval", "combine", "post combine eval"):
        assert re.search(rf"^  {phase} +\d+ calls?$", done.err, re.MULTILINE)
    assert "13 ok, 0 failed" in done.err
    assert "all 13 planned calls succeeded" in done.out
    assert "winner  letter: " in done.out
    assert "what is shown first won 100%" in done.out
    assert gone(whole)


async def test_on_a_terminal_it_stays_until_ctrl_c_and_then_ends_with_the_runs_code(
    quick: tuple[dict[str, str], ScriptedProvider],
) -> None:
    env, _ = quick
    async with acm2_on_terminal("demo", env=env) as live:
        await live.until("stays up until Ctrl-C")
        for shown in ("9 ok", "retried", "9 planned", "completed", "answer  Best", "/?run="):
            assert shown in live.out
        started = live.children()
        assert not gone(env)
        live.process.send_signal(signal.SIGINT)
        assert await live.end() == 0
        _, alive = await anyio.to_thread.run_sync(lambda: psutil.wait_procs(started, timeout=40))
        assert not alive
    assert gone(env)


async def test_with_exit_it_ends_on_a_terminal_too(quick: tuple[dict[str, str], ScriptedProvider]) -> None:
    env, _ = quick
    async with acm2_on_terminal("demo", "--exit", env=env) as live:
        assert await live.end() == 0
    assert "stays up" not in live.out
    assert gone(env)


async def test_before_a_run_that_may_cost_money_a_person_is_asked(
    quick: tuple[dict[str, str], ScriptedProvider],
) -> None:
    env, lab = quick
    async with acm2_on_terminal("run", "demo", env=env) as live:
        await live.until("Start it? [y/N]")
        assert "$" in live.out
        live.type("n\n")
        assert await live.end() == 64
    assert lab.counts.requests == 0
    async with acm2_on_terminal("run", "demo", env=env) as live:
        await live.until("Start it? [y/N]")
        live.type("y\n")
        assert await live.end() == 0
    assert lab.counts.answered_ok == 9
    async with acm2_on_terminal("run", "demo", "--yes", env=env) as live:
        assert await live.end() == 0
    assert "Start it?" not in live.out


@pytest.mark.model
async def test_as_it_is_a_real_model_scores_the_documents_that_come_with_it(env: dict[str, str]) -> None:
    done = await acm2("demo", "--exit", "--json", env=env, limit_s=280)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["status"] == "completed"
    scores = found["results"]["scores"]
    assert len(scores) >= 2
    for document in scores:
        assert document["judged"] == document["planned"] >= 1
        assert all(1 <= value <= 5 for value in document["criteria"].values())
    assert gone(env)


@pytest.mark.model
@pytest.mark.timeout(600)
async def test_a_real_model_goes_through_all_five_phases(env: dict[str, str]) -> None:
    done = await acm2("demo", "--full", "--exit", "--json", env=env, limit_s=580)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["status"] == "completed"
    plan = {row["phase"]: row for row in found["results"]["plan"]}
    assert list(plan) == ["generation", "single_eval", "pairwise_eval", "combine", "post_combine_eval"]
    assert all(row["succeeded"] == row["planned"] >= 1 for row in plan.values())
    assert all(winner["document"] for winner in found["results"]["winners"])
    assert gone(env)
