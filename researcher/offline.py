"""Keeps the research on this machine: one way to a model, none to the web, and nothing that tells or downloads."""

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from researcher.task import Task

CLIENT_LIMIT_S = 7 * 86_400
"""Deadlines, pauses and second tries are the executor's alone: a client of its own would multiply them."""

SILENT = {
    "ANONYMIZED_TELEMETRY": "false",
    "DO_NOT_TRACK": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "LANGCHAIN_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_OTEL_ENABLED": "false",
    "LANGSMITH_TRACING": "false",
    "LANGSMITH_TRACING_V2": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
    "OTEL_SDK_DISABLED": "true",
    "PIP_NO_INDEX": "1",
    "POSTHOG_DISABLED": "1",
    "SCARF_NO_ANALYTICS": "true",
    "TRANSFORMERS_OFFLINE": "1",
    "UNSTRUCTURED_DISABLE_NOTICE": "1",
}
"""What the libraries below GPT Researcher read before they report to somebody or fetch something."""

_NEAR = frozenset({"localhost", "127.0.0.1", "::1", "", None})


def settle(task: Task) -> None:
    """The surroundings of the research; to be called before anything of GPT Researcher's is imported."""
    client = json.dumps({"max_retries": 0, "timeout": CLIENT_LIMIT_S})
    os.environ.update(SILENT)
    os.environ.update(
        {
            "OPENAI_API_KEY": task.token,
            "OPENAI_BASE_URL": task.base_url,
            "FAST_LLM": f"openai:{task.model}",
            "SMART_LLM": f"openai:{task.model}",
            "STRATEGIC_LLM": f"openai:{task.model}",
            "LLM_KWARGS": client[:-1] + ', "use_responses_api": false}',
            # "custom" sends texts as they are; "openai" would count tokens first, with a table it downloads.
            "EMBEDDING": f"custom:{task.embedding}",
            "EMBEDDING_KWARGS": client,
            "SIMILARITY_THRESHOLD": str(task.similarity_threshold),
            "REPORT_SOURCE": "local",
            "DOC_PATH": str(Path(task.folder) / "documents"),
            "RETRIEVER": "custom",
        }
    )
    os.chdir(task.folder)
    sys.addaudithook(_one_way_out(urlsplit(task.base_url).port or 0))


def _one_way_out(port: int) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that refuses every connection but one to this port of this machine.

    The embedded model and much else is on loopback too: past the door nothing would be counted.
    """

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
            allowed = _text(arguments[0]) in _NEAR
        elif event == "socket.connect":
            address = arguments[1]
            allowed = not isinstance(address, tuple) or (_text(address[0]) in _NEAR and address[1] == port)
        else:
            return
        if not allowed:
            raise PermissionError("a research has one way out")

    return look


def _text(host: Any) -> Any:
    return host.decode(errors="replace") if isinstance(host, bytes) else host


def count_bytes_as_tokens() -> None:
    """Give ``tiktoken`` a table of its own for its guesses at costs, which nobody reads: others are downloads."""
    tiktoken = importlib.import_module("tiktoken")
    table = tiktoken.Encoding(
        "bytes", pat_str=r"(?s).", mergeable_ranks={bytes([byte]): byte for byte in range(256)}, special_tokens={}
    )
    tiktoken.__dict__.update(get_encoding=lambda _name: table, encoding_for_model=lambda _model: table)
