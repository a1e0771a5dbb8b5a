"""What every test stands on: one event loop kind, a clean environment, examples that need no clock."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
settings.register_profile("ci", parent=settings.get_profile("here"), derandomize=True, max_examples=120)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")

# Started in the background of a script, Ctrl-C is ignored, and so it would be in every process the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_OURS = ("ACM2_", "FPF_", "OPENAI_", "ANTHROPIC_", "GEMINI_", "OPENROUTER_", "LOCAL_", "SCRIPTED_")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True, scope="session")
def clean_environment() -> Iterator[None]:
    """No setting and no key of the person who runs the tests reaches them."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(_OURS)}
    yield
    os.environ.update(kept)
