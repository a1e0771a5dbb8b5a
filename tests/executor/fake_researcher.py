"""A research's program that does what its question says, word by word, and reports what it saw as JSON.

ask stream embed   make a request, and note what came
stray              make one with another key
tell               say how far it is
environ, pid       report its environment, its number
empty, fail        report nothing; say that it failed
die, kill, noise   end at once; end by a signal; write what is no message
hang               do nothing for ever
once:PATH          go on only if PATH is there: make it, and die otherwise
"""

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2]))

from researcher.pipes import Lines, die_with_input, die_with_parent
from researcher.task import Task, read_task

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post(task: Task, endpoint: str, body: dict[str, Any], key: str) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{task.base_url}/{endpoint}", json.dumps(body).encode(), headers)
    try:
        with _OPENER.open(request) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def chat(task: Task, key: str, **more: Any) -> tuple[int, bytes]:
    messages = [{"role": "user", "content": f"Of {task.folder}: {document(task)}"}]
    return post(task, "chat/completions", {"model": task.model, "messages": messages, "max_tokens": 400, **more}, key)


def document(task: Task) -> str:
    return (Path(task.folder) / "documents" / "document.txt").read_text(encoding="utf-8")


def seen(status: int, raw: bytes) -> Any:
    value = json.loads(raw)
    return value["choices"][0]["message"]["content"] if status == 200 else [status, value["error"]["code"]]


def streamed(raw: bytes) -> str:
    events = [line[6:] for line in raw.decode().split("\n\n") if line]
    assert events[-1] == "[DONE]", events
    chunks = [json.loads(event) for event in events[:-1]]
    assert chunks[-1]["usage"]["completion_tokens"] > 0
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])


def do(word: str, task: Task, lines: Lines) -> Any:  # noqa: C901 - a table of what can happen
    match word.split(":", 1)[0]:
        case "ask":
            return seen(*chat(task, task.token))
        case "stream":
            return streamed(chat(task, task.token, stream=True, stream_options={"include_usage": True})[1])
        case "embed":
            status, raw = post(task, "embeddings", {"model": task.embedding, "input": ["yeast", "gas"]}, task.token)
            return [status, len(json.loads(raw)["data"])]
        case "stray":
            return chat(task, "sk-guessed")[0]
        case "tell":
            lines.say("log", words="looks for yeast")
        case "environ":
            return dict(os.environ)
        case "pid":
            return os.getpid()
        case "empty":
            lines.say("report", text=" ")
            sys.exit(0)
        case "fail":
            lines.say("failed", why="research", error="SomeError")
            sys.exit(1)
        case "die":
            os._exit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "noise":
            lines._out.write(b"who am I\n")
            lines._out.flush()
        case "hang":
            time.sleep(600)
        case "once":
            marker = Path(word.split(":", 1)[1])
            if not marker.exists():
                marker.touch()
                os._exit(3)
    return None


def main() -> None:
    die_with_parent()
    lines = Lines()
    task = read_task(sys.stdin.buffer.readline())
    die_with_input(sys.stdin.buffer, task.parent_pid)
    sys.stdout.write("2026-11-22 10:00:00,123 INFO fpf.worker: a print that looks like a log line of ours\n")
    sys.stdout.flush()
    notes = [do(word, task, lines) for word in task.query.split()]
    lines.say("report", text=json.dumps(notes))


if __name__ == "__main__":
    main()
