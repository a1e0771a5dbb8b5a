"""GPT Researcher itself, where it is installed: a whole research on a long document, without any network but loopback."""

from pathlib import Path

import anyio
import pytest

from services.executor.adapters.processes.research_environment import command_of
from tests.executor.research_provider import REPORT, research_provider
from tests.executor.research_service import Json, Lab, lab
from tests.proofs import RESEARCHER_PYTHON, wants

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

LONG = "Bread rises because yeast makes gas in the dough.\n\n" * 400
"""Long enough for passages to be chosen by their embeddings."""


@pytest.mark.parametrize("embedding", ["none", "embed-1"])
async def test_the_real_program_is_accounted_to_the_last_request(embedding: str, tmp_path: Path) -> None:
    wants("gpt-researcher", "a whole research with the real package")
    with research_provider() as provider:
        command = command_of(RESEARCHER_PYTHON)
        async with lab(tmp_path, provider, researcher=command, MYLAB_EMBEDDING_MODEL=embedding) as made:
            config = {
                "documents": [{"id": "bread", "text": LONG}],
                "generation": {
                    "instructions": {"text": "Explain why bread rises."},
                    "models": [{"provider": "mylab", "model": "m1", "kind": "gpt_researcher"}],
                },
            }
            assert (await made.asked.post("/runs", json={"config": config, "run_id": "r"})).is_success
            with anyio.fail_after(120):
                run = await _over(made)
            call = await made.call()
            document = await made.asked.get(f"/runs/r/documents/{call['document']}")
    assert run["status"] == "completed", call
    assert document.text == REPORT
    chats = provider.paths.count("/v1/chat/completions")
    assert chats == 3
    assert (len(provider.paths) > chats) == (embedding != "none")
    assert provider.requests == run["stats"]["attempts"] == call["attempts"]


async def _over(made: Lab) -> Json:
    while True:
        run = await made.found()
        if run["status"] not in {"planned", "running"}:
            return run
        await anyio.sleep(0.1)
