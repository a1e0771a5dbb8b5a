"""Run as a file by the Python of GPT Researcher's environment; of what lies beside it, only this package is imported."""

import importlib
import sys
from pathlib import Path

BESIDE = str(Path(__file__).resolve().parent.parent)


def main() -> int:
    """The program's exit code."""
    # What lies beside this package may be another environment's packages: none of them may ever be found.
    sys.path.append(BESIDE)
    try:
        session = importlib.import_module("researcher.session")
    finally:
        sys.path.remove(BESIDE)
    code: int = session.run()
    return code


if __name__ == "__main__":
    sys.exit(main())
