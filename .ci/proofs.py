"""Says loudly which proofs could not run here because a program they need is missing. With CI=true that is a failure."""

import os
import sys

from tests.proofs import INSTALL, OPTIONAL, is_there

WIDTH = 72


def main() -> int:
    """0, or 1 where nothing may be missing and something is."""
    missing = {program: package for program, package in INSTALL.items() if not is_there(program)}
    optional = {name: command for name, command in OPTIONAL.items() if not is_there(name)}
    if not missing and not optional:
        return 0
    lines = [
        "",
        " NOT EVERYTHING WAS PROVEN ".center(WIDTH, "="),
        *(f"  proofs that need {program} did not run; it is missing" for program in missing),
        *(
            f"  proofs that want {name} did not run; it may be missing, and {optional[name]} makes it"
            for name in optional
        ),
    ]
    if missing:
        packages = " ".join(missing.values())
        lines.append(f"  install: {packages}  (Debian, Ubuntu: apt-get install {packages})")
    sys.stderr.write("\n".join([*lines, "=" * WIDTH]) + "\n")
    return int(bool(missing) and os.environ.get("CI") == "true")


if __name__ == "__main__":
    sys.exit(main())
