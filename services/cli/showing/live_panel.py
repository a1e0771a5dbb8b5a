"""A run as a panel for a terminal: counters, phase, rate, what is asked now, errors, and the state of the link. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from services.cli.showing import phrases
from services.cli.showing.phase_lines import phase_lines
from services.cli.showing.run_view import RunView
from services.cli.showing.waiting_words import waiting_words
from shared.stored import parse_time

_STATUS_STYLE = {
    "completed": "bold green",
    "completed_with_errors": "bold yellow",
    "failed": "bold red",
    "cancelled": "bold yellow",
    "interrupted": "bold yellow",
    "running": "bold cyan",
}
_BAR_WIDTH = 40
_ERRORS_SHOWN = 5
_QUIET_S = 5.0
"""A stream silent for longer than this shows how old its last word is."""


def panel(view: RunView, now_s: float, wall_ms: int) -> RenderableType:
    """The panel at this monotonic time, and this time of day in milliseconds since 1970."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for name, content in _rows(view, now_s, wall_ms):
        grid.add_row(name, content)
    return Group(Text(), grid)


def _rows(view: RunView, now_s: float, wall_ms: int) -> list[tuple[str, RenderableType]]:
    stats = view.stats
    title = Text(view.run_id, style="bold")
    if view.preset:
        title = Text.assemble((view.preset, "bold"), f"  {view.run_id}")
    rows: list[tuple[str, RenderableType]] = [("run", title)]
    if view.page:
        rows.append(("page", Text(view.page, style=f"underline link {view.page}")))
    rows.append(("status", _status(view)))
    if stats:
        rows.append(("calls", _counters(view)))
        bar = _bar(view)
        if bar is not None:
            rows.append(("", bar))
        rows += _named("phases", phase_lines(stats.get("by_phase") or []))
        rows.append(("rate", Text(_pace(view))))
        rows.append(("spent", Text(phrases.spending(stats, view.final))))
        rows += _judged(view)
        rows += _named("now", (Text(line) for line in _now(view, wall_ms)))
        rows += _named("errors", (Text(line, style="red") for line in phrases.errors(stats)[:_ERRORS_SHOWN]))
    rows += _named("trouble", (Text(trouble.text, style="bold red") for trouble in view.troubles))
    if not view.ended and not view.link_down and not view.executors_own:
        rows.append(("link", _link(view, now_s)))
    return rows


def _named(name: str, lines: Iterable[RenderableType]) -> Iterator[tuple[str, RenderableType]]:
    """The lines, with the name before the first."""
    for line in lines:
        yield name, line
        name = ""


def _judged(view: RunView) -> Iterator[tuple[str, RenderableType]]:
    """Judgements as they come, and who leads by them."""
    scores, standings = view.scores.judgements, view.standings
    counts = [phrases.counted(scores, "score")] if scores else []
    counts += [phrases.counted(standings.pairs, "pair")] if standings.pairs else []
    if counts:
        yield "judged", Text(", ".join(counts))
        if not view.final:
            yield from (("", _cut(line, "dim")) for line in standings.newest)
    yield from _named("leading", (_cut(line) for line in standings.leaders()))
    yield from _named("winner" if view.final else "so far", (_cut(line, "bold") for line in standings.winners()))


def _cut(line: str, style: str = "") -> Text:
    """A line that is cut where the terminal ends: what comes and goes does not move what is below it."""
    return Text(line, style=style, no_wrap=True, overflow="ellipsis")


def _status(view: RunView) -> Text:
    text = Text(phrases.status(view.status), style=_STATUS_STYLE.get(view.status, "bold"))
    if view.phase:
        text.append(f"  {phrases.status(view.phase)}", style="default")
    if view.reason:
        text.append(f"  {phrases.one_line(view.reason, 100)}", style="dim")
    return text


def _counters(view: RunView) -> Text:
    stats = view.stats
    failed, retried = stats.get("failed_calls"), stats.get("retries")
    text = Text.assemble(
        (f"{phrases.count(stats.get('successful_calls'))} ok", "green"),
        "   ",
        (f"{phrases.count(failed)} failed", "red" if failed else "default"),
        "   ",
        (f"{phrases.count(retried)} retried", "yellow" if retried else "default"),
        f"   {phrases.count(stats.get('in_flight'))} in flight",
        f"   {phrases.count(stats.get('planned_calls'))} planned",
    )
    for name, word in (("cancelled_calls", "cancelled"), ("lost_calls", "lost"), ("not_started", "not started")):
        if stats.get(name):
            text.append(f"   {phrases.count(stats[name])} {word}", style="yellow")
    return text


def _bar(view: RunView) -> ProgressBar | None:
    stats = view.stats
    planned = stats.get("planned_calls")
    if not planned:
        return None
    done = stats["total_calls"] - stats["in_flight"] + stats["not_started"]
    return ProgressBar(total=planned, completed=min(done, planned), width=_BAR_WIDTH)


def _pace(view: RunView) -> str:
    stats = view.stats
    tokens = f"{phrases.count(stats.get('input_tokens'))} in, {phrases.count(stats.get('output_tokens'))} out"
    eta = "" if view.final else f"   ETA {phrases.duration(stats.get('eta_s'))}"
    return f"{phrases.rate(stats.get('calls_per_minute'))}{eta}   tokens {tokens}"


def _now(view: RunView, wall_ms: int) -> list[str]:
    calls = view.stats.get("in_flight_calls") or []
    lines = []
    for call in calls[:3]:
        label = phrases.one_line(str(call.get("label") or call.get("call_id")), 100)
        words = waiting_words(call, wall_ms)
        waits = f"  {words}" if words else ""
        again = f"  attempt {call['attempt']}" if (call.get("attempt") or 0) > 1 else ""
        lines.append(f"{label}{_age(call.get('since'), wall_ms)}{again}{waits}")
    if len(calls) > len(lines):
        lines.append(f"and {len(calls) - len(lines)} more")
    return lines


def _age(since: Any, wall_ms: int) -> str:
    since_ms = parse_time(since) if isinstance(since, str) else None
    return "" if since_ms is None else f"  {phrases.duration(max(0, wall_ms - since_ms) / 1000)}"


def _link(view: RunView, now_s: float) -> Text:
    if view.heard_s is None:
        return Text("connecting", style="dim")
    age_s = now_s - view.heard_s
    if age_s > _QUIET_S:
        return Text(f"live, last word {phrases.duration(age_s)} ago", style="dim")
    return Text("live", style="green")
