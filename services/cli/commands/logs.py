"""``acm2 logs``: a run's log events as lines, up to now or as they come."""

import json as json_text
import random
import sys
from collections.abc import Callable
from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import TELEMETRY_PORT, addresses
from services.cli.clients.frames import Frame, LinkDown, LinkUp, Signal
from services.cli.clients.telemetry_client import TelemetryClient, telemetry_at
from services.cli.showing.consoles import Consoles, consoles
from services.cli.showing.event_line import event_line, is_log
from services.cli.which_run import which_run


def logs(
    *,
    run: options.Run = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", envvar="ACM2_FOLLOW", help="Go on until the run ends.")
    ] = False,
    all_events: Annotated[
        bool,
        typer.Option(
            "--all", envvar="ACM2_ALL", help="Every event, not only log lines, alerts, judgements and your own types."
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", envvar="ACM2_JSON", help="The stored lines, one JSON object each.")
    ] = False,
    telemetry_url: options.TelemetryUrl = None,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """Print a run's log.

    Log lines and alerts, each score, each comparison, each new ranking, and events of your own types.
    """
    where = addresses(telemetry_url=telemetry_url, telemetry_port=telemetry_port)

    left_out = 0

    def write(line: str) -> None:
        nonlocal left_out
        event = json_text.loads(line)
        if all_events or is_log(event):
            sys.stdout.write((line if json else event_line(event)) + "\n")
        else:
            left_out += 1

    shown = consoles()
    anyio.run(_logs, where.telemetry, run, follow, write, shown)
    if left_out:
        shown.note(f"{left_out} events that are no log lines are left out; --all prints them too")


async def _logs(url: str, typed: str | None, follow: bool, write: Callable[[str], None], shown: Consoles) -> None:  # noqa: FBT001 - anyio.run passes positions
    async with telemetry_at(url) as telemetry:
        run_id = await which_run(typed, telemetry, may_come=follow)
        if follow:
            await _follow(telemetry, run_id, write, shown)
        else:
            async for line in telemetry.lines(run_id):
                write(line)


async def _follow(telemetry: TelemetryClient, run_id: str, write: Callable[[str], None], shown: Consoles) -> None:
    await telemetry.log(run_id, random.Random()).hold(_Follower(write, shown.note).take)


class _Follower:
    """Writes every event once, whatever the link does, and says what the link does."""

    def __init__(self, write: Callable[[str], None], note: Callable[[str], None]) -> None:
        self._write = write
        self._note = note
        self._down_since: str | None = None
        self._last: tuple[str, int] = ("", 0)

    def take(self, signal: Signal) -> None:
        """Take in what came."""
        match signal:
            case LinkDown():
                if self._down_since is None:
                    self._note(f"stats link down since {signal.since} ({signal.reason}); trying again")
                self._down_since = signal.since
            case LinkUp():
                if self._down_since is not None:
                    self._note(f"stats link is back, it was down since {self._down_since}")
                self._down_since = None
            case Frame(event="gap"):
                self._note(f"a part of the log is gone: {signal.data.get('reason')}")
            case Frame() if "epoch" in signal.data and signal.event != "hello":
                self._event(signal)

    def _event(self, frame: Frame) -> None:
        epoch, seq = str(frame.data["epoch"]), int(frame.data.get("seq") or 0)
        last_epoch, last_seq = self._last
        # After a gap the oldest events that are kept come again.
        if epoch == last_epoch and seq <= last_seq:
            return
        self._last = (epoch, seq)
        self._write(frame.text)
        sys.stdout.flush()
