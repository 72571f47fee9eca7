"""A module whose processes are forked in the tests of the fork server."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    match arguments[0]:
        case "say":
            sys.stdout.write(f"say {os.environ['COLOUR']} {os.getpid()}\n")
            return 3
        case "fail":
            return 1 // 0
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "sleep":
            sys.stdout.write("sleeping\n")
            sys.stdout.flush()
            time.sleep(600)
    return 0
