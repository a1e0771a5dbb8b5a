"""Configurations the end-to-end tests start runs with."""

from typing import Any

from tests.e2e.provider import CRITERIA


def judged(provider: str, *, documents: int = 4, generate: bool = True, **limits: Any) -> dict[str, Any]:
    """A configuration: some documents, one generator and one judge of this provider."""
    model = {"provider": provider, "model": "mock-1", "price": {"input_per_mtok": 1.0, "output_per_mtok": 2.0}}
    config: dict[str, Any] = {
        "name": "e2e",
        "documents": [{"id": f"doc_{n}", "text": f"Document {n} is about live statistics."} for n in range(documents)],
        "single_eval": {
            "criteria": [{"name": name, "description": f"How good is its {name}?"} for name in CRITERIA],
            "judges": [model],
            "trials": 2,
        },
        "limits": limits,
    }
    if generate:
        config["generation"] = {"instructions": {"text": "Write about it."}, "models": [model], "min_bytes": 0}
    return config
