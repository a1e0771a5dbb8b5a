"""How far each phase is, a line each, for a panel. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from services.cli.showing import phrases
from services.cli.showing.forecast import done_calls

Json = Mapping[str, Any]

_BAR_CHARS = 12


def phase_lines(phases: Sequence[Json]) -> Iterator[Text]:
    """Nothing for a single phase: the run's own line says it all."""
    if len(phases) < 2:
        return
    width = max(len(phrases.status(str(phase["phase"]))) for phase in phases)
    digits = max(len(_of(phase)) for phase in phases)
    for phase in phases:
        yield _line(phase, width, digits)


def _line(phase: Json, width: int, digits: int) -> Text:
    done, planned = done_calls(phase), phase.get("planned_calls")
    filled = round(_BAR_CHARS * min(1.0, done / planned)) if planned else 0
    text = Text(f"{phrases.status(str(phase['phase'])):<{width}} ", no_wrap=True, overflow="ellipsis")
    text.append("━" * filled, style="green" if planned and done >= planned else "cyan")
    text.append("─" * (_BAR_CHARS - filled), style="dim")
    text.append(f" {_of(phase):>{digits}}")
    for name, word, style in (
        ("in_flight", "in flight", ""),
        ("failed_calls", "failed", "red"),
        ("retries", "retried", "yellow"),
        ("not_started", "not started", "yellow"),
    ):
        if phase.get(name):
            text.append(f"  {phrases.count(phase[name])} {word}", style=style)
    if phase.get("cost_usd"):
        text.append(f"  {phrases.money(phase['cost_usd'])}", style="dim")
    return text


def _of(phase: Json) -> str:
    return f"{phrases.count(done_calls(phase))}/{phrases.count(phase.get('planned_calls'))}"
