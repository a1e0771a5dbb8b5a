"""``init``, ``prices``, ``presets``, ``documents``, ``export``, ``compare``, ``prune``: what each asks, writes and refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.acm2_process import acm2_on_terminal, environment
from tests.cli.fake_server import FakeServer, answers, fake_server, problem, says
from tests.cli.here import acm2_here
from tests.cli.runs import RUN, run_list, stats

pytestmark = pytest.mark.e2e

Capture = pytest.CaptureFixture[str]
OTHER = "20261120-090000-aaaaaa"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def a_price(provider: str, model: str, source: str = "genai-prices") -> dict[str, Any]:
    known = {"input_per_mtok": 0.25, "output_per_mtok": 2.0} if source != "unknown" else {"input_per_mtok": None}
    return {"provider": provider, "model": model, "source": source, **known}


async def test_init_writes_a_preset_that_explains_itself_and_never_writes_over_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    made = await acm2_here(capsys, "init", "essays")
    text = (tmp_path / "essays.yaml").read_text()
    again = await acm2_here(capsys, "init", "essays.yaml")
    assert (made.code, again.code) == (0, 64)
    assert "acm2 plan essays.yaml" in made.err
    assert "--force" in again.err
    assert yaml.safe_load(text)["name"] == "essays"
    (tmp_path / "essays.yaml").write_text("mine: true\n")
    assert (await acm2_here(capsys, "init", "essays", "--force")).code == 0
    assert (tmp_path / "essays.yaml").read_text() == text
    shown = await acm2_here(capsys, "init", "-")
    elsewhere = await acm2_here(capsys, "init", "-", "--executor-url", "http://gpu7:9002/")
    assert elsewhere.out.startswith("# yaml-language-server: $schema=http://gpu7:9002/schemas/preset.json\n")
    assert yaml.safe_load(shown.out)["documents"]
    for wrong in ("no/such/folder/x", "two words", "."):
        assert (await acm2_here(capsys, "init", wrong)).code == 64
    assert names(tmp_path) == ["essays.yaml"]


async def test_prices_of_presets_providers_models_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    judge = {"provider": "mylab", "model": "m", "price": {"input_per_mtok": 1, "output_per_mtok": 3}}
    config = {
        "documents": [{"id": "d", "text": "x"}],
        "single_eval": {"criteria": ["A"], "judges": [judge, {"provider": "openai", "model": "gpt-5"}]},
    }
    (tmp_path / "mine.json").write_text(json.dumps(config))
    async with fake_server() as executor:
        executor.on("GET", "/presets", answers({"presets": [{"name": "mine"}]}))
        executor.on("GET", "/prices", answers({"prices": [a_price("openai", "gpt-5"), a_price("lab", "m", "unknown")]}))
        url = ("--executor-url", executor.url)
        named = await acm2_here(capsys, "prices", "mine", "openai", "openrouter/meta/llama", *url)
        queries = [request.query for request in executor.asked("GET", "/prices")]
        own = await acm2_here(capsys, "prices", "mine.json", "--json", *url)
        file_query = executor.asked("GET", "/prices")[-1].query
        by_name = await acm2_here(capsys, "prices", "lab/m", *url)
        executor.on("GET", "/prices", answers({"prices": []}))
        nothing = await acm2_here(capsys, "prices", "openai/gpt-0", *url)
    assert named.code == 0
    assert queries == ["preset=mine", "provider=openai", "provider=openrouter&model=meta%2Fllama"]
    rows = [line.split() for line in named.out.splitlines()[2:]]
    assert rows == [["openai/gpt-5", "0.25", "2", "genai-prices"], ["lab/m", "unknown", "unknown", "unknown"]]
    assert file_query == "provider=openai&model=gpt-5"
    assert json.loads(own.out)[0] == {
        "provider": "mylab", "model": "m", "input_per_mtok": 1, "output_per_mtok": 3, "source": "preset",
    }  # fmt: skip
    assert (by_name.code, nothing.code) == (64, 64)
    assert "lab/m" in by_name.out
    assert "no price of lab/m is known" in by_name.err
    assert "no such model" in nothing.err
    assert nothing.out == ""


async def test_a_preset_is_printed_as_a_file_kept_and_deleted(tmp_path: Path, capsys: Capture) -> None:
    config = {"name": "mine", "documents": [{"id": "d", "text": "One line.\nAnother, with ümlaut.\n"}]}
    async with fake_server() as executor:
        executor.on("GET", "/presets/mine", answers(config))
        executor.on("PUT", "/presets/yours", answers({"name": "yours"}, 201), answers({"name": "yours"}))
        executor.on("DELETE", "/presets/yours", says("", 204))
        executor.on("DELETE", "/presets/demo", problem(409, "conflict", "demo ships with the program"))
        url = ("--executor-url", executor.url)
        printed = await acm2_here(capsys, "presets", "mine", *url)
        (tmp_path / "p.yaml").write_text("# Why it is so.\n" + printed.out)
        kept = await acm2_here(capsys, "presets", "yours", "--put", str(tmp_path / "p.yaml"), *url)
        (tmp_path / "d.md").write_text("Three.")
        (tmp_path / "files.yaml").write_text("# Lost.\ndocuments: [d.md]\n")
        replaced = await acm2_here(capsys, "presets", "yours", "--put", str(tmp_path / "p.yaml"), *url)
        whole = await acm2_here(capsys, "presets", "yours", "--put", str(tmp_path / "files.yaml"), "--json", *url)
        sent = executor.asked("PUT", "/presets/yours")
        gone = await acm2_here(capsys, "presets", "yours", "--rm", *url)
        built_in = await acm2_here(capsys, "presets", "demo", "--rm", *url)
        nameless = await acm2_here(capsys, "presets", "--rm", *url)
    assert yaml.safe_load(printed.out) == config
    assert "ümlaut" in printed.out
    assert sent[0].headers["content-type"] == "application/yaml"
    assert sent[0].body.decode() == "# Why it is so.\n" + printed.out
    assert sent[2].json == {"name": "yours", "documents": [{"id": "d", "text": "Three."}]}
    assert json.loads(whole.out) == {"name": "yours", "new": False, "keeps_comments": False}
    assert [done.out for done in (kept, replaced, gone)] == ["yours: kept\n", "yours: replaced\n", "yours: deleted\n"]
    assert (built_in.code, nameless.code) == (64, 64)
    assert "ships with the program" in built_in.err


def a_run_with_documents(server: FakeServer) -> None:
    phases = [{"phase": "generation", "planned_calls": 1}, {"phase": "combine", "planned_calls": 1}]
    run = {"config": {"documents": [{"id": "letter", "size": 12}]}, "stats": stats(by_phase=phases)}
    made: dict[str, Any] = {
        "document": "letter~m~1",
        "phase": "generation",
        "provider": "local",
        "model": "m",
        "status": "succeeded",
    }
    made["settings"] = {"temperature": 0.2}
    both = (
        made
        | {"settings": {"temperature": 0.8}}
        | {"document": "letter~combined~1", "phase": "combine", "status": "failed"}
    )
    server.on("GET", "/runs", answers(run_list(RUN)))
    server.on("GET", f"/runs/{RUN}", answers(run))
    server.on(
        "GET",
        f"/runs/{RUN}/calls",
        answers({"calls": [made], "after": None}),
        answers({"calls": [both], "after": None}),
    )
    server.on("GET", f"/runs/{RUN}/documents/letter~m~1", says("What was written.\x1b[2J"))


async def test_documents_are_listed_and_one_is_printed_as_it_is(tmp_path: Path, capsys: Capture) -> None:
    async with fake_server() as executor:
        url = ("--executor-url", executor.url)
        a_run_with_documents(executor)
        listed = await acm2_here(capsys, "documents", *url)
        one = await acm2_here(capsys, "documents", RUN, "letter~m~1", *url)
        a_run_with_documents(executor)
        short = await acm2_here(capsys, "documents", RUN, "letter~m", "--json", *url)
        a_run_with_documents(executor)
        both = await acm2_here(capsys, "documents", RUN, "letter~", *url)
        a_run_with_documents(executor)
        none = await acm2_here(capsys, "documents", RUN, "ladder", *url)
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url)
        async with acm2_on_terminal("documents", RUN, "letter~m~1", env=env) as live:
            assert await live.end() == 0
    assert [line.split() for line in listed.out.splitlines()[2:]] == [
        ["letter", "input", "-", "there"],
        ["letter~m~1", "generated", "local/m", "t=0.2", "succeeded"],
        ["letter~combined~1", "combined", "local/m", "t=0.8", "failed"],
    ]
    assert one.out == "What was written.\x1b[2J\n"
    assert json.loads(short.out)["document"] == "letter~m~1"
    assert (both.code, none.code) == (64, 64)
    assert "fits 2 documents" in both.err
    assert "letter~combined~1" in none.err
    assert "\x1b[2J" not in live.out


async def test_an_export_is_on_stdout_or_a_file_that_is_whole_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    route = f"/runs/{RUN}/export"
    async with fake_server() as executor:
        url = ("--executor-url", executor.url)
        executor.on("GET", "/runs", answers(run_list(RUN)))
        executor.on("GET", route, says("input,document\na,b\n", content_type="text/csv"))
        rows = await acm2_here(capsys, "export", RUN, "--format", "csv", *url)
        assert executor.asked("GET", route)[0].query == "format=csv"
        executor.on("GET", route, says("<!doctype html>ü", content_type="text/html"))
        page = await acm2_here(capsys, "export", "--format", "html", *url)
        said = await acm2_here(capsys, "export", "--format", "html", "--json", *url)
        shown = await acm2_here(capsys, "export", "--format", "html", "-o", "-", *url)
        executor.on("GET", route, problem(404, "unknown-run", "no such run"))
        refused = await acm2_here(capsys, "export", RUN, "-f", "json", "-o", "new.json", *url)
        nowhere = await acm2_here(capsys, "export", RUN, "-o", "no/folder/x.json", *url)
    assert rows.out == "input,document\na,b\n"
    assert page.out == ""
    assert json.loads(said.out) == {"run_id": RUN, "format": "html", "file": f"{RUN}.html"}
    assert (tmp_path / f"{RUN}.html").read_text() == shown.out == "<!doctype html>ü"
    assert f"{RUN}.html is written" in page.err
    assert (refused.code, nowhere.code) == (64, 64)
    assert "cannot be written" in nowhere.err
    assert names(tmp_path) == [f"{RUN}.html"]
    assert (await acm2_here(capsys, "export", RUN, "--format", "xml")).code == 64


async def test_runs_are_compared_by_the_beginnings_of_their_ids(capsys: Capture) -> None:
    model = {"provider": "openai", "model": "gpt-5", "settings": {}}
    found = {
        "runs": [
            {"run_id": RUN, "status": "completed", "preset": "a", "answer": "Best: x", "costs": {"cost_usd": 0.5},
             "phases": [{"phase": "generation", "planned": 3, "succeeded": 3}]},
            {"run_id": OTHER, "status": "failed", "preset": "b", "answer": None, "costs": {"cost_usd": None},
             "phases": [{"phase": "generation", "planned": 4, "succeeded": 2}]},
        ],
        "models": [{**model, "in": [{"mean": 3.5, "win_rate": None, "cost_per_document_usd": None}, None]}],
        "criteria": [{"name": "Clarity", "means": [4.0, None]}],
        "costs": [{"phase": None, "in": [{"cost_usd": 0.5}, {"cost_usd": None}]}],
        "differs": [{"path": "limits.max_attempts", "values": [3, None]}],
    }  # fmt: skip
    async with fake_server() as executor:
        executor.on("GET", "/runs", answers(run_list(RUN, OTHER)))
        executor.on("GET", "/compare", answers(found))
        url = ("--executor-url", executor.url)
        done = await acm2_here(capsys, "compare", RUN[:12], OTHER[:12], *url)
        assert executor.asked("GET", "/compare")[0].query == f"run={RUN}&run={OTHER}"
        as_json = await acm2_here(capsys, "compare", RUN, OTHER, "--json", *url)
        twice = await acm2_here(capsys, "compare", RUN, RUN[:12], *url)
        alone = await acm2_here(capsys, "compare", RUN, *url)
    lines = [line.split() for line in done.out.splitlines()]
    assert ["1", RUN, "a", "completed", "3", "3", "$0.5000"] in lines
    assert ["openai/gpt-5", "3.50", "-"] in lines
    assert ["openai/gpt-5", "cost", "unknown", "-"] in lines
    assert ["Clarity", "4.00", "-"] in lines
    assert ["limits.max_attempts", "3", "-"] in lines
    assert "share of comparisons" not in done.out
    assert json.loads(as_json.out) == found
    assert (twice.code, alone.code) == (64, 64)


async def test_prune_takes_only_runs_that_are_over_and_old_and_only_when_agreed_to(
    tmp_path: Path, capsys: Capture
) -> None:
    times = {"created": "2026-01-01T00:00:00.000Z", "finished": "2026-01-01T01:00:00.000Z"}
    runs = [
        {"run_id": "new", "status": "completed", "finished": "2999-01-01T00:00:00.000Z"},
        {"run_id": "busy", "status": "running", **times, "finished": None},
        {"run_id": "old", "status": "completed", **times},
        {"run_id": "older", "status": "failed", **times},
        {"run_id": "stopped", "status": "interrupted", **times},
    ]
    async with fake_server() as executor:
        executor.on("GET", "/runs", answers({"runs": runs}))
        for name in ("old", "new"):
            executor.on("DELETE", f"/runs/{name}", says("", 204))
        executor.on("DELETE", "/runs/older", problem(409, "run-active", "it was resumed"))
        url = ("--executor-url", executor.url)
        dry = await acm2_here(capsys, "prune", "--older-than", "30d", "--dry-run", *url)
        kept = await acm2_here(capsys, "prune", "--keep", "2", "--dry-run", "--json", *url)
        unasked = await acm2_here(capsys, "prune", "--older-than", "1w", *url)
        assert not [request for request in executor.requests if request.method == "DELETE"]
        done = await acm2_here(capsys, "prune", "--older-than", "1d12h", "--yes", *url)
        wrong = [await acm2_here(capsys, "prune", *more, *url) for more in ((), ("--older-than", "30"))]
        executor.on("DELETE", "/runs/older", says("", 204))
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url)
        async with acm2_on_terminal("prune", "--keep", "1", env=env) as live:
            await live.until("Delete 2 runs with everything made in them? [y/N]")
            live.type("y\n")
            assert await live.end() == 0
        assert not executor.asked("DELETE", "/runs/new")
    assert "2 runs would be deleted" in dry.err
    assert json.loads(kept.out) == ["older"]
    assert unasked.code == 64
    assert "--yes" in unasked.err
    assert done.code == 69
    assert done.out == "1 run deleted, 1 stayed\n"
    assert "older stays: the executor says: it was resumed" in done.err
    assert [each.code for each in wrong] == [64, 64]
    assert "2 runs deleted" in live.out
