"""Import every module of Quorate as if on a system that is not POSIX, as a program.

What Windows lacks is taken away first: modules, functions of `os`, signals. What other packages and
the standard library do there is not our concern, so they are imported before. Prints how many
modules were imported, and on standard error what went wrong.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import sys
import time
import traceback

MODULES = ("fcntl", "resource", "termios", "tty", "pty", "pwd", "grp", "readline", "syslog")
OF_OS = ("fork", "forkpty", "killpg", "getpgid", "setsid", "getuid", "sched_getaffinity")
OF_OS += (
    "geteuid",
    "getpgrp",
    "mkfifo",
    "pread",
    "pwrite",
    "register_at_fork",
    "statvfs",
    "sysconf",
)
SIGNALS = ("SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGPIPE", "SIGSTOP")
SIGNALS += ("SIGCONT",)
OF_TIME = ("clock_gettime", "CLOCK_BOOTTIME", "CLOCK_MONOTONIC")
OTHERS = ("asyncio", "multiprocessing.connection", "platform", "subprocess", "tempfile", "uuid")
OTHERS += ("cvc5", "hypothesis", "networkx", "numba", "pysat.solvers", "pytest", "ray", "z3")


def main() -> None:
    """Import all, and exit with 1 if some module cannot be imported."""
    import quorate

    for name in OTHERS:
        importlib.import_module(name)
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    for module, names in ((os, OF_OS), (signal, SIGNALS), (time, OF_TIME)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    found = [m.name for m in pkgutil.iter_modules(quorate.__path__, "quorate.")]
    for part in ("model", "impl", "checker", "traces"):  # several folders, where it is developed
        package = importlib.import_module(f"quorate.{part}")
        found += [m.name for m in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    failed = False
    for name in found:
        try:
            importlib.import_module(name)
        except Exception:
            failed = True
            sys.stderr.write(f"{name}: {traceback.format_exc(limit=-3)}\n")
    sys.stdout.write(f"{len(found)}\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()
