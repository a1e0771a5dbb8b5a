"""``python -m services.executor``: the service as a process, with its settings from the environment."""

import gc
import os
import socket
import sys
from collections.abc import Mapping

import anyio
from pydantic import ValidationError

from services.executor.adapters.ledger.database import LedgerUnusableError
from services.executor.adapters.pricing.price_file import PriceFileError
from services.executor.app import FOLDER, open_executor
from services.executor.config import Config
from services.process.data_dir import DataDirHeldError, DataDirUnusableError, hold
from services.process.exit_codes import HELD, OK, STORAGE, UNREACHABLE, USAGE
from services.process.logs import configure
from services.process.serve import PortTakenError, listen, serve
from services.process.settings import OpenHostError


def run(config: Config) -> int:
    """Serve until told to stop; the exit code says why it could not begin."""
    configure(config.log_level, service="executor")
    try:
        config.check_host()
        with hold(config.data_dir / FOLDER), listen(config.host, config.port) as sock:
            anyio.run(_serve, config, sock, dict(os.environ), backend_options={"use_uvloop": True})
    except OpenHostError as error:
        return _refuse(error, USAGE)
    except DataDirHeldError as error:
        return _refuse(error, HELD)
    except PortTakenError as error:
        return _refuse(error, UNREACHABLE)
    except (DataDirUnusableError, LedgerUnusableError) as error:
        return _refuse(error, STORAGE)
    except PriceFileError as error:
        return _refuse(error, USAGE)
    except BaseExceptionGroup as group:
        found = _first_of(group)
        if found is None:
            raise
        return _refuse(found, STORAGE)
    return OK


def _first_of(group: BaseExceptionGroup[BaseException]) -> LedgerUnusableError | None:
    """The ledger's complaint, however many tasks it has ended on its way."""
    for error in group.exceptions:
        found = _first_of(error) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(found, LedgerUnusableError):
            return found
    return None


async def _serve(config: Config, sock: socket.socket, environ: Mapping[str, str]) -> None:
    host = f"[{config.host}]" if ":" in config.host else config.host
    address = f"http://{host}:{sock.getsockname()[1]}/"

    def ready() -> None:
        # What the start made stays: the garbage collector need not look at it again with every call.
        gc.collect()
        gc.freeze()
        sys.stdout.write(f"executor listens at {address}\n")
        sys.stdout.flush()

    own = own_address(config.host, sock.getsockname()[1])
    async with open_executor(config, environ=environ, address=own) as executor:
        await serve(executor.app, sock, drain=executor.drain, ready=ready)


def own_address(host: str, port: int) -> str:
    """The base URL this service can be asked at: on this machine, where it listens at all of its addresses."""
    if host in {"0.0.0.0", "::", ""}:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _refuse(error: Exception, code: int) -> int:
    sys.stderr.write(f"acm2 executor: {error}\n")
    return code


def main() -> int:
    """The process: settings from the environment, all mistakes at once."""
    try:
        config = Config()
    except ValidationError as error:
        for found in error.errors(include_url=False):
            name = "_".join(str(part) for part in found["loc"]).upper()
            sys.stderr.write(f"acm2 executor: ACM2_{name}: {found['msg'].removeprefix('Value error, ')}\n")
        return USAGE
    return run(config)


if __name__ == "__main__":
    sys.exit(main())
