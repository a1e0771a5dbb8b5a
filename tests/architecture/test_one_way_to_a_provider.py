"""There is one way to a provider, and it is accounted: a second one turns this red.

Every request is made by a worker, a worker is asked in one place, and before that place the request has been reserved
and committed. Nothing else in the services can reach the outside: no HTTP client, no socket, no process of its own.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
EXECUTOR = ROOT / "services" / "executor"
FPF = ROOT / "fpf"

CLIENTS = {
    "aiohttp", "asyncio", "ctypes", "ftplib", "genai", "google", "h11", "h2", "http.client", "httpcore", "httpx",
    "httpx_aiohttp", "litellm", "multiprocessing", "openai", "anthropic", "pycurl", "requests", "socket", "ssl",
    "subprocess", "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
"""Modules with which somebody could reach a provider, or start what does."""

MAY_IMPORT = {
    "__main__.py": {"socket"},
    "adapters/telemetry_http.py": {"httpx", "socket"},
    "adapters/processes/model_server_watch.py": {"httpx"},
    "adapters/processes/loopback_server.py": {"socket"},
    "adapters/processes/child.py": {"subprocess"},
}
"""Who speaks to telemetry, looks whether the embedded model's server lives, listens, or starts our own processes."""

OPENERS = {
    "connect_tcp", "connect_unix", "create_subprocess_exec", "create_subprocess_shell", "execv", "fork", "open_process",
    "popen", "posix_spawn", "run_process", "spawnv", "startfile", "system",
}  # fmt: skip
MAY_OPEN = {"adapters/processes/child.py": {"open_process"}}
OURS = "services.executor."
POOL = {"FpfWorkers", "FpfWorker", "spawn"}
MAY_HOLD_THE_POOL = {"app.py", "adapters/processes/fpf_workers.py", "adapters/processes/fpf_worker.py"}
ASKS = ("flows/calls/call.py", "_ask")
HOSTS = ("api.openai.com", "api.anthropic.com", "googleapis.com", "openrouter.ai")


def second_ways(source: str, path: str) -> list[str]:
    """What in this file of the executor leads to a provider past the accounting."""
    return [f"{path}:{line}: {what}" for line, what in sorted(_found(ast.parse(source), path))]


def _found(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    followed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    yield from _loads(tree)
    for function, node in _with_functions(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imports(node, path)
        elif isinstance(node, ast.Attribute):
            yield from _attribute(node, path, function, is_followed=id(node) in followed)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for host in HOSTS:
                if host in node.value:
                    yield node.lineno, f"names {host}: addresses of providers are fpf's"
        elif isinstance(node, ast.Name) and node.id in {"__import__", "eval", "exec"}:
            yield node.lineno, f"{node.id} hides what is loaded"


def _loads(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Modules loaded by name are ours: their own imports are looked at like all others."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    loads = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "importlib.import_module"
    ]
    for node in loads:
        name = constants.get(node.args[0].id) if isinstance(node.args[0], ast.Name) else None
        if not (isinstance(name, str) and name.startswith(OURS)):
            yield node.lineno, "loads a module that is none of ours by its name"
    allowed = {id(node.func) for node in loads}
    for other in ast.walk(tree):
        if isinstance(other, ast.Attribute) and ast.unparse(other.value) == "importlib" and id(other) not in allowed:
            yield other.lineno, "loads modules by a name nobody sees"


def _imports(node: ast.Import | ast.ImportFrom, path: str) -> Iterator[tuple[int, str]]:
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    for alias in node.names:
        whole = f"{module}.{alias.name}" if module else alias.name
        pieces = whole.split(".")
        starts = {".".join(pieces[:length]) for length in range(1, len(pieces) + 1)}
        for client in starts & CLIENTS - MAY_IMPORT.get(path, set()):
            yield node.lineno, f"imports {client}"
        if alias.name in POOL and path not in MAY_HOLD_THE_POOL:
            yield node.lineno, f"imports {alias.name}"
        if "fpf" in starts:
            yield node.lineno, "imports fpf"
        if "importlib" in starts and whole != "importlib":
            yield node.lineno, "loads modules by a name nobody sees"


def _attribute(node: ast.Attribute, path: str, function: str, *, is_followed: bool) -> Iterator[tuple[int, str]]:
    if node.attr in OPENERS - MAY_OPEN.get(path, set()):
        yield node.lineno, f"opens something with {node.attr}"
    if path == "app.py" or path.startswith("adapters/fpf_worker"):
        return
    if node.attr == "workers" and not is_followed and isinstance(node.ctx, ast.Load):
        yield node.lineno, "hands the workers on"
    holder = node.value
    held = holder.attr if isinstance(holder, ast.Attribute) else holder.id if isinstance(holder, ast.Name) else ""
    if node.attr == "ask" and held not in {"slots", "deletions"} and (path, function) != ASKS:
        yield node.lineno, f"asks {held or 'somebody'}"


def _with_functions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    def walk(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            yield inside, child
            yield from walk(child, inside)

    yield from walk(tree, "")


@pytest.mark.parametrize("path", sorted(EXECUTOR.rglob("*.py")), ids=lambda path: str(path.relative_to(EXECUTOR)))
def test_nothing_in_the_executor_reaches_a_provider_but_by_the_one_accounted_way(path: Path) -> None:
    assert second_ways(path.read_text(), str(path.relative_to(EXECUTOR))) == []


@pytest.mark.parametrize(
    "second_way",
    [
        "import httpx",
        "import httpx as h",
        "from urllib.request import urlopen",
        "from urllib import request",
        "from http import client",
        "import subprocess",
        "import openai",
        "import importlib\nclient = importlib.import_module('httpx')",
        "import importlib\nNAME = 'httpx'\nclient = importlib.import_module(NAME)",
        "import importlib\nload = importlib.import_module",
        "from importlib import import_module",
        "client = __import__('httpx')",
        "from fpf.call import make_call",
        "from services.executor.adapters.processes.fpf_workers import FpfWorkers",
        "from services.executor.adapters.processes.fpf_worker import spawn as start",
        "async def f(run):\n    return await run.kit.workers.ask('k', r)",
        "async def f(kit):\n    return await kit.workers.ask('k', r, alone=True)",
        "def f(run):\n    pool = run.kit.workers\n    return pool",
        "def f(pool):\n    return pool.ask",
        "async def _ask(workers):\n    await workers.ask('k', r)",
        "async def f():\n    await anyio.open_process(['fpf'])",
        "async def f():\n    await anyio.connect_tcp('1.2.3.4', 443)",
        "import os\nos.system('curl')",
        "URL = 'https://api.openai.com/v1/chat/completions'",
    ],
)
def test_a_second_way_is_found(second_way: str) -> None:
    assert second_ways(second_way, "flows/research/research.py")


def test_before_a_worker_is_asked_the_request_is_reserved_and_committed() -> None:
    tree = ast.parse((EXECUTOR / "flows" / "calls" / "call.py").read_text())
    callers: dict[str, list[tuple[str, int]]] = {}
    for function, node in _with_functions(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            callers.setdefault(node.func.id, []).append((function, node.lineno))
    (caller, asked_at), *others = callers["_ask"]
    assert others == [], "a worker is asked from one place only"
    for earlier in ("_reserve", "_commit_start"):
        ((function, line),) = callers[earlier]
        assert (function, line < asked_at) == (caller, True)
    names = {node.id for _, node in _with_functions(tree) if isinstance(node, ast.Name) and node.id == "_ask"}
    assert len([node for _, node in _with_functions(tree) if isinstance(node, ast.Name) and node.id in names]) == 1


def test_the_commit_is_waited_for_before_anything_is_sent() -> None:
    tree = ast.parse((EXECUTOR / "flows" / "calls" / "call.py").read_text())
    (commit_start,) = [
        node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef) and node.name == "_commit_start"
    ]
    waited = [ast.unparse(node.value) for node in ast.walk(commit_start) if isinstance(node, ast.Await)]
    assert waited == ["commit.wait()"]


@pytest.mark.parametrize("path", sorted(FPF.rglob("*.py")), ids=lambda path: str(path.relative_to(FPF)))
def test_only_fpfs_transport_opens_a_connection_to_a_provider(path: Path) -> None:
    clients = CLIENTS - {"asyncio", "subprocess", "ctypes"}
    allowed = {"transport.py": clients, "local_server.py": {"socket"}}.get(str(path.relative_to(FPF)), set())
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                whole = f"{module}.{alias.name}" if module else alias.name
                used = {client for client in clients if whole == client or whole.startswith(f"{client}.")}
                assert used <= allowed, f"{path} imports {used}"
