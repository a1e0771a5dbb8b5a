"""No key anywhere, and no word of a prompt in an event, a log or an error: not even when the provider quotes them."""

import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.executor.configs import a_config
from tests.executor.living import command_of, living_children
from tests.executor.service import Process
from tests.executor.telltale_provider import STEPS, telltale_provider
from tests.executor.test_service import run_of, until

pytestmark = pytest.mark.e2e

KEY = "sk-canary-5f1d7e90c2ab4"
DOCUMENT = "The canary of the document sings at dawn over Nowhere-by-the-Sea."
INSTRUCTIONS = "Canary instructions: rewrite the text as if a lighthouse told it."
CRITERION = "Canary criterion: does a lighthouse speak in the text?"
WORDS = ("canary", "Canary", "lighthouse", "Nowhere")


def leaks(text: str, words: tuple[str, ...]) -> list[str]:
    """Where the words stand, with what is around them."""
    found = []
    for word in words:
        at = text.find(word)
        if at >= 0:
            found.append(text[max(0, at - 80) : at + 80])
    return found


def config() -> dict[str, Any]:
    """Each of the provider's ways once for itself, and all of them in turn."""
    models = [{"provider": "mylab", "model": str(step)} for step in STEPS]
    made = a_config(
        docs=1,
        generation={"instructions": {"text": INSTRUCTIONS}, "models": models},
        single_eval={
            "criteria": [{"name": "Relevance", "description": CRITERION}, {"name": "Clarity"}],
            "judges": [{"provider": "mylab", "model": "any"}],
        },
        limits={"max_attempts": 2, "concurrency": 4, "attempt_timeout_s": 20},
    )
    made["documents"] = [{"id": "doc_1", "text": DOCUMENT}]
    return made


@pytest.mark.parametrize("log_level", ["warning", "debug"])
def test_what_a_provider_quotes_is_in_no_event_no_log_and_no_error(log_level: str, tmp_path: Path) -> None:
    with telltale_provider() as provider:
        made = Process(
            tmp_path,
            MYLAB_BASE_URL=f"http://127.0.0.1:{provider.server_port}/v1",
            MYLAB_API_KEY=KEY,
            ACM2_LOG_LEVEL=log_level,
            ACM2_RETRY_BASE_S="0.05",
        )
        process = made.start()
        try:
            answer = httpx.post(f"{made.url}/runs", json={"config": config(), "run_id": "r"}, trust_env=False)
            assert answer.status_code == 201, answer.text
            for number in (signal.SIGKILL, signal.SIGSTOP):
                worker = next(one for one in living_children(process.pid) if "worker" in command_of(one))
                os.kill(worker.pid, number)
            until(lambda: run_of(made.url, "r")["status"] == "completed_with_errors", 60)
            answers = read_everything(made.url)
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=40)
    assert provider.requests >= len(STEPS)
    assert not leaks(said.decode(), (KEY, *WORDS))
    for path, text in answers.items():
        assert not leaks(text, (KEY,)), path
        if "/calls/" not in path and path != "/runs/r":
            assert not leaks(text, WORDS), path
    ledger = tmp_path / "executor" / "ledger.sqlite3"
    assert not leaks(events(ledger), (KEY, *WORDS))
    for file in ledger.parent.iterdir():
        assert not leaks(file.read_bytes().decode("latin-1"), (KEY,)), file.name


def read_everything(url: str) -> dict[str, str]:
    """Every answer of the executor about the run, by its path."""
    with httpx.Client(base_url=url, trust_env=False) as client:
        calls = client.get("/runs/r/calls?limit=1000").json()["calls"]
        assert len(calls) > len(STEPS)
        paths = ["/runs", "/runs/r", "/runs/r/calls?limit=1000", "/runs/r/results", "/metrics", "/health/ready"]
        paths += [f"/runs/r/calls/{call['call_id']}" for call in calls]
        return {path: client.get(path).text for path in paths}


def events(ledger: Path) -> str:
    connection = sqlite3.connect(ledger)
    try:
        rows = connection.execute("SELECT lines FROM events ORDER BY last_seq").fetchall()
    finally:
        connection.close()
    text = "\n".join(row[0].decode() for row in rows)
    assert text.count('"attempt_failed"') > len(STEPS)
    return text
