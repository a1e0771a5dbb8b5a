"""The research program, with a stand-in for GPT Researcher that tries everything it must not do."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
PROGRAM = ROOT / "researcher" / "__main__.py"

AGENT = """
import json, os, socket, sys
import tiktoken
from gpt_researcher.skills import researcher as conductor

def get_retrievers(headers, config):
    raise RuntimeError("a search engine")

def refused(what, *arguments):
    try:
        what(*arguments)
    except PermissionError as error:
        return str(error)
    except OSError:
        return "tried"

class GPTResearcher:
    def __init__(self, **settings):
        self.settings = settings
        self.page = settings["websocket"]
        self.engine = get_retrievers({}, None)[0]

    async def conduct_research(self):
        print("somebody's print")
        await self.page.send_json({"type": "logs", "content": "starting_research", "output": "Secret question"})
        self.plan = await conductor.plan_research_outline()
        await self.page.send_json({"type": "logs", "content": "subqueries", "output": "Secret", "metadata": ["a", "b"]})
        await self.page.send_json({"type": "logs", "content": "Secret words", "output": "Secret"})
        await self.page.send_json({"type": "report", "output": "a piece"})
        return "" if self.settings["query"] == "nothing" else "context"

    async def write_report(self):
        if self.settings["query"] == "raise":
            raise ValueError("Secret document")
        return json.dumps({
            "settings": {name: self.settings[name] for name in ("query", "report_type", "report_source")},
            "plan": self.plan,
            "found": self.engine("q", query_domains=None).search(max_results=5),
            "refused": [
                refused(socket.create_connection, ("203.0.113.1", 80), 1),
                refused(socket.getaddrinfo, "example.org", 443),
                refused(socket.create_connection, ("127.0.0.1", 2), 1),
                refused(socket.create_connection, ("127.0.0.1", 1), 1),
            ],
            "tokens": len(tiktoken.get_encoding("o200k_base").encode("caf\\u00e9")),
            "environ": dict(os.environ),
            "folder": os.getcwd(),
            "path": sys.path,
        })
"""
CONDUCTOR = """
async def plan_research_outline():
    return "no list at all"
"""
TIKTOKEN = """
class Encoding:
    def __init__(self, name, *, pat_str, mergeable_ranks, special_tokens):
        self.ranks = mergeable_ranks
    def encode(self, text):
        return [self.ranks[bytes([byte])] for byte in text.encode()]

def get_encoding(name):
    raise OSError("a download")
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A folder with the packages the program asks for."""
    package = tmp_path / "packages" / "gpt_researcher"
    (package / "skills").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "agent.py").write_text(AGENT)
    (package / "skills" / "__init__.py").touch()
    (package / "skills" / "researcher.py").write_text(CONDUCTOR)
    (package.parent / "tiktoken.py").write_text(TIKTOKEN)
    return package.parent


def start(packages: Path | None, folder: Path, **task: Any) -> subprocess.Popen[bytes]:
    """The program, with its first line written."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(packages or "")}
    process = subprocess.Popen(
        [sys.executable, "-P", "-S", str(PROGRAM)],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    whole = {
        "parent_pid": os.getpid(),
        "folder": str(folder),
        "query": "why?",
        "report_type": "research_report",
        "base_url": "http://127.0.0.1:1/v1",
        "token": "t0",
        "model": "m1",
        "embedding": "e1",
        "similarity_threshold": 0.0,
        **task,
    }
    assert process.stdin is not None
    process.stdin.write(json.dumps(whole).encode() + b"\n")
    process.stdin.flush()
    return process


def ended(process: subprocess.Popen[bytes]) -> tuple[list[dict[str, Any]], int, str]:
    """Its lines, its exit status and what it said on standard error."""
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdin is not None
    lines = [json.loads(line) for line in process.stdout]
    code = process.wait(timeout=30)
    said = process.stderr.read().decode()
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()
    return lines, code, said


def test_it_reaches_one_model_and_no_web_and_says_nothing_of_what_it_reads(stand_in: Path, tmp_path: Path) -> None:
    folder = tmp_path / "private"
    folder.mkdir()
    lines, code, said = ended(start(stand_in, folder))
    assert code == 0
    assert "somebody's print" in said
    assert [line["words"] for line in lines[:-1]] == ["begins", "has 2 questions"]
    assert "Secret" not in json.dumps(lines)
    seen = json.loads(lines[-1]["text"])
    assert seen["settings"] == {"query": "why?", "report_type": "research_report", "report_source": "local"}
    assert (seen["plan"], seen["found"], seen["tokens"], seen["folder"]) == ([], [], 5, str(folder))
    # Another machine, its name, another port of this one; the door it was given can be tried.
    assert seen["refused"] == [*["a research has one way out"] * 3, "tried"]
    # Nothing of ours can be found from there: it may be another environment's.
    assert str(ROOT) not in seen["path"]
    environ = seen["environ"]
    assert environ["OPENAI_BASE_URL"] == "http://127.0.0.1:1/v1"
    assert {environ[name] for name in ("FAST_LLM", "SMART_LLM", "STRATEGIC_LLM")} == {"openai:m1"}
    assert json.loads(environ["LLM_KWARGS"])["max_retries"] == 0
    assert environ["LANGSMITH_TRACING"] == "false"


def test_why_there_is_no_report_is_said_without_what_was_read(stand_in: Path, tmp_path: Path) -> None:
    for query, error in (("raise", "ValueError"), ("nothing", "NothingFoundError")):
        lines, code, _ = ended(start(stand_in, tmp_path, query=query))
        assert (lines[-1], code) == ({"op": "failed", "why": "research", "error": error}, 1)
        assert "Secret" not in json.dumps(lines)


def test_an_environment_without_gpt_researcher_is_named(tmp_path: Path) -> None:
    lines, code, _ = ended(start(None, tmp_path))
    assert code == 1
    assert lines[-1]["why"] == "environment"


def test_it_ends_with_its_input_and_with_a_parent_that_is_not_there(stand_in: Path, tmp_path: Path) -> None:
    hang = (stand_in / "gpt_researcher" / "agent.py").read_text() + "\nimport time\ntime.sleep(600)\n"
    (stand_in / "gpt_researcher" / "agent.py").write_text(hang)
    process = start(stand_in, tmp_path)
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = open(os.devnull, "wb")  # noqa: PTH123, SIM115 - closed with the others
    lines, code, _ = ended(process)
    assert lines == []
    assert code != 0
    lines, code, _ = ended(start(stand_in, tmp_path, parent_pid=1))
    assert (lines, code) == ([], 1)
