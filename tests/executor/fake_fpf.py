"""A worker process that does what the model's name says: ``ok``, ``hang``, ``die``, ``stubborn``, ``flood``, ...

Run as a program; it speaks the worker's lines on standard input and output. FAKE_START says how it begins: ``noisy``,
``broken`` or ``mute``.
"""

import os
import subprocess
import sys
import time

from shared.failures import FailureKind
from shared.llm_call import (
    Call,
    Cancel,
    Done,
    Failed,
    FromWorker,
    LlmAnswer,
    LlmFailure,
    Ping,
    Pong,
    Ready,
    decode_to_worker,
    encode_line,
)


def say(message: FromWorker) -> None:
    sys.stdout.buffer.write(encode_line(message))
    sys.stdout.buffer.flush()


def raw(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def done(call: Call, text: str) -> None:
    say(Done(id=call.id, answer=LlmAnswer(text=text, duration_s=0.001, input_tokens=1, output_tokens=1)))


def verdict(call: Call) -> str:
    """Fours for everything, and whatever is shown first is better."""
    if "winner" in (call.request.json_schema or {}).get("properties", {}):
        return '{"winner": "A", "reason": "=first"}'
    names = ("Relevance", "Clarity")
    entries = ", ".join(f'{{"criterion": "{name}", "score": 4, "reason": "so"}}' for name in names)
    return f'{{"evaluations": [{entries}]}}'


def take(call: Call, held: set[str]) -> None:  # noqa: C901  (a table of what can happen)
    match call.request.model:
        case "die":
            os._exit(3)
        case "hang" | "stubborn":
            held.add(call.id)
        case "noise":
            raw(b"somebody's print\n")
            done(call, "in spite of it")
        case "binary":
            raw(b'{"op":"done","id":"\xff\xfe"}\n')
        case "merged":
            raw(b'{"op":"pong","n":1,"in_fl')
            done(call, "lost in the line before")
        case "endless":
            raw(b"x" * 20_000_000)
        case "foreign":
            say(Done(id="somebody else's", answer=LlmAnswer(text="?", duration_s=1)))
        case "greeting":
            say(Ready(pid=1))
        case "mumble":
            os.write(2, b"y" * 10_000_000 + b"\n")
            done(call, "in spite of it")
        case "busy":
            while True:
                pass
        case "closed":
            os.close(1)
            time.sleep(600)
        case "heirs":
            # The output stays open when the worker is gone.
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(2)"], stdin=subprocess.DEVNULL)
            os._exit(5)
        case "flood":
            done(call, "x" * 3_000_000)
        case "half":
            sys.stdout.buffer.write(encode_line(Done(id=call.id, answer=LlmAnswer(text="?", duration_s=1)))[:20])
            sys.stdout.buffer.flush()
            os._exit(4)
        case "critic":
            done(call, verdict(call))
        case "pid":
            done(call, str(os.getpid()))
        case _:
            done(call, f"about {call.request.document}")


def main() -> None:
    held: set[str] = set()
    match os.environ.get("FAKE_START"):
        case "noisy":
            raw(b"welcome to this interpreter\n\xff\n")
        case "broken":
            sys.exit("no module named something")
        case "mute":
            time.sleep(600)
    say(Ready(pid=os.getpid()))
    for line in sys.stdin.buffer:
        match decode_to_worker(line):
            case Call() as call:
                take(call, held)
            case Cancel(id=key):
                if key in held and not key.startswith("stubborn"):
                    held.discard(key)
                    say(Failed(id=key, failure=LlmFailure(kind=FailureKind.CANCELLED, message="", sent="maybe")))
            case Ping(n=number):
                say(Pong(n=number, in_flight=len(held), loop_lag_ms=0.0))


if __name__ == "__main__":
    main()
