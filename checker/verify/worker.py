"""The process that tries mutants: run as `python -m quorate.checker.verify.worker FD`."""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection
from pathlib import Path

from .mutants import MutantResult, try_mutant


def main() -> None:
    """Answer requests until the connection is closed."""
    connection = Connection(int(sys.argv[1]))
    while True:
        try:
            name, folder = connection.recv()
        except EOFError:
            return
        connection.send(_tried(name, folder))


def _tried(name: str, folder: Path) -> MutantResult | Exception:
    try:
        return try_mutant(name, folder)
    except Exception as error:
        return error


if __name__ == "__main__":
    main()
