"""The ``acm2`` command in this process, beside a fake server: no process is started for it."""

from functools import partial

import anyio.to_thread
import pytest

from services.cli.__main__ import run
from tests.cli.acm2_process import Ended


async def acm2_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Run it to its end, in a thread; for commands that look at no signals."""
    capsys.readouterr()
    code = await anyio.to_thread.run_sync(partial(run, list(arguments)))
    captured = capsys.readouterr()
    return Ended(code=code, out=captured.out, err=captured.err)
