"""Run the service: its folder, its address, its end. ``acm2 serve telemetry`` calls ``run``."""

import gc
import logging
import sys
from functools import partial

import anyio

from services.process import exit_codes, logs
from services.process.data_dir import DataDirHeldError, DataDirUnusableError, hold
from services.process.serve import PortTakenError, listen, serve
from services.process.settings import OpenHostError
from services.telemetry.adapters.own_door import OwnDoor
from services.telemetry.app import open_store, running, web_app
from services.telemetry.config import Config
from services.telemetry.errors import StoreUnusable
from services.telemetry.flows.ports import EventStore

FOLDER = "telemetry"


def run(config: Config) -> int:
    """Serve until told to stop; returns the exit code, and says on stderr why it is not 0."""
    logs.configure(config.log_level, service="telemetry")
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    try:
        config.check_host()
        with hold(config.data_dir / FOLDER) as folder:
            store = open_store(folder)
            try:
                anyio.run(partial(_serve, config, store), backend_options={"use_uvloop": True})
            finally:
                store.close()
    except OpenHostError as error:
        return _complain(error, exit_codes.USAGE)
    except PortTakenError as error:
        return _complain(error, exit_codes.UNREACHABLE)
    except DataDirHeldError as error:
        return _complain(error, exit_codes.HELD)
    except (DataDirUnusableError, StoreUnusable) as error:
        return _complain(error, exit_codes.STORAGE)
    return exit_codes.OK


async def _serve(config: Config, store: EventStore) -> None:
    sock = listen(config.host, config.port)
    host = f"[{config.host}]" if ":" in config.host else config.host
    address = f"http://{host}:{sock.getsockname()[1]}/"

    listening = anyio.Event()

    def ready() -> None:
        # What the start made stays: the garbage collector need not look at it again with every ten thousand viewers.
        gc.collect()
        gc.freeze()
        sys.stdout.write(f"telemetry listens at {address}\n")
        sys.stdout.flush()
        listening.set()

    with sock:
        async with running(config, store) as parts, anyio.create_task_group() as testing:
            door = OwnDoor(config.host, sock.getsockname()[1], parts.canary.run_id)
            until_drain = anyio.CancelScope()

            async def test_itself() -> None:
                with until_drain:
                    await listening.wait()
                    await parts.canary.run(door)

            async def drain() -> None:
                until_drain.cancel()
                await parts.hub.drain()

            testing.start_soon(test_itself)
            await serve(web_app(parts), sock, drain=drain, ready=ready, connections=parts.connections)
            until_drain.cancel()


def _is_news(record: logging.LogRecord) -> bool:
    # The server's word for a viewer that was given up; the hub has counted it, with the reason.
    return record.msg != "ASGI callable returned without completing response."


def _complain(error: Exception, code: int) -> int:
    sys.stderr.write(f"acm2 telemetry: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(run(Config()))
