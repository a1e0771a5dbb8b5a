"""What a child says on standard error: its log lines go on, anything else is counted and never quoted."""

from collections import deque

import anyio
from anyio.abc import ByteReceiveStream
from structlog.testing import capture_logs

from services.executor.adapters.processes.child_words import MAX_LINE_BYTES, MAX_LINES_A_MINUTE, ChildWords
from services.executor.adapters.processes.line_cutter import EndlessLineError, LineCutter

OURS = b"2026-11-22 10:00:00,123 %s fpf.worker: a call failed inside: KeyError\n"


class Chunks(ByteReceiveStream):
    """A stream of these chunks."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = deque(chunks)

    async def receive(self, max_bytes: int = 65536) -> bytes:
        if not self._chunks:
            raise anyio.EndOfStream
        return self._chunks.popleft()

    async def aclose(self) -> None:
        """Nothing to close."""


async def heard(*chunks: bytes, ready: bool = True) -> tuple[ChildWords, list[str]]:
    words = ChildWords(Chunks(*chunks), who="a child", pid=1)
    words.is_ready = ready
    with capture_logs() as logs:
        await words.listen()
    return words, [f"{entry['log_level']}: {entry['text']}" for entry in logs]


async def test_log_lines_go_on_however_they_are_cut() -> None:
    whole = OURS % b"ERROR" + OURS % b"INFO"
    _, said = await heard(*(whole[at : at + 7] for at in range(0, len(whole), 7)))
    assert said == [
        "warning: fpf.worker: a call failed inside: KeyError",
        "info: fpf.worker: a call failed inside: KeyError",
    ]


async def test_any_other_line_is_counted_and_not_quoted() -> None:
    prints = b"a secret print\n2026-11-22 10:00:00,123 ERROR asyncio: never retrieved 'a secret'\n"
    words, said = await heard(prints, b"no newline at the end")
    assert said == []
    assert words.stray_bytes == len(prints) + len(b"no newline at the end") + 1
    assert words.last == ""


async def test_before_it_has_anything_to_do_its_last_line_is_kept_for_the_reason() -> None:
    words, said = await heard(b"Traceback (most recent call last):\n", b"ImportError: no module\n\n", ready=False)
    assert said == []
    assert words.last == "ImportError: no module"


async def test_a_line_without_an_end_is_kept_short_and_counted_whole() -> None:
    words, _ = await heard(*[b"x" * 100_000] * 20, ready=False)
    assert words.last == "x" * MAX_LINE_BYTES
    assert words.stray_bytes == 2_000_001


async def test_too_many_log_lines_are_counted_instead() -> None:
    words, said = await heard(OURS % b"ERROR" * (MAX_LINES_A_MINUTE + 40))
    assert len(said) == MAX_LINES_A_MINUTE
    assert words.untold_lines == 40


def test_lines_are_cut_wherever_a_chunk_ends_and_one_without_an_end_is_refused_in_time() -> None:
    text = b"one\n\nthree\nfour"
    for size in range(1, len(text) + 1):
        cutter = LineCutter(5)
        lines = [line for at in range(0, len(text), size) for line in cutter.cut(text[at : at + size])]
        assert lines == [b"one", b"", b"three"]
        assert cutter.begun_bytes == 4
    cutter = LineCutter(5)
    kept: list[bytes] = []
    try:
        for chunk in (b"ab\nxyz", b"xyz", b"xyz"):
            kept.extend(cutter.cut(chunk))
    except EndlessLineError:
        kept.append(b"refused")
    assert kept == [b"ab", b"refused"]
