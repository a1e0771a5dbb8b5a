"""``acm2 doctor``: whatever part is broken is found, and said in one line with the way to mend it."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from services.cli.commands.doctor import exit_code
from services.cli.showing.finding_line import finding_line
from tests.cli.checkup import found, wrong
from tests.cli.fake_server import Exchange, Request, answers, problem, says
from tests.cli.healthy import BUILD, EPOCH, PAGE, VERDICT_ERROR, Pair, dated, healthy, leads_to, sse

pytestmark = pytest.mark.e2e

Break = Callable[[Pair], None]


def other_build(pair: Pair) -> None:
    pair.telemetry.on("GET", "/health/live", dated({"build": "0.1.0+older", "contract": "1"}))
    pair.telemetry.on("GET", "/", says(PAGE.replace(BUILD, "0.1.0+older"), content_type="text/html"))


def other_contract(pair: Pair) -> None:
    pair.executor.on("GET", "/health/live", dated({"build": BUILD, "contract": "0"}))


def clock_ahead(pair: Pair) -> None:
    live = {"build": BUILD, "contract": "1"}
    pair.telemetry.on("GET", "/health/live", dated(live, "Tue, 19 Jan 2038 03:14:07 GMT"))


def clock_behind(pair: Pair) -> None:
    pair.executor.on("GET", "/health/live", dated({"build": BUILD, "contract": "1"}, "Tue, 01 Jan 2019 00:00:00 GMT"))


def executor_not_ready(pair: Pair) -> None:
    told = {"status": "not ready", "obstacles": {"ledger": "disk full"}}
    pair.executor.on("GET", "/health/ready", answers(told, 503))


def telemetry_not_ready(pair: Pair) -> None:
    pair.telemetry.on("GET", "/health/ready", problem(503, "unavailable", "events cannot be stored: read-only"))


LEDGER_GONE = "LedgerMovedError: /x/ledger.sqlite3 was removed or replaced while it was in use; restart the executor"


def ledger_gone(pair: Pair) -> None:
    told = {"status": "not ready", "obstacles": {"ledger": LEDGER_GONE}}
    pair.executor.on("GET", "/health/ready", answers(told, 503))


def ledger_gone_unnoticed(pair: Pair) -> None:
    async def start(_request: Request, exchange: Exchange) -> None:
        ledger_gone(pair)
        await exchange.hang()

    pair.executor.on("POST", "/runs", start)


def log_gone(pair: Pair) -> None:
    gone = "events cannot be stored: events.sqlite3 is gone from its folder; start the service again"
    pair.telemetry.on("GET", "/health/ready", problem(503, "unavailable", gone))


def log_gone_unnoticed(pair: Pair) -> None:
    async def stream(_request: Request, exchange: Exchange) -> None:
        log_gone(pair)
        down = {"pending": 3, "link": {"state": "down", "reason": "HTTP 503"}}
        pair.executor.on("GET", f"/runs/{pair.run_id}", answers({"status": "completed", "telemetry": down}))
        await exchange.head(200, "text/event-stream")
        await exchange.hang()

    stream_of(pair, stream)


def delivery_stopped(pair: Pair) -> None:
    pair.executor.on("GET", "/runs", answers({"runs": [{"run_id": "r1", "status": "running"}]}))
    stopped = {"run_id": "r1", "status": "running", "telemetry": {"stopped": "epoch-conflict"}}
    pair.executor.on("GET", "/runs/r1", answers(stopped))


def delivery_stopped_in_the_list(pair: Pair) -> None:
    row = {"run_id": "r1", "status": "completed", "telemetry": {"stopped": "epoch-conflict"}}
    pair.executor.on("GET", "/runs", answers({"runs": [row]}))


def left_alone(pair: Pair) -> None:
    silent, live = {"state": "silent"}, {"state": "live"}
    rows = [
        {"run_id": "r1", "status": "running", "producer": silent},
        {"run_id": "r2", "status": "paused", "producer": None, "last_time": "2020-01-01T00:00:00.000Z"},
        {"run_id": "well", "status": "running", "producer": live},
        {"run_id": "over", "status": "completed", "producer": silent},
        {"run_id": "known", "status": "running", "producer": silent},
    ]
    pair.telemetry.on("GET", "/runs", answers({"runs": rows}))
    pair.executor.on("GET", "/runs/known", answers({"run_id": "known", "status": "running"}))


def unaccounted(pair: Pair) -> None:
    pair.telemetry.on("GET", "/metrics", says("acm2_events_accepted_total 5.0\nacm2_unaccounted_events 2.0\n"))


def old_events(pair: Pair) -> None:
    pair.executor.on("GET", "/metrics", says("acm2_ledger_pending 7.0\nacm2_ledger_oldest_seconds 95.0\n"))


def missing_key(pair: Pair) -> None:
    presets = [{"name": "mine", "missing": ["OPENAI_API_KEY"]}, {"name": "demo", "missing": []}]
    pair.executor.on("GET", "/presets", answers({"presets": presets}))


def broken_preset(pair: Pair) -> None:
    mistake = {"path": "limits.max_attempts", "message": "must be 1 or more"}
    pair.executor.on("GET", "/presets", answers({"presets": [{"name": "mine", "mistakes": [mistake]}]}))


def page_of_another_build(pair: Pair) -> None:
    pair.telemetry.on("GET", "/", says(PAGE.replace(BUILD, "0.1.0+cached"), content_type="text/html"))


def no_page(pair: Pair) -> None:
    pair.telemetry.on("GET", "/", says("welcome to nginx", content_type="text/html"))


def no_script(pair: Pair) -> None:
    pair.telemetry.on("GET", "/static/live-stats.js", says("not found", 404))


def script_is_a_page(pair: Pair) -> None:
    pair.executor.on("GET", "/static/app.js", says("<html>", content_type="text/html"))


def public_address_is_dead(pair: Pair) -> None:
    pair.executor.on("GET", "/runs/doctor/events", leads_to("http://127.0.0.1:9/runs/doctor/events"))


def no_run_is_started(pair: Pair) -> None:
    pair.executor.on("POST", "/runs", problem(503, "unavailable", "the executor cannot write its ledger: disk full"))


def stream_of(pair: Pair, stream: Callable[[Request, Exchange], Awaitable[None]]) -> None:
    async def start(request: Request, exchange: Exchange) -> None:
        await pair.start(request, exchange)
        pair.telemetry.on("GET", f"/runs/{pair.run_id}/events", stream)

    pair.executor.on("POST", "/runs", start)


def an_event_is_missing(pair: Pair) -> None:
    async def stream(_request: Request, exchange: Exchange) -> None:
        await exchange.head(200, "text/event-stream")
        for line in (pair.lines[0], pair.lines[2]):
            await exchange.send(sse(json.loads(line)["type"], line))
        await exchange.send(sse("end", json.dumps(pair.facts())))

    stream_of(pair, stream)


def an_event_was_changed(pair: Pair) -> None:
    async def stream(_request: Request, exchange: Exchange) -> None:
        await exchange.head(200, "text/event-stream")
        for line in pair.lines:
            await exchange.send(sse(json.loads(line)["type"], line.replace("10:00:00", "10:00:01")))
        await exchange.send(sse("end", json.dumps(pair.facts())))

    stream_of(pair, stream)


def the_stream_breaks(pair: Pair) -> None:
    stream_of(pair, says("bad gateway", 502))


def the_stream_is_no_stream(pair: Pair) -> None:
    stream_of(pair, says("<html>", content_type="text/html"))


def the_stream_closes_early(pair: Pair) -> None:
    async def stream(_request: Request, exchange: Exchange) -> None:
        await exchange.head(200, "text/event-stream")
        await exchange.send(sse("hello", json.dumps({"epoch": EPOCH, "seq": 0})))

    stream_of(pair, stream)


def the_log_is_incomplete(pair: Pair) -> None:
    pair.complete = False


def another_telemetry(pair: Pair) -> None:
    async def start(request: Request, exchange: Exchange) -> None:
        await pair.start(request, exchange)
        pair.telemetry.on("GET", f"/runs/{pair.run_id}", problem(404, "unknown-run", "no such run"))

    pair.executor.on("POST", "/runs", start)


def workers_die(pair: Pair) -> None:
    async def start(request: Request, exchange: Exchange) -> None:
        await pair.start(request, exchange)
        calls = [{"call_id": "c", "error": VERDICT_ERROR}]
        pair.executor.on("GET", f"/runs/{pair.run_id}/calls", answers({"calls": calls, "after": None}))

    pair.executor.on("POST", "/runs", start)


def the_run_stays(pair: Pair) -> None:
    async def start(request: Request, exchange: Exchange) -> None:
        await pair.start(request, exchange)
        pair.executor.on("DELETE", f"/runs/{pair.run_id}", problem(500, "internal", "a bug"))

    pair.executor.on("POST", "/runs", start)


@pytest.mark.parametrize(
    ("break_it", "check", "said", "mend"),
    [
        (other_build, "build", "telemetry 0.1.0+older", "acm2 up"),
        (other_contract, "contract", "the executor 0", "acm2 up"),
        (clock_ahead, "clocks", "ahead of this machine's", "NTP"),
        (clock_behind, "clocks", "behind this machine's", "NTP"),
        (executor_not_ready, "executor", "not ready: ledger: disk full", "log"),
        (telemetry_not_ready, "telemetry", "events cannot be stored: read-only", "log"),
        (ledger_gone, "executor", LEDGER_GONE, "does not go on by itself"),
        (log_gone, "telemetry", "events.sqlite3 is gone", "does not go on by itself"),
        (
            log_gone_unnoticed,
            "loop",
            "telemetry is not ready: events cannot be stored: events.sql",
            "does not go on by",
        ),
        (delivery_stopped, "runs", "no more events of run r1: epoch-conflict", "acm2 watch r1"),
        (delivery_stopped_in_the_list, "runs", "no more events of run r1: epoch-conflict", "acm2 watch r1"),
        (left_alone, "runs", "the executor does not know them: r1, r2", "acm2 rm r1 --force"),
        (unaccounted, "events", "misses 2 events", "sends them again"),
        (old_events, "events", "7 events wait at the executor for telemetry, the oldest for 95 s", "telemetry is away"),
        (missing_key, "keys", "preset mine cannot run: OPENAI_API_KEY is not set", "export OPENAI_API_KEY=..."),
        (broken_preset, "keys", "preset mine cannot run: limits.max_attempts: must be 1", "correct"),
        (page_of_another_build, "page", "is of build 0.1.0+cached", "cache"),
        (no_page, "page", "is not the live page", "proxy"),
        (no_script, "page", "/static/live-stats.js is not there (HTTP 404", "make setup"),
        (script_is_a_page, "page", "/static/app.js is not there (HTTP 200, text/html", "make setup"),
        (public_address_is_dead, "page", "cannot be reached where links lead", "ACM2_TELEMETRY_PUBLIC_URL"),
        (no_run_is_started, "loop", "cannot write its ledger: disk full", "what else is wrong"),
        (an_event_is_missing, "loop", "the stream's end counts 3 events, 2 came", "report"),
        (an_event_was_changed, "loop", "the digest of what came differs", "report"),
        (the_log_is_incomplete, "loop", "incomplete", "report"),
        (the_stream_breaks, "loop", "HTTP 502", "ACM2_TELEMETRY_PUBLIC_URL"),
        (the_stream_is_no_stream, "loop", "no stream of events", "proxy"),
        (the_stream_closes_early, "loop", "closed before the run's end", "proxy"),
        (another_telemetry, "loop", "the executor delivers to another one", "--telemetry-url"),
        (workers_die, "loop", "worker_died: the worker went away", "log"),
        (the_run_stays, "loop", "could not be deleted: the executor (the executor says: a bug)", "acm2 rm doctor-"),
    ],
)
async def test_each_broken_part_is_found(break_it: Break, check: str, said: str, mend: str, tmp_path: Path) -> None:
    async with healthy() as pair:
        break_it(pair)
        findings = wrong(await found(pair, tmp_path))
    assert [finding.check for finding in findings] == [check], [finding_line(finding) for finding in findings]
    assert said in findings[0].what
    assert mend in findings[0].mend
    assert exit_code(findings) == (69 if break_it is public_address_is_dead else 1)


async def test_a_ledger_that_is_gone_is_named_first_though_the_executor_notices_it_only_by_the_trial(
    tmp_path: Path,
) -> None:
    async with healthy() as pair:
        ledger_gone_unnoticed(pair)
        findings = wrong(await found(pair, tmp_path))
    assert f"the executor is not ready: ledger: {LEDGER_GONE}" in findings[0].what
    assert "does not go on by itself" in findings[0].mend
