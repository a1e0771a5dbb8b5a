"""The evaluation a scenario runs: how large it is, its configuration, and which question of the provider is which call."""

from dataclasses import dataclass
from typing import Any

from tests.faults.moody_provider import CRITERIA, Asked

PROVIDER = "lab"
BASE_URL_VARIABLE = "LAB_BASE_URL"


LOCAL_CALLS = 3


@dataclass(frozen=True)
class Size:
    """``documents`` texts, made by each generator, each judged by every judge."""

    documents: int = 10
    makers: int = 2
    judges: int = 4
    concurrency: int = 4
    attempt_timeout_s: float = 4.0

    @property
    def calls(self) -> int:
        return self.documents * self.makers * (1 + self.judges)


def configuration(size: Size, name: str) -> dict[str, Any]:
    """The run's configuration: every call's prompt is its own, so that the provider can tell them apart."""

    def model(called: str) -> dict[str, Any]:
        return {"provider": PROVIDER, "model": called, "price": {"input_per_mtok": 1.0, "output_per_mtok": 2.0}}

    return {
        "name": name,
        "documents": [
            {"id": f"doc-{n}", "text": f"MARK-{name}{n}x is document {n}, about live statistics."}
            for n in range(size.documents)
        ],
        "generation": {
            "instructions": {"text": "Write about it."},
            "models": [model(f"maker-{n}") for n in range(size.makers)],
            "min_bytes": 0,
        },
        "single_eval": {
            "criteria": [{"name": criterion, "description": f"How good is its {criterion}?"} for criterion in CRITERIA],
            "judges": [model(f"judge-{n}") for n in range(size.judges)],
            "trials": 1,
        },
        "limits": {
            "concurrency": size.concurrency,
            "max_attempts": 10,
            "attempt_timeout_s": size.attempt_timeout_s,
            "identical_failures": 100_000,
        },
    }


def local_configuration(name: str) -> dict[str, Any]:
    """A small run of judgements by the embedded model."""
    model = {"provider": "local", "model": "smollm2-135m", "temperature": 0.2, "max_completion_tokens": 300}
    config = configuration(Size(), name)
    del config["generation"]
    config["documents"] = config["documents"][:LOCAL_CALLS]
    config["single_eval"]["judges"] = [model]
    config["limits"].update(concurrency=2, attempt_timeout_s=120)
    return config


def questions_of(name: str, calls: list[dict[str, Any]]) -> dict[Asked, str]:
    """The call id behind each question, from the executor's list of calls."""
    makers = {call["document"]: call["model"] for call in calls if call["phase"] == "generation"}
    found = {}
    for call in calls:
        mark = f"MARK-{name}{call['input'].removeprefix('doc-')}x"
        maker = None if call["phase"] == "generation" else makers[call["document"]]
        found[Asked(call["model"], mark, maker)] = call["call_id"]
    return found
