"""Lines out of bytes, however they are cut."""

from hypothesis import given
from hypothesis import strategies as st

from fpf.lines import LineReader
from shared.llm_call import MAX_LINE_BYTES


def read(chunks: list[bytes]) -> list[bytes]:
    lines: list[bytes] = []
    reader = LineReader(lines.append, lambda: None)
    for chunk in chunks:
        reader.data_received(chunk)
    return lines


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"-"))), st.integers(1, 7))
def test_lines_are_found_wherever_the_pipe_cuts(lines: list[bytes], size: int) -> None:
    data = b"".join(line + b"\n" for line in lines) + b"not yet a line"
    assert read([data[start : start + size] for start in range(0, len(data), size)]) == lines


def test_a_line_without_an_end_is_given_up_when_it_is_too_long() -> None:
    chunk = b"x" * (MAX_LINE_BYTES // 2)
    lines = read([chunk, chunk, b"x"])
    assert [len(line) for line in lines] == [MAX_LINE_BYTES]
