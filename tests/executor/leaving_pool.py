"""A program with workers that survive it: they heed neither the end of their input nor their parent's.

Prints their process numbers, and lives until it is killed.
"""

import os
import sys
from pathlib import Path

import anyio

from services.executor.adapters.processes.child_record import ChildRecord
from services.executor.adapters.processes.fpf_workers import FpfWorkers
from services.executor.adapters.processes.model_server import ModelServer

STAYS = """
import os, signal, time
from shared.llm_call import Ready, encode_line
os.write(1, encode_line(Ready(pid=os.getpid())))
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(600)
"""
SERVES = """
import json, os, time
print(json.dumps({"base_url": f"http://127.0.0.1:9/{os.getpid()}"}), flush=True)
time.sleep(600)
"""


async def main(record: Path) -> None:
    kept = ChildRecord(record)
    async with anyio.create_task_group() as group:
        command = (sys.executable, "-c", STAYS)
        workers = FpfWorkers(count=2, environ=os.environ, command=command, record=kept)
        group.start_soon(workers.run)
        server = ModelServer(group=group, environ=os.environ, command=(sys.executable, "-c", SERVES), record=kept)
        pid = (await server.base_url()).rsplit("/", 1)[1]
        while workers.ready_count < 2:  # noqa: ASYNC110  (looked at from outside)
            await anyio.sleep(0.01)
        print(pid, *(worker.pid for worker in workers._workers), flush=True)  # noqa: T201  (what this program is for)
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]))
