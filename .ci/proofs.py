"""Says loudly which proofs could not run here because a program they need is missing. With CI=true that is a failure."""

import os
import sys

from tests.proofs import INSTALL, is_there

WIDTH = 72


def main() -> int:
    """0, or 1 where nothing may be missing and something is."""
    missing = {program: package for program, package in INSTALL.items() if not is_there(program)}
    if not missing:
        return 0
    lines = [
        "",
        " NOT EVERYTHING WAS PROVEN ".center(WIDTH, "="),
        *(f"  proofs that need {program} did not run; it is missing" for program in missing),
        f"  install: {' '.join(missing.values())}  (Debian, Ubuntu: apt-get install {' '.join(missing.values())})",
        "=" * WIDTH,
    ]
    sys.stderr.write("\n".join(lines) + "\n")
    return int(os.environ.get("CI") == "true")


if __name__ == "__main__":
    sys.exit(main())
