"""Who wins: documents ranked within their input, models across inputs.

The order in which judgements came changes nothing, and documents of different inputs never meet.
"""

import hashlib
import importlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.executor.core.ranking.cells import Cell, Tally, counted, tallies
from services.executor.core.ranking.means import ratio_interval

Shown = dict[str, Any]

_NUMBERS = "services.executor.core.ranking.rated"
_SEED_BYTES = 8
_SAME = 1e-6
"""Ratings no further apart are the same: they are rounded to as many digits."""


class Judged(Protocol):
    """One judgement of two documents of an input; ``winner`` is ``a``, ``b`` or ``tie``."""

    @property
    def input(self) -> str: ...
    @property
    def a(self) -> str: ...
    @property
    def b(self) -> str: ...
    @property
    def winner(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Contestant:
    """A document that can be compared; ``generator`` as it is shown, None for an input itself."""

    document: str
    input: str
    generator: Shown | None


def rank_documents(
    contestants: Sequence[Contestant],
    pairs: Iterable[Judged],
    *,
    seed: int,
    between: Callable[[], None] = lambda: None,
) -> list[Shown]:
    """The rows of one input, best first; documents nobody has compared have none.

    ``contestants`` are of that input, in the order of the plan, which decides between equals; pairs of others count
    for nothing. ``between`` is called between steps; what it raises ends the work.
    """
    place = {item.document: index for index, item in enumerate(contestants)}
    cells = counted((place.get(pair.a), place.get(pair.b), pair.winner) for pair in pairs)
    rows = []
    for index, standing in _standings(cells, seed=[seed, *_derived(contestants)], between=between):
        item = contestants[index]
        named = {"input": item.input, "document": item.document, "generator": item.generator}
        rows.append(named | standing)
    return sorted(rows, key=lambda row: (row["component"], -row["rating"]))


class ModelField:
    """The generators whose documents compete, over all inputs."""

    def __init__(self, contestants: Iterable[Contestant]) -> None:
        self._maker = {item.document: item.generator for item in contestants if item.generator is not None}
        self._names = {generator_key(generator): generator for generator in self._maker.values()}
        self._place = {name: index for index, name in enumerate(self._names)}

    def meetings(self, pairs: Iterable[Judged]) -> list[Cell]:
        """What the comparisons of one input say of generators: nothing where both documents are of the same."""
        return counted((self._index(pair.a), self._index(pair.b), pair.winner) for pair in pairs)

    def ranked(
        self, inputs: Sequence[Sequence[Cell]], *, seed: int, between: Callable[[], None] = lambda: None
    ) -> list[Shown]:
        """The rows of all that met another, best first; ``inputs`` in the order of the plan, each its meetings.

        ``between`` is called between steps; what it raises ends the work.
        """
        inputs = [cells for cells in inputs if cells]
        together = [cell for cells in inputs for cell in cells]
        shown, met = list(self._names.values()), [tallies(cells) for cells in inputs]
        rows = []
        for index, standing in _standings(together, seed=[seed], inputs=inputs, between=between):
            parts = [found[index] for found in met if index in found]
            points = [(tally.wins + tally.ties / 2, float(sum(tally))) for tally in parts]
            low, high = ratio_interval(points, seed=seed) or (None, None)
            rows.append({**shown[index], **standing, "win_rate_low": low, "win_rate_high": high})
        return sorted(rows, key=lambda row: (row["component"], -row["rating"]))

    def _index(self, document: str) -> int | None:
        maker = self._maker.get(document)
        return None if maker is None else self._place[generator_key(maker)]


def rank_models(contestants: Sequence[Contestant], pairs: Iterable[Judged], *, seed: int) -> list[Shown]:
    """The rows of all generators whose documents met those of another, best first."""
    field = ModelField(contestants)
    by_input: dict[str, list[Judged]] = defaultdict(list)
    for pair in pairs:
        by_input[pair.input].append(pair)
    inputs = dict.fromkeys(item.input for item in contestants)
    return field.ranked([field.meetings(by_input.get(name, ())) for name in inputs], seed=seed)


def generator_key(generator: Mapping[str, Any]) -> str:
    """What makes two generators the same."""
    settings = sorted((name, repr(value)) for name, value in (generator.get("settings") or {}).items())
    return repr((generator["provider"], generator["model"], settings, generator.get("kind")))


def leader(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The best document of an input's rows; None where there is none, or where nobody can say."""
    if not rows or not all(row["connected"] for row in rows):
        return None
    best: str = rows[0]["document"]
    return best


def tied_with_leader(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The other documents of an input's rows that are just as good as its leader; none where there is no leader."""
    if leader(rows) is None:
        return []
    top = rows[0]["rating"]
    return [row["document"] for row in rows[1:] if abs(row["rating"] - top) < _SAME]


def _derived(contestants: Sequence[Contestant]) -> list[int]:
    """A seed of the input's own: what happens on others does not move its intervals."""
    name = contestants[0].input if contestants else ""
    return [int.from_bytes(hashlib.sha256(name.encode()).digest()[:_SEED_BYTES])]


def _standings(
    cells: Sequence[Cell],
    *,
    seed: Sequence[int],
    inputs: Sequence[Sequence[Cell]] | None = None,
    between: Callable[[], None],
) -> list[tuple[int, Shown]]:
    """Each competitor that met another, with its rating and counts; intervals draw ``inputs`` anew if there are any."""
    found = tallies(cells)
    if not found:
        return []
    place = {index: number for number, index in enumerate(found)}
    numbers = importlib.import_module(_NUMBERS)
    if inputs is None:
        rated = numbers.rated_by_judgements(_moved(cells, place), len(found), seed=seed, between=between)
    else:
        rated = numbers.rated_by_inputs(
            [_moved(each, place) for each in inputs], len(found), seed=seed, between=between
        )
    connected = len({one.component for one in rated}) == 1
    return [
        (index, _standing(one, tally, connected=connected))
        for (index, tally), one in zip(found.items(), rated, strict=True)
    ]


def _moved(cells: Sequence[Cell], place: Mapping[int, int]) -> list[Cell]:
    return [cell._replace(first=place[cell.first], second=place[cell.second]) for cell in cells]


def _standing(rated: Any, tally: Tally, *, connected: bool) -> Shown:
    why = {} if rated.no_interval is None else {"no_interval": rated.no_interval}
    return {
        "rating": rated.rating,
        "low": rated.low,
        "high": rated.high,
        **tally._asdict(),
        "win_rate": tally.win_rate,
        "bounded": rated.bounded,
        "connected": connected,
        "component": rated.component,
        **why,
    }
