"""Telemetry over real sockets: whatever stands at its address, the answer comes in time and says what is wrong."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import respx

from services.executor.adapters.telemetry_http import HttpTelemetry, open_telemetry
from services.executor.core.delivery.comparison import Gone, Theirs
from services.executor.core.delivery.telemetry_answer import Answer, Cause, trouble_of
from services.executor.flows.delivery.ports import RunsPage
from tests.executor.scripted_telemetry import Handler, answers, drips, hangs_up, never_answers, pours, said, scripted
from tests.executor.service import NO_TELEMETRY

PROBLEM = "application/problem+json"
SHORT_S = 0.3
AMPLE_S = 30.0
HTML = b"<html>Bad Gateway</html>"


def problem(status: str, type_: str, **headers: str) -> bytes:
    body = json.dumps({"type": f"https://acm2.example/problems/{type_}", "detail": "a\nb", "status": 1}).encode()
    return said(status, PROBLEM, body, **headers)


async def posted(url: str, limit_s: float = SHORT_S) -> Answer:
    async with open_telemetry(url, answer_limit_s=limit_s) as telemetry:
        return await telemetry.post("r", b"{}\n")


@pytest.mark.parametrize(
    ("handler", "cause", "word"),
    [
        (never_answers, Cause.TIMEOUT, "answer"),
        (drips, Cause.TIMEOUT, "within"),
        (pours, Cause.NOT_TELEMETRY, "more than"),
        (hangs_up, Cause.UNREACHABLE, "reached"),
        (answers(b"SSH-2.0-OpenSSH\r\n\r\n"), Cause.UNREACHABLE, "Protocol"),
        (answers(said("502 Bad Gateway", "text/html", HTML)), Cause.PROXY, "502 with text/html"),
        (answers(said("504 Gateway Timeout", "text/html", HTML)), Cause.PROXY, "504"),
        (answers(said("404 Not Found", "text/html", HTML)), Cause.NOT_TELEMETRY, "404"),
        (answers(said("301 Moved", "text/html", b"", location="http://127.0.0.1:9/")), Cause.NOT_TELEMETRY, "redirect"),
        (answers(said("307 Moved", "text/html", b"", location="/elsewhere")), Cause.NOT_TELEMETRY, "307"),
        (answers(problem("503 Full", "storage-full")), Cause.STORAGE_FULL, "storage-full: a b"),
        (answers(problem("500 Broken", "internal")), Cause.UNAVAILABLE, "internal"),
        (answers(problem("401 Who", "unauthorized")), Cause.UNAUTHORIZED, "unauthorized"),
        (answers(said("407 Proxy", "text/html", HTML)), Cause.UNAUTHORIZED, "407"),
    ],
)
async def test_everything_that_takes_no_event_says_why_within_the_limit(
    handler: Handler, cause: Cause, word: str
) -> None:
    async with scripted(handler) as url:
        trouble = trouble_of(await posted(url, SHORT_S if cause is Cause.TIMEOUT else AMPLE_S))
    assert trouble is not None
    assert trouble.cause is cause
    assert word in trouble.reason


async def test_a_port_nobody_listens_at_is_unreachable() -> None:
    trouble = trouble_of(await posted(NO_TELEMETRY))
    assert trouble is not None
    assert trouble.cause is Cause.UNREACHABLE


@pytest.mark.parametrize("handler", [never_answers, drips, answers(said("200 OK", "text/html", HTML))])
async def test_signs_lists_runs_and_deletions_end_in_time_too(handler: Handler) -> None:
    async with scripted(handler) as url, open_telemetry(url, answer_limit_s=SHORT_S) as telemetry:
        for answer in (
            await telemetry.probe(),
            await telemetry.runs(limit=5, before=None),
            await telemetry.run("r"),
        ):
            assert isinstance(answer, Answer)
            assert trouble_of(answer) is not None
        assert trouble_of(await telemetry.sign_of_life("r", {"pending": 0})) is not None
        assert trouble_of(await telemetry.delete("r")) is not None


@pytest.mark.parametrize(
    ("header", "least_s", "most_s"),
    [("7", 7, 7), ("0", 0, 0), ("soon", None, None), ("-5", None, None), ("9" * 400, 1, 10**9)],
)
async def test_retry_after_in_seconds_is_read(header: str, least_s: float | None, most_s: float | None) -> None:
    async with scripted(answers(problem("503 Later", "unavailable", retry_after=header))) as url:
        waits_s = (await posted(url)).retry_after_s
    assert waits_s is None if least_s is None or most_s is None else least_s <= (waits_s or 0) <= most_s


async def test_retry_after_as_a_date_is_read() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    async with scripted(answers(problem("429 Slow", "rate-limited", retry_after=then))) as url:
        waits_s = (await posted(url)).retry_after_s
    assert waits_s is not None
    assert 30 < waits_s <= 60


def mocked(router: respx.Router) -> HttpTelemetry:
    transport = httpx.MockTransport(router.async_handler)
    return HttpTelemetry(httpx.AsyncClient(base_url="http://t", transport=transport))


SHOWN = {"run_id": "r", "epoch": "e", "last": 3, "count": 3, "digest": "d", "status": "completed", "stats": {"x": 1}}


async def test_runs_are_read_with_what_is_needed_of_them() -> None:
    router = respx.Router(assert_all_called=False)
    router.get("http://t/runs/r").respond(json=SHOWN)
    router.get("http://t/runs/gone").respond(410, json={"type": "https://x/run-expired"})
    router.get("http://t/runs/never").respond(404, json={"type": "https://x/unknown-run"})
    router.get("http://t/runs/odd").respond(404, text="nothing here")
    router.get("http://t/runs/other").respond(json=SHOWN)
    router.get("http://t/runs", params={"limit": "2", "before": "z"}).respond(json={"runs": [SHOWN], "next": "r"})
    telemetry = mocked(router)
    theirs = Theirs(run_id="r", epoch="e", last=3, count=3, digest="d")
    assert await telemetry.run("r") == theirs
    assert await telemetry.run("gone") == Gone(deleted=True)
    assert await telemetry.run("never") == Gone(deleted=False)
    assert isinstance(await telemetry.run("odd"), Answer)
    assert isinstance(await telemetry.run("other"), Answer)
    assert await telemetry.runs(limit=2, before="z") == RunsPage([theirs], "r")


async def test_a_list_that_is_none_says_so() -> None:
    router = respx.Router(assert_all_called=False)
    router.get("http://t/runs").respond(json={"runs": [{"run_id": "r"}]})
    answer = await mocked(router).runs(limit=2, before=None)
    assert isinstance(answer, Answer)
    assert answer.cause is Cause.NOT_TELEMETRY
