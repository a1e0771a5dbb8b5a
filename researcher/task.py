"""What is to be researched, as the executor says it in the first line on standard input."""

import json
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One research. ``token`` opens the executor's door for model requests at ``base_url`` and nothing else."""

    parent_pid: int
    folder: str
    """A private folder: the documents lie in ``documents`` inside it, everything else may be written there."""
    query: str
    report_type: str
    base_url: str
    token: str
    model: str
    embedding: str
    similarity_threshold: float
    """Passages less like a question than this are left out."""


def read_task(line: bytes) -> Task:
    """The task in this line; raises ``ValueError`` where it is none."""
    value: Any = json.loads(line)
    if not isinstance(value, dict) or set(value) != {field.name for field in fields(Task)}:
        raise ValueError("not a task")
    return Task(**value)
