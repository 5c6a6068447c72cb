"""The command line: it becomes the program, and Python is gone from the way."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line with the arguments of this process."""
    from ._errors import VarveError
    from ._program import find_program

    try:
        program = find_program()
    except VarveError as error:
        sys.stderr.write(f"varve: {error}\n")
        sys.exit(2)
    words = [*program, *sys.argv[1:]]
    if os.name == "nt":
        import subprocess

        sys.exit(subprocess.call(words))
    os.execv(words[0], words)


if __name__ == "__main__":
    main()
