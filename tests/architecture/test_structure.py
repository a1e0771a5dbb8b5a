"""What no linter says for us: the core is pure, files stay small, the documents are true."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from shared import paths
from shared.events import DATA

ROOT = Path(__file__).parent.parent.parent
PURE = [ROOT / "shared", *sorted((ROOT / "services").glob("*/core")), ROOT / "fpf" / "providers"]
IMPURE_MODULES = {
    "asyncio", "anyio", "httpx", "logging", "os", "pathlib", "random", "socket", "sqlite3", "starlette", "structlog",
    "subprocess", "threading", "time", "uvicorn",
}  # fmt: skip
MAX_LINES = 350


def tracked(*suffixes: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if name.endswith(suffixes) and (ROOT / name).exists()]


def modules(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"{folder} holds no code"
    return found


def imports(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("folder", PURE, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_the_core_waits_for_nothing_and_asks_no_clock(folder: Path) -> None:
    for path in modules(folder):
        tree = ast.parse(path.read_text())
        assert not imports(tree) & IMPURE_MODULES, path
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)], path


@pytest.mark.parametrize("path", tracked(".py", ".js", ".mjs", ".css"), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_idea(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_the_event_table_of_the_documentation_is_the_code() -> None:
    text = (ROOT / "docs" / "events.md").read_text()
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE))
    assert documented == set(DATA)


def test_every_path_of_the_contract_stands_once_in_the_code() -> None:
    """A URL spelled anywhere but in ``shared.paths`` is how a client and a server come to disagree."""
    known = [value for name, value in vars(paths).items() if name.isupper() and value.startswith("/runs/{run_id}/")]
    endings = "|".join(re.escape(value.rsplit("/", 1)[1]) for value in known if not value.endswith("}"))
    spelled = re.compile(rf"""["'][^"']*/runs/[^"']*/(?:{endings})\b""")
    for path in tracked(".py"):
        if path.is_relative_to(ROOT / "tests") or path == ROOT / "shared" / "paths.py":
            continue
        code = ast.unparse(_without_docstrings(ast.parse(path.read_text())))
        assert not spelled.search(code), path


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            body[0] = ast.Pass()
    return tree
