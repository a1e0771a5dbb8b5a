"""Researches as processes: each has a private folder, a door to its models, and an end that leaves nothing behind."""

import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec
import structlog
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from services.executor.adapters.processes.child import Child, open_child
from services.executor.adapters.processes.child_record import ChildRecord
from services.executor.adapters.processes.line_cutter import EndlessLineError, LineCutter
from services.executor.adapters.processes.loopback_server import serve_on_loopback
from services.executor.adapters.processes.research_environment import surroundings
from services.executor.adapters.processes.research_proxy import BASE, ResearchProxy
from services.executor.adapters.processes.research_words import Progress, outcome_of, read_words
from services.executor.core.presets.researcher import embedding_model
from services.executor.core.research.own_embeddings import MODEL, MODELS_SIMILARITY_THRESHOLD, SIMILARITY_THRESHOLD
from services.executor.flows.research_ports import Broken, Report, ResearchTask, Wish
from shared.failures import FailureKind
from shared.llm_call import MAX_ANSWER_BYTES

MAX_WAITING = 100
"""How many requests one research may have waiting; GPT Researcher has a handful."""

MAX_LINE_BYTES = 2 * MAX_ANSWER_BYTES
LAST_LINES_S = 0.5
_CHUNK_BYTES = 256 * 1024
_TOKEN_BYTES = 32
_WHO = "GPT Researcher"

log = structlog.get_logger()
Word = Wish | Report | Broken


class ResearchPrograms:
    """Starts a program for each research, in a folder of its own below ``folder``; ``command`` says how, None = it cannot."""

    def __init__(
        self,
        *,
        command: Callable[[], tuple[str, ...] | None],
        environ: Mapping[str, str],
        folder: Path,
        record: ChildRecord | None = None,
    ) -> None:
        self._command = command
        self._environ = environ
        self._folder = folder
        self._record = record

    def clear(self) -> None:
        """Remove what researches of an earlier life have left; to be called when none of them runs any more."""
        _remove(self._folder)

    def embedding_model(self, provider: str) -> str | None:
        """The provider's model for embeddings, None where there is none."""
        return embedding_model(provider, self._environ)

    @asynccontextmanager
    async def open(self, task: ResearchTask, tell: Callable[[str], None]) -> AsyncIterator["RunningResearch"]:
        """A research in a process of its own; its process, door and folder are gone when the context ends."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        send, receive = anyio.create_memory_object_stream[Word](MAX_WAITING + 1)
        proxy = ResearchProxy(
            token=token,
            own_embeddings=task.embedding is None,
            most_open=MAX_WAITING,
            wish=lambda wish: _put(send, wish),
        )
        with send, receive:
            research = RunningResearch(send, receive, tell)
            try:
                folder = self._make_folder(task.document)
            except OSError as error:
                research.bring(Broken(FailureKind.INTERNAL, f"no folder for a research: {error.strerror}"))
                yield research
                return
            try:
                async with serve_on_loopback(proxy) as address:
                    try:
                        async with self._process(research, folder, _first_line(task, folder, address, token)):
                            yield research
                    finally:
                        proxy.close()
            finally:
                _remove(folder)
        if proxy.strays:
            log.warning("requests without a key came to a research's door", requests=proxy.strays)

    def _make_folder(self, document: str) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        documents = folder / "documents"
        documents.mkdir()
        (documents / "document.txt").write_text(document, encoding="utf-8")
        return folder

    @asynccontextmanager
    async def _process(self, research: "RunningResearch", folder: Path, first_line: bytes) -> AsyncIterator[None]:
        command = self._command()
        if command is None:
            research.bring(Broken(FailureKind.BAD_REQUEST, f"{_WHO} is not installed any more: make gpt-researcher"))
            yield
            return
        try:
            child = await open_child(command, surroundings(self._environ, folder), who=_WHO, record=self._record)
        except OSError as error:
            research.bring(Broken(FailureKind.INTERNAL, f"{_WHO} could not be started: {error.strerror}"))
            yield
            return
        # It prints its question and its document: neither is ever told, whatever they look like.
        child.words.is_ready, child.words.is_ours = True, False
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(child.words.listen)
                group.start_soon(research.listen, child)
                group.start_soon(_tell_task, child, first_line)
                yield
                group.cancel_scope.cancel()
        finally:
            await child.end()


class RunningResearch:
    """A research under way."""

    def __init__(
        self, send: MemoryObjectSendStream[Word], receive: MemoryObjectReceiveStream[Word], tell: Callable[[str], None]
    ) -> None:
        self._send = send
        self._receive = receive
        self._tell = tell
        self._brought: Report | Broken | None = None

    async def next(self) -> Word:
        """What it wants or brings next."""
        return await self._receive.receive()

    def bring(self, word: Report | Broken) -> None:
        """Its last word; only the first counts."""
        if self._brought is None:
            self._brought = word
            _put(self._send, word)

    async def listen(self, child: Child) -> None:
        """Read what it writes, until it ends."""
        cutter = LineCutter(MAX_LINE_BYTES)
        try:
            while True:
                for line in cutter.cut(await child.stdout.receive(_CHUNK_BYTES)):
                    self._take(line)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            with anyio.move_on_after(LAST_LINES_S):
                await child.wait()
            why = "closed its output" if child.exit_status is None else child.how_it_ended
            self.bring(Broken(FailureKind.WORKER_DIED, f"{_WHO} {why}", died=True))
        except (EndlessLineError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            # What it wrote may be a prompt: it is never quoted.
            self.bring(Broken(FailureKind.INTERNAL, f"{_WHO} wrote what is no message"))

    def _take(self, line: bytes) -> None:
        word = read_words(line)
        if isinstance(word, Progress):
            self._tell(word.words)
        else:
            self.bring(outcome_of(word))


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("the folder of a research cannot be removed; the next start tries again", error=error.strerror)


def _put(send: MemoryObjectSendStream[Word], word: Word) -> bool:
    try:
        send.send_nowait(word)
    except (anyio.WouldBlock, anyio.ClosedResourceError, anyio.BrokenResourceError):
        return False
    return True


async def _tell_task(child: Child, line: bytes) -> None:
    try:
        await child.stdin.send(line)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
        log.debug("a research's program closed its input", pid=child.pid)


def _first_line(task: ResearchTask, folder: Path, address: str, token: str) -> bytes:
    own = task.embedding is None
    value: dict[str, Any] = {
        "parent_pid": os.getpid(),
        "folder": str(folder),
        "query": task.query,
        "report_type": task.report_type,
        "base_url": f"{address}{BASE}",
        "token": token,
        "model": task.model,
        "embedding": MODEL if own else task.embedding,
        "similarity_threshold": SIMILARITY_THRESHOLD if own else MODELS_SIMILARITY_THRESHOLD,
    }
    return msgspec.json.encode(value) + b"\n"
