"""What is said of a service that is given up: why, in its own words, what to do, and what goes on meanwhile. Pure."""

from services.cli.errors import ServiceFailed
from services.process.exit_codes import HELD, STORAGE

_MEANWHILE = {
    "telemetry": "Runs go on: the executor keeps their events and delivers them when telemetry is back.",
    "executor": "No run can be started or goes on; the runs telemetry has can be looked at.",
}
_WAY_OUT = {
    STORAGE: "its data cannot be used: do what it says there with the file it names (or, to start with nothing, end "
    "this command and choose another --data-dir)",
    HELD: "end the process it names",
}


def last_word(spoken: str, failure: ServiceFailed, deaths: int) -> ServiceFailed:
    """Why it is given up; ``deaths`` so many within a minute, 0 where they do not matter."""
    if failure.exit_code != STORAGE and deaths:
        times = f"{spoken} died {deaths} times within a minute and is given up; the last time:"
        return ServiceFailed(f"{times}\n{failure}", exit_code=failure.exit_code)
    return failure


def given_up_text(name: str, failure: ServiceFailed, again_after_s: float) -> str:
    """The lines for a service that is tried again every so many seconds; ``name`` is the service's."""
    lines = [
        f"!! {name.upper()} IS GIVEN UP: {failure}",
        f"!! To mend it: {_WAY_OUT.get(failure.exit_code, 'the lines above say what it died of')}.",
        f"!! {_MEANWHILE.get(name, 'The rest goes on.')} It is tried again every {again_after_s:g} s while this "
        "command runs.",
    ]
    return "\n".join(lines)
