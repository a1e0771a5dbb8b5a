"""Presets with all five phases, and a provider that judges by a text's place in a list of favourites."""

import re
from collections.abc import Sequence
from typing import Any

from shared.llm_call import LlmRequest
from tests.executor.configs import Json, a_judge, a_model
from tests.executor.fakes import Outcome, answer, verdict

_SHOWN = re.compile(r"Document A:\n\n(.*)\n\nDocument B:\n\n(.*)", re.DOTALL)


def five_phases(*, models: int = 3, judges: int = 2, combiners: int = 1, trials: int = 1, **pairwise: Any) -> Json:
    """The parts of a config with every phase."""
    writers = [a_model(temperature=number / 10) for number in range(models)]
    critics = [a_judge(temperature=number / 10) for number in range(judges)]
    return {
        "generation": {"models": writers},
        "single_eval": {"judges": critics, "trials": trials},
        "pairwise_eval": {"judges": critics, "trials": trials, **pairwise},
        "combine": {
            "instructions": {"text": "Combine."},
            "models": [a_model(temperature=1 + number / 10) for number in range(combiners)],
        },
    }


def shown(request: LlmRequest) -> tuple[str, str]:
    """The two texts of a comparison or a combination, A first."""
    found = _SHOWN.fullmatch(request.document)
    assert found is not None
    return found[1], found[2]


def is_pair(request: LlmRequest) -> bool:
    """Whether the request compares two documents."""
    return request.json and "winner" in (request.json_schema or {}).get("properties", {})


class Favourites:
    """Writes texts that name their origin; likes a text the better the later its writer's temperature."""

    def __init__(self, *, prefer: Sequence[str] = ()) -> None:
        self.prefer = prefer

    def __call__(self, request: LlmRequest, before: int) -> Outcome:
        """A text, scores or a preference."""
        if is_pair(request):
            first, second = (self._liking(text) for text in shown(request))
            winner = "tie" if first == second else "A" if first > second else "B"
            return answer(f'{{"winner": "{winner}", "reason": "so"}}', tokens=(100, 20))
        if request.json:
            return verdict(min(5, 1 + int(self._liking(request.document))))
        made_of = "+".join(shown(request)) if request.instructions == "Combine." else request.document
        return answer(f"<{made_of}>{request.temperature:g}")

    @staticmethod
    def _liking(text: str) -> float:
        found = re.search(r">([0-9.]+)$", text)
        return float(found[1]) * 10 if found else 0.0
