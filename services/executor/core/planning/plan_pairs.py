"""The comparisons of a plan and what is combined: counted and named before anybody knows which documents win."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import get_args

from services.executor.core.planning.names import joined, model_parts
from services.executor.core.planning.planned import (
    COMBINE,
    PAIRWISE_EVAL,
    Pairing,
    PlannedCall,
    PlannedDocument,
    label,
)
from services.executor.core.presets.id_part import part
from services.executor.core.presets.preset import Model, Preset
from services.executor.core.records import Order
from shared.events import PhaseName

_ORDERS: tuple[Order, ...] = get_args(Order)


def pairings(
    preset: Preset,
    input_: str,
    phase: PhaseName,
    contestants: Sequence[str],
    ordinals: Iterator[int],
    *,
    top_n: int | None = None,
) -> tuple[Pairing, ...]:
    """Every pair of an input's contestants, by each judge, in each trial, in both orders.

    A contestant without a name is one it is not known of which it will be; with a ``top_n`` smaller than their number
    that many places compete instead. The preset's seed says which order is asked first, and nothing else.
    """
    evaluation = preset.pairwise_eval
    if evaluation is None:
        return ()
    many, named = len(contestants), True
    if top_n is not None and top_n < many:
        many, named = top_n, False
    judges = list(zip(evaluation.judges, model_parts(evaluation.judges), strict=True))
    found = []
    for first, second in combinations(range(many), 2):
        places = f"{first + 1}-{second + 1}" if named else f"top{first + 1}-{second + 1}"
        subject = joined(part(input_), *(() if phase == PAIRWISE_EVAL else ("combined",)), places)
        a, b = (contestants[first], contestants[second]) if named else ("", "")
        about = f"{first + 1} and {second + 1} of {input_}"
        calls = []
        for slot, (model, judge) in enumerate(judges):
            for trial in range(1, evaluation.trials + 1):
                cell = joined(subject, judge, trial)
                for order in _orders(preset.seed, cell):
                    shown = () if not (a and b) else (a, b) if order == "ab" else (b, a)
                    calls.append(
                        _comparison(cell, order, phase, about, model, slot, trial, input_, next(ordinals), shown)
                    )
        found.append(Pairing(first, second, tuple(calls)))
    return tuple(found)


def combined_documents(preset: Preset, input_: str, documents: int) -> list[PlannedDocument]:
    """What combine's models make of the two best of an input's documents: nothing where there is only one."""
    if preset.combine is None or documents <= 1:
        return []
    # Generated documents have three parts in their ids and inputs have one: this has two.
    return [
        PlannedDocument(document=joined(part(input_), f"combined-{name}"), input=input_, generator=slot)
        for slot, name in enumerate(model_parts(preset.combine.models))
    ]


def combine_calls(preset: Preset, input_: str, documents: int, ordinals: Iterator[int]) -> tuple[PlannedCall, ...]:
    """The calls that make an input's combined documents."""
    models = preset.combine.models if preset.combine else []
    return tuple(
        PlannedCall(
            ordinal=next(ordinals),
            call_id=joined("combine", made.document),
            item_id=made.document,
            phase=COMBINE,
            label=label("Combining the two best of", input_, model.model),
            provider=model.provider,
            model=model.model,
            slot=slot,
            round=1,
            input=input_,
            document=made.document,
        )
        for slot, (made, model) in enumerate(
            zip(combined_documents(preset, input_, documents), models if documents > 1 else [], strict=True)
        )
    )


def _comparison(
    cell: str,
    order: Order,
    phase: PhaseName,
    about: str,
    model: Model,
    slot: int,
    trial: int,
    input_: str,
    ordinal: int,
    shown: tuple[str, ...],
) -> PlannedCall:
    item = joined(cell, order)
    return PlannedCall(
        ordinal=ordinal,
        call_id=joined("compare", item),
        item_id=item,
        phase=phase,
        label=label("Comparing", " and ".join(shown) or about, model.model),
        provider=model.provider,
        model=model.model,
        slot=slot,
        round=trial,
        input=input_,
        order=order,
        shown=shown,
    )


def _orders(seed: int, cell: str) -> tuple[Order, ...]:
    first = hashlib.sha256(f"{seed} {cell}".encode()).digest()[0] % 2
    return _ORDERS if first == 0 else _ORDERS[::-1]
