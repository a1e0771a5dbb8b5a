"""A run's progress as lines for a log: at once when something of weight changed, else every few seconds. Pure."""

from services.cli.showing import phrases
from services.cli.showing.run_view import RunView
from services.cli.showing.waiting_words import waiting_words

EVERY_S = 5.0
"""How often a line comes while the numbers move."""

AT_LEAST_EVERY_S = 30.0
"""How often a line comes when nothing moves, so that a log shows that somebody still watches."""


class PlainLines:
    """Remembers what was said last, so that nothing is said twice."""

    def __init__(self) -> None:
        self._weight: tuple[object, ...] | None = None
        self._line = ""
        self._said_s = 0.0

    def due(self, view: RunView, now_s: float) -> list[str]:
        """The lines to write now, none or one."""
        if view.heard_s is None and not view.stats:
            return []
        line = progress_line(view)
        keys = tuple(trouble.key for trouble in view.troubles)
        weight = (view.status, view.phase, len(view.stats.get("errors") or ()), keys, view.delivery is None)
        age_s = now_s - self._said_s
        if weight == self._weight and age_s < (EVERY_S if line != self._line else AT_LEAST_EVERY_S):
            return []
        self._weight, self._line, self._said_s = weight, line, now_s
        return [line]


def progress_line(view: RunView) -> str:
    """One line that says it all."""
    stats = view.stats
    head = (
        phrases.status(view.status)
        if view.status != "waiting"
        else "no such run yet; waiting for its first event (Ctrl-C ends)"
    )
    head += f" ({phrases.one_line(view.reason, 100)})" if view.reason else ""
    head += f" · {phrases.status(view.phase)}" if view.phase else ""
    parts = [head]
    if stats:
        parts.append(phrases.calls(stats))
        parts.append(phrases.rate(stats.get("calls_per_minute")))
        if not view.final:
            parts.append(f"ETA {phrases.duration(stats.get('eta_s'))}")
        if stats.get("cost_usd"):
            parts.append(phrases.spending(stats, view.final))
        parts += _judged(view)
        if stats.get("current_call"):
            parts.append(f"now: {phrases.one_line(str(stats['current_call']), 100)}{_waits(view)}")
        error = phrases.last_error(stats)
        if error:
            parts.append(f"last error {error}")
    parts += [trouble.text for trouble in view.troubles if trouble.over]
    return " | ".join(parts)


def _judged(view: RunView) -> list[str]:
    scores, pairs = view.scores.judgements, view.standings.pairs
    counts = [phrases.counted(number, name) for number, name in ((scores, "score"), (pairs, "pair")) if number]
    leaders = view.standings.leaders()[:1]
    return ([", ".join(counts)] if counts else []) + [f"leading: {leader}" for leader in leaders]


def _waits(view: RunView) -> str:
    """What the oldest call in flight waits for; until when says the panel, a line of a log is read later."""
    calls = view.stats.get("in_flight_calls") or [{}]
    words = waiting_words({**calls[0], "until": None}, 0)
    return f", {words}" if words else ""
