"""Foreign clients that follow a run, each as its users run it; what they have seen is ``(id, line)``."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Page

from tests.clients.producer import TYPES
from tests.proofs import NODE_MODULES

HERE = Path(__file__).parent
COMMANDS: dict[str, list[str]] = {
    "curl": ["sh", str(HERE / "follow_with_curl.sh")],
    "eventsource": ["node", str(HERE / "follow_with_eventsource.cjs")],
    "httpx-sse": [sys.executable, str(HERE / "follow_with_httpx_sse.py")],
    "sseclient-py": [sys.executable, str(HERE / "follow_with_sseclient.py")],
}

Seen = list[tuple[str, str]]


class Follower(Protocol):
    """A client that follows one run."""

    def seen(self) -> Seen:
        """Every stored event it has handed on, in its order."""

    def is_over(self) -> bool:
        """Whether it has stopped by itself, because the run is over."""


class ProcessFollower:
    """A program that prints ``id line`` for each event and exits with 0 at the end."""

    def __init__(self, client: str, url: str, folder: Path) -> None:
        self._output = folder / "seen"
        folder.mkdir()
        arguments = [url, *TYPES] if client == "eventsource" else [url]
        with self._output.open("w") as stdout, (folder / "stderr").open("w") as stderr:
            self.process = subprocess.Popen(
                [*COMMANDS[client], *arguments],
                stdout=stdout,
                stderr=stderr,
                env={**os.environ, "NODE_PATH": str(NODE_MODULES)},
                start_new_session=True,
            )

    def close(self) -> None:
        """End it and what it has started, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def seen(self) -> Seen:
        lines = self._output.read_text(encoding="utf-8").split("\n")
        return [(id_, line) for id_, _, line in (text.partition(" ") for text in lines[:-1])]

    def is_over(self) -> bool:
        code = self.process.poll()
        assert code in {None, 0}, (self._output.parent / "stderr").read_text()
        return code == 0


class BrowserFollower:
    """A page's plain EventSource."""

    def __init__(self, page: Page, name: str, url: str) -> None:
        self._page = page
        self._name = name
        page.evaluate("([name, url, types]) => { window[name] = follow(url, types); }", [name, url, list(TYPES)])

    def _ask(self, what: str) -> Any:
        return self._page.evaluate(f"{self._name}.{what}")

    def seen(self) -> Seen:
        return [(id_, line) for id_, line in self._ask("seen")]

    def is_over(self) -> bool:
        return bool(self._ask("over"))

    def opened(self) -> int:
        """How many EventSources the page had to make."""
        return int(self._ask("opened"))
