"""A run's costs by phase, model, judge, document and input."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from services.executor.core.planning.plan import COMBINE, GENERATION, PAIRWISE_EVAL, POST_COMBINE_EVAL, SINGLE_EVAL
from services.executor.core.ranking.ranking import generator_key
from services.executor.core.records import Attempt, Call
from services.executor.core.results.costs import spent
from services.executor.core.results.outcome import Outcome

Shown = dict[str, Any]

_COMPARISONS = frozenset({PAIRWISE_EVAL, POST_COMBINE_EVAL})


def costs(outcome: Outcome) -> Shown:
    """``{total, by_phase, by_model, by_judge, by_document, by_input}``.

    ``by_phase``, ``by_model`` (a model in all its roles) and ``by_input`` each add up to ``total``. ``by_document`` has
    what was spent on one document alone, making and scoring it: a comparison is of two.
    """
    made = [(attempt, outcome.calls.get(attempt.call_id)) for attempt in outcome.attempts]
    known = [(attempt, call) for attempt, call in made if call is not None]
    return {
        "total": spent(outcome.attempts).shown(),
        "by_phase": _by_phase(outcome, known),
        "by_model": _rows(known, lambda call: {"provider": call.provider, "model": call.model}),
        "by_judge": _rows(known, lambda call: _judge(outcome, call)),
        "by_document": _rows(known, _document),
        "by_input": _rows(known, lambda call: {"input": call.input}),
    }


def _by_phase(outcome: Outcome, known: Iterable[tuple[Attempt, Call]]) -> list[Shown]:
    groups: dict[str, list[Attempt]] = {phase: [] for phase in outcome.plan.phases}
    for attempt, call in known:
        groups.setdefault(call.phase, []).append(attempt)
    return [{"phase": phase, **spent(attempts).shown()} for phase, attempts in groups.items()]


def _rows(known: Iterable[tuple[Attempt, Call]], name_of: Callable[[Call], Shown | None]) -> list[Shown]:
    names: dict[Hashable, Shown] = {}
    groups: dict[Hashable, list[Attempt]] = defaultdict(list)
    for attempt, call in sorted(known, key=lambda item: (item[1].ordinal, item[0].attempt)):
        name = name_of(call)
        if name is not None:
            key = generator_key(name) if "settings" in name else tuple(name.items())
            names.setdefault(key, name)
            groups[key].append(attempt)
    return [{**name, **spent(groups[key]).shown()} for key, name in names.items()]


def _judge(outcome: Outcome, call: Call) -> Shown | None:
    if call.phase == SINGLE_EVAL:
        return outcome.score_judges.get(call.slot)
    return outcome.pair_judges.get(call.slot) if call.phase in _COMPARISONS else None


def _document(call: Call) -> Shown | None:
    if call.phase not in {GENERATION, SINGLE_EVAL, COMBINE}:
        return None
    return {"input": call.input, "document": call.document}
