"""``fpf`` for people and scripts: one call, its answer in a file or on standard output, an exit code that says why."""

import logging
import os
import sys
import time
from collections.abc import Mapping

import anyio
import msgspec

from fpf.abort import Abort
from fpf.call import Means, Outcome, run_call
from fpf.exit_codes import INTERNAL, INTERRUPTED, OK, exit_code
from fpf.input_files import read_request
from fpf.local_child import local_server
from fpf.logs import log_to_stderr
from fpf.options import AskOptions
from fpf.output_file import check_output, write_output
from fpf.request_checks import check_request
from fpf.scripted import Scripts
from fpf.transport import open_sender
from fpf.usage_mistake import UsageMistake
from shared.llm_call import LlmFailure, LlmRequest

log = logging.getLogger("fpf")


def main(options: AskOptions, environ: Mapping[str, str]) -> int:
    """Ask, deliver, and return the exit code; raises ``UsageMistake`` before anything is sent."""
    log_to_stderr(verbose=options.verbose)
    request = read_request(options)
    if options.out is not None:
        check_output(options.out)
        if options.out.resolve() in (options.file_a.resolve(), options.file_b.resolve()):
            raise UsageMistake(f"--out: {options.out} is one of the files to be read")
    try:
        outcome = anyio.run(_ask, request, environ)
    except KeyboardInterrupt:
        return INTERRUPTED
    if isinstance(outcome, LlmFailure):
        return _report(outcome)
    log.info(
        "answered by %s %s in %.3f s: %d bytes, tokens in %s, out %s",
        request.provider,
        request.model,
        outcome.duration_s,
        len(outcome.text.encode()),
        outcome.input_tokens,
        outcome.output_tokens,
    )
    return _deliver(outcome.text, options)


async def _ask(request: LlmRequest, environ: Mapping[str, str]) -> Outcome:
    # Looked at again by the call itself; here, so that no model server is started for nothing.
    refused = check_request(request)
    if refused is not None:
        return refused
    async with open_sender(time.time) as sender:
        means = Means(sender, Scripts(), environ, time.perf_counter)
        if request.provider != "local" or environ.get("LOCAL_BASE_URL", "").strip():
            return await run_call(request, means, Abort())
        async with local_server(request.timeout_s) as base_url:
            if isinstance(base_url, LlmFailure):
                return base_url
            return await run_call(msgspec.structs.replace(request, base_url=base_url), means, Abort())


def _report(failure: LlmFailure) -> int:
    again = "" if failure.retry_after_s is None else f"; it asks to wait {failure.retry_after_s:g} s"
    log.error("%s: %s (sent: %s)%s", failure.kind.value, failure.message, failure.sent, again)
    return exit_code(failure.kind)


def _deliver(text: str, options: AskOptions) -> int:
    result = text if options.out is None else str(options.out)
    try:
        if options.out is not None:
            write_output(options.out, text)
        sys.stdout.buffer.write((result if result.endswith("\n") else result + "\n").encode(errors="surrogateescape"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever read us has seen enough; the interpreter shall not complain about it when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        log.error("the answer could not be written: %s", error.strerror)  # noqa: TRY400 - the disk's fault, not ours
        return INTERNAL
    return OK
