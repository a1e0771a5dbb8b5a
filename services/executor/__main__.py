"""``python -m services.executor``: the service as a process, with its settings from the environment."""

import os
import socket
import sys
from collections.abc import Mapping

import anyio
import structlog
from pydantic import ValidationError

from services.executor.adapters.database import LedgerVersionError
from services.executor.app import FOLDER, open_executor
from services.executor.config import Config
from services.process.data_dir import DataDirHeldError, hold
from services.process.exit_codes import HELD, OK, UNREACHABLE, USAGE
from services.process.logs import configure
from services.process.serve import PortTakenError, listen, serve
from services.process.settings import OpenHostError

log = structlog.get_logger()


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
    except LedgerVersionError as error:
        return _refuse(error, USAGE)
    return OK


async def _serve(config: Config, sock: socket.socket, environ: Mapping[str, str]) -> None:
    async with open_executor(config, environ=environ) as executor:
        host, port = sock.getsockname()[:2]
        await serve(
            executor.app,
            sock,
            drain=executor.drain,
            ready=lambda: log.info("listening", url=f"http://{host}:{port}"),
        )


def _refuse(error: Exception, code: int) -> int:
    sys.stderr.write(f"executor: {error}\n")
    return code


def main() -> int:
    """The process: settings from the environment, all mistakes at once."""
    try:
        config = Config()
    except ValidationError as error:
        for found in error.errors(include_url=False):
            name = "_".join(str(part) for part in found["loc"]).upper()
            sys.stderr.write(f"executor: ACM2_{name}: {found['msg'].removeprefix('Value error, ')}\n")
        return USAGE
    return run(config)


if __name__ == "__main__":
    sys.exit(main())
