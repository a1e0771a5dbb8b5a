"""Everything that is wrong with a run or with what shows it, each in one line that says since when and why. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from services.cli.clients.frames import LinkDown
from services.cli.showing import phrases
from services.cli.showing.time_of_day import local_time

_ALL_WELL = frozenset({None, True, "ok", ""})
_REASON_CHARS = 200


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """``key`` stays the same while it lasts; ``text`` is said when it begins, ``over`` (if any) when it has passed."""

    key: str
    text: str
    over: str = ""


class Known(Protocol):
    """What is known of a run."""

    link_down: LinkDown | None
    delivery: dict[str, Any] | None
    producer: dict[str, Any] | None
    storage: Any
    ledger: Any
    executors_own: str | None
    rejected: int
    unaccounted: int
    complete: bool | None
    stats: dict[str, Any]

    @property
    def silent(self) -> bool:
        """Whether nobody works on the run."""


def troubles(known: Known) -> Iterator[Trouble]:
    """What is wrong now, the most important first."""
    link = link_trouble(known)
    if link:
        yield link
    yield from _producer(known)
    yield from _storage(known)
    yield from _accounts(known)


def link_trouble(known: Known) -> Trouble | None:
    """The way from the run to this screen, where it is broken: between us and telemetry, or telemetry and the executor."""
    delivery = known.delivery or {}
    link = delivery.get("link")
    since, reason = "", ""
    if known.link_down:
        since, reason = known.link_down.since, known.link_down.reason
    elif isinstance(link, dict) and link.get("state") == "down":
        since, reason = local_time(link.get("since")), phrases.one_line(str(link.get("reason") or ""), _REASON_CHARS)
    if not since:
        return None
    pending = delivery.get("pending")
    waiting = (
        f", {phrases.count(pending)} event{'' if pending == 1 else 's'} waiting" if isinstance(pending, int) else ""
    )
    return Trouble(
        key="link",
        text=f"stats link down since {since} ({reason or 'no reason known'}){waiting}; trying again, the run goes on",
        over=f"stats link is back, it was down since {since}",
    )


def _producer(known: Known) -> Iterator[Trouble]:
    if known.silent and not known.link_down:
        since = (known.producer or {}).get("since")
        heard = f"producer silent since {local_time(since)}: " if since else ""
        yield Trouble(
            key="producer",
            text=f"{heard}nobody works on the run now",
            over="the producer gives signs of life again",
        )


def _storage(known: Known) -> Iterator[Trouble]:
    if known.storage not in _ALL_WELL:
        yield Trouble(
            key="storage",
            text=f"telemetry cannot store events: {_short(known.storage)}; the executor keeps them",
            over="telemetry can store events again",
        )
    ledger = known.ledger if known.ledger is not None else (known.producer or {}).get("storage")
    if ledger not in _ALL_WELL:
        yield Trouble(
            key="ledger",
            text=f"the executor cannot write its ledger: {_short(ledger)}; no new request goes out",
            over="the executor can write its ledger again",
        )


def _accounts(known: Known) -> Iterator[Trouble]:
    stopped = (known.delivery or {}).get("stopped")
    if stopped:
        own = "; status and numbers are the executor's own" if known.executors_own else ""
        yield Trouble(key="stopped", text=f"telemetry takes no more events of this run: {_short(stopped)}{own}")
    elif known.executors_own:
        yield Trouble(key="own", text=f"status and numbers are the executor's own: {_short(known.executors_own)}")
    if known.unaccounted:
        yield Trouble(key="unaccounted", text=f"{_events(known.unaccounted)} sent but missing at telemetry")
    if known.rejected:
        yield Trouble(key="rejected", text=f"{_events(known.rejected)} refused by telemetry; the page says why")
    discarded = known.stats.get("discarded") or 0
    if discarded:
        yield Trouble(key="discarded", text=f"{_events(discarded)} dropped by the producer")
    for violation in known.stats.get("violations") or ():
        yield Trouble(key=f"violation {violation}", text=f"broken promise: {_short(violation)}")
    if known.complete is False:
        yield Trouble(key="complete", text="the log is not complete: it differs from what the executor wrote")


def _events(number: int) -> str:
    return f"{phrases.count(number)} {'event was' if number == 1 else 'events were'}"


def _short(text: Any) -> str:
    return phrases.one_line(str(text), _REASON_CHARS)
