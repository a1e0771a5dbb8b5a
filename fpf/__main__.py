"""The ``fpf`` command. Which part of it is loaded depends on what it shall do: a start costs CPU, a worker's most."""

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from fpf.exit_codes import USAGE
from fpf.protocol_stdout import claim_stdout
from fpf.usage_mistake import UsageMistake

if TYPE_CHECKING:
    from fpf.options import LocalServerOptions


def main() -> int:
    """Do what the command line says; the exit code."""
    parent_pid = os.getppid()
    if sys.argv[1:] == ["worker"]:
        _work(parent_pid)
    from fpf import cli, options  # noqa: PLC0415 - a worker has no use for a command line

    try:
        wanted = cli.parse(sys.argv[1:], os.environ)
        if isinstance(wanted, cli.Worker):
            _work(parent_pid)
        if isinstance(wanted, options.LocalServerOptions):
            _serve_model(wanted, parent_pid)
        from fpf import one_shot  # noqa: PLC0415 - a model server has no use for an HTTP client

        return one_shot.main(wanted, os.environ)
    except UsageMistake as mistake:
        sys.stderr.write(f"fpf: {mistake}\nTry 'fpf --help'.\n")
        return USAGE


def _work(parent_pid: int) -> NoReturn:
    protocol_fd = claim_stdout()
    from fpf import worker  # noqa: PLC0415 - whatever it imports must find standard output claimed

    _leave(worker.main(protocol_fd, parent_pid))


def _serve_model(options: "LocalServerOptions", parent_pid: int) -> NoReturn:
    protocol_fd = claim_stdout()
    # Read by the model's library when it is loaded. Threads that spin while they wait for each other come to a
    # standstill as soon as anything else wants a core: measured at a seventeenth of the speed.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from fpf import local_server  # noqa: PLC0415 - loads the model's library

    _leave(local_server.main(options, protocol_fd, parent_pid))


def _leave(code: int) -> NoReturn:
    """End without waiting for threads: one in a name look-up or in the model's library may take minutes."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
