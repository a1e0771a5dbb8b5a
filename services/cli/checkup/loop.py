"""The whole way, end to end: a run at the executor, its events at telemetry, and back by a stream of its public address."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from random import Random
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
from httpx_sse import EventSource, SSEError

from services.cli.checkup.deadlines import Deadlines
from services.cli.checkup.finding import Finding, well, wrong
from services.cli.checkup.probe_run import probe_run, script_file
from services.cli.checkup.readiness import obstacles_now, way_out
from services.cli.checkup.received import Received
from services.cli.checkup.sweep import sweep
from services.cli.clients.executor_client import ExecutorClient, executor_at
from services.cli.clients.http_service import connect, why
from services.cli.clients.telemetry_client import telemetry_at
from services.cli.errors import CommandError, Refused
from services.cli.showing.phrases import one_line

_SILENCE_S = 12.0
_REASON_CHARS = 300

Json = dict[str, Any]


async def whole_way(
    executor_url: str, telemetry_url: str, deadlines: Deadlines, *, clock: Callable[[], float], rng: Random
) -> list[Finding]:
    """Send a run that costs nothing all the way and take it away again; ``clock`` gives seconds since 1970."""
    with script_file() as script:
        async with executor_at(executor_url) as executor:
            asked = probe_run(script, f"{datetime.fromtimestamp(clock(), UTC):%Y%m%d-%H%M%S}", rng)
            try:
                with anyio.fail_after(deadlines.answer_s):
                    started = await executor.start(asked)
            except (CommandError, TimeoutError) as error:
                return await _not_started(asked["run_id"], error, executor, telemetry_url, deadlines)
            try:
                findings = await _followed(started, executor, telemetry_url, deadlines, clock)
            finally:
                left = await sweep(asked["run_id"], executor, telemetry_url, deadlines)
            return [*findings, *left]


async def _not_started(
    run_id: str, error: Exception, executor: ExecutorClient, telemetry_url: str, deadlines: Deadlines
) -> list[Finding]:
    """Why no run can be started. A service may notice only by our trial that it cannot write: it is asked again."""
    obstacle = await obstacles_now("the executor", executor.base_url, within_s=deadlines.answer_s)
    if obstacle is not None:
        first = wrong("loop", f"no run can be started, the executor is not ready: {obstacle}", way_out(obstacle))
        # What cannot be written cannot be deleted either; it is tried all the same, for less long.
        deadlines = replace(deadlines, sweep_s=min(deadlines.sweep_s, deadlines.unready_sweep_s))
    else:
        reason = one_line(str(error) or f"no answer within {deadlines.answer_s:g} s", _REASON_CHARS)
        first = wrong("loop", f"no run can be started: {reason}", "see what else is wrong here")
    return [first, *await sweep(run_id, executor, telemetry_url, deadlines)]


async def _followed(
    started: Json, executor: ExecutorClient, telemetry_url: str, deadlines: Deadlines, clock: Callable[[], float]
) -> list[Finding]:
    run_id, events_url = started["run_id"], started["links"]["events"]
    received, begun_s = Received(), clock()
    broken: str | None = None
    with anyio.move_on_after(deadlines.stream_s) as limit:
        broken = await _receive(events_url, received)
    took_s = clock() - begun_s
    if broken is not None:
        what = f"the stream {events_url} breaks: {broken}"
        return [
            wrong("loop", what, "set ACM2_TELEMETRY_PUBLIC_URL to the address browsers use; is a proxy in between?")
        ]
    if limit.cancelled_caught:
        return [await _stuck(run_id, received, executor, telemetry_url, deadlines)]
    telemetrys = await _at_telemetry(run_id, telemetry_url, deadlines)
    if isinstance(telemetrys, Finding):
        return [telemetrys]
    differences = received.differences(telemetrys)
    if differences:
        what = f"what came differs from what was sent: {'; '.join(differences)}"
        return [wrong("loop", what, "this must not happen: please report it, with the logs of both services")]
    came = f"a run's {received.count} events came from the executor by {_origin(events_url)} in {took_s:.1f} s"
    return [
        well("loop", f"{came}, count and digest equal; it asked nobody and is deleted"),
        *await _failed_calls(run_id, executor, deadlines),
    ]


async def _receive(events_url: str, received: Received) -> str | None:
    """Take in the stream to its end; returns why it broke, if it did."""
    parts = urlsplit(events_url)
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    async with connect("telemetry", _origin(events_url)) as service:
        try:
            async with service.stream(
                parts.path, params={"from": "start", "heartbeat": "5"}, headers=headers, silence_s=_SILENCE_S
            ) as response:
                if response.status_code != HTTPStatus.OK:
                    return f"HTTP {response.status_code}"
                async for sse in EventSource(response).aiter_sse():
                    received.take(sse.event, sse.json() if sse.data else {}, sse.data)
                    if received.end is not None:
                        return None
        except (SSEError, ValueError):
            return "what comes is no stream of events"
        except httpx.HTTPError as error:
            return why(error)
    return "it closed before the run's end"


async def _stuck(
    run_id: str, received: Received, executor: ExecutorClient, telemetry_url: str, deadlines: Deadlines
) -> Finding:
    """Where the events are, if they have not come in time."""
    what = f"only {received.count} events came within {deadlines.stream_s:g} s, and no end"
    try:
        with anyio.fail_after(deadlines.answer_s):
            run = await executor.run(run_id)
    except (CommandError, TimeoutError):
        return wrong("loop", f"{what}; the executor does not answer any more", "start both again: acm2 up")
    obstacle = await obstacles_now("telemetry", telemetry_url, within_s=deadlines.answer_s)
    if obstacle is not None:
        return wrong("loop", f"{what}; telemetry is not ready: {obstacle}", way_out(obstacle))
    delivery = run.get("telemetry") or {}
    link = delivery.get("link")
    if isinstance(link, dict) and link.get("state") == "down":
        reason = one_line(str(link.get("reason")), _REASON_CHARS)
        what = f"the executor cannot reach telemetry ({reason}): {delivery.get('pending')} events wait there"
        return wrong("loop", what, "start the executor with --telemetry-url, the address telemetry has for it")
    if delivery.get("pending"):
        return wrong("loop", f"{what}; {delivery['pending']} wait at the executor", "see telemetry's log and its disk")
    if run.get("status") in {"planned", "running"}:
        return wrong(
            "loop", f"{what}; the run is still {run['status']}", "is this machine overloaded? see the executor's log"
        )
    mend = "a proxy in between may hold the stream back: it must not buffer text/event-stream"
    return wrong("loop", f"{what}, though telemetry has them all", mend)


async def _at_telemetry(run_id: str, telemetry_url: str, deadlines: Deadlines) -> Json | Finding:
    try:
        with anyio.fail_after(deadlines.answer_s):
            async with telemetry_at(telemetry_url) as telemetry:
                return await telemetry.run(run_id)
    except (CommandError, TimeoutError) as error:
        if isinstance(error, Refused) and error.status == HTTPStatus.NOT_FOUND:
            what = f"telemetry at {telemetry_url} has not heard of the run: the executor delivers to another one"
            return wrong("loop", what, f"start the executor with --telemetry-url {telemetry_url}")
        reason = one_line(str(error) or "no answer in time", _REASON_CHARS)
        return wrong("loop", f"telemetry does not say what it has of the run: {reason}", "see telemetry's log")


async def _failed_calls(run_id: str, executor: ExecutorClient, deadlines: Deadlines) -> list[Finding]:
    """What went wrong with the question itself; a script the executor cannot read is not its fault."""
    try:
        with anyio.fail_after(deadlines.answer_s):
            calls = (await executor.calls(run_id))["calls"]
    except (CommandError, TimeoutError) as error:
        reason = one_line(str(error) or "no answer in time", _REASON_CHARS)
        return [wrong("loop", f"the executor does not list the run's calls: {reason}", "see the executor's log")]
    errors = [call["error"] for call in calls if call.get("error")]
    return [
        wrong(
            "loop",
            f"the question could not be asked: {error.get('kind')}: {one_line(str(error.get('message')), _REASON_CHARS)}",
            "see the executor's log: its workers are fpf processes",
        )
        for error in errors
        if error.get("kind") != "bad_request"
    ]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
