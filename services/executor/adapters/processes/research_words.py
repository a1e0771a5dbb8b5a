"""The lines of a research's program, as they are read: progress, the report, or why there is none."""

import msgspec

from services.executor.flows.research_ports import Broken, Report
from shared.failures import FailureKind


class Progress(msgspec.Struct, frozen=True, tag_field="op", tag="log"):
    """A step it has come to."""

    words: str


class Done(msgspec.Struct, frozen=True, tag_field="op", tag="report"):
    """The report."""

    text: str


class Failed(msgspec.Struct, frozen=True, tag_field="op", tag="failed"):
    """Why there is none: ``task``, ``environment`` or ``research``, and the name of what went wrong."""

    why: str
    error: str = ""


Line = Progress | Done | Failed
_line: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def read_words(line: bytes) -> Line:
    """Raises ``msgspec.MsgspecError`` or ``UnicodeDecodeError`` where it is no line of the program's."""
    return _line.decode(line)


def outcome_of(line: Done | Failed) -> Report | Broken:
    """What the last line means. A research that broke may go better another time, its surroundings will not."""
    if isinstance(line, Done):
        return Report(line.text)
    name = line.error[:100]
    if line.why == "environment":
        return Broken(
            FailureKind.BAD_REQUEST, f"GPT Researcher's environment lacks {name}; make gpt-researcher mends it"
        )
    if line.why == "research":
        return Broken(FailureKind.OUTPUT_TOO_SMALL, f"GPT Researcher brought no report ({name})")
    return Broken(FailureKind.INTERNAL, "GPT Researcher's program could not read its task")
