"""A run that asks nobody and costs nothing: one judgement by the provider ``scripted``, its answer in a file."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from shared.ids import make_run_id

Json = dict[str, Any]

_CRITERION = "Arrived"
_RANDOM_BITS = 64
_VERDICT = {"evaluations": [{"criterion": _CRITERION, "score": 5, "reason": "It came through."}]}


@contextmanager
def script_file() -> Iterator[Path]:
    """A script with the one answer, gone in the end.

    An executor of another machine or user cannot read it. Its call then fails before anything is asked, and the events
    of that tell as much about the way.
    """
    with tempfile.TemporaryDirectory(prefix="acm2-doctor-") as folder:
        path = Path(folder) / "script.json"
        path.write_text(json.dumps({"steps": [{"json": _VERDICT}]}))
        yield path


def probe_run(script: Path, utc_compact: str, rng: Random) -> Json:
    """The body of ``POST /runs``; ``utc_compact`` is ``YYYYmmdd-HHMMSS``."""
    return {
        "run_id": f"doctor-{make_run_id(utc_compact, rng.getrandbits(_RANDOM_BITS))}",
        "config": {
            "name": "doctor",
            "documents": [{"id": "probe", "text": "Does this come through?"}],
            "single_eval": {
                "criteria": [{"name": _CRITERION, "description": "Whether it comes through."}],
                "judges": [{"provider": "scripted", "model": str(script)}],
                "trials": 1,
            },
            "limits": {
                "concurrency": 1,
                "max_attempts": 1,
                "max_requests": 1,
                "attempt_timeout_s": 10.0,
                "call_timeout_s": 15.0,
                "run_timeout_s": 20.0,
            },
        },
    }
