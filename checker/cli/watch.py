"""`--watch`: a verb runs again whenever a file that it has read is saved.

The process stays, so imports and compiled kernels are there. The files are those named on the
command line, the modules of the user that were imported for them, and the project's settings. Their
times are polled.
"""

from __future__ import annotations

import functools
import importlib
import linecache
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from quorate.checker.user_file import is_file_name

from .exit_codes import INTERRUPTED
from .options import option_error

POLL_S = 0.1
INSTALLED = {"site-packages", "dist-packages"}
SETTINGS = ("quorate.toml", "pyproject.toml")

Times = dict[Path, int | None]


def watchable(verb: Callable[..., int]) -> Callable[..., int]:
    """Give a verb the option `--watch`; it has a `protocol`, and may have an `adapter`."""

    @click.option("--watch", is_flag=True, help="Run again whenever a file that it read is saved.")
    @functools.wraps(verb)
    def command(watch: bool, **options: Any) -> int:
        if not watch:
            return verb(**options)
        if options["as_json"]:
            option_error("--watch shows results to people: it does not take --json")
        named = {_file(options["protocol"])}
        if (adapter := _file(options.get("adapter"))) is not None:  # it imports in its own process
            named |= {adapter, *adapter.parent.glob("*.py")}
        return _watching(lambda: verb(**options), {file for file in named if file is not None})

    return command


def _file(name: str | None) -> Path | None:
    """The file of a protocol or an adapter, as it is on the command line, if it is in one."""
    place = (name or "").partition(":")[0]
    return Path(place).resolve() if is_file_name(place) else None


def _watching(act: Callable[[], int], named: set[Path]) -> int:
    """Call a verb now and after each change, until Ctrl-C; returns the exit code for that."""
    folders = {Path.cwd(), *(path.parent for path in named)}
    files = named | {Path.cwd() / name for name in SETTINGS}
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # it is as old as a second
    try:
        while True:
            before = _times(files.union(_users(folders).values()))
            code = _once(act)
            if code == INTERRUPTED:
                return code
            click.echo(f"exit code {code}; waiting for a change, until Ctrl-C\n")
            users = _users(folders)
            changed = _changed(before | _times(set(users.values()) - before.keys()))
            click.echo(f"{time.strftime('%H:%M:%S')} {changed.name} has changed\n")
            _forget(users)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        sys.dont_write_bytecode = bytecode


def _once(act: Callable[[], int]) -> int:
    """The exit code of one run; an error is told, and the next run may be better."""
    from .failures import failure_of

    try:
        return act()
    except (Exception, KeyboardInterrupt) as error:
        failure = failure_of(error)
        click.echo(failure.text(), err=True)
        return failure.code


def _changed(before: Times) -> Path:
    """Wait until a file is not as it was before the run, or has come or gone."""
    while True:
        for path, time_then in before.items():
            if _time(path) != time_then:
                return path
        time.sleep(POLL_S)


def _times(paths: Iterable[Path]) -> Times:
    return {path: _time(path) for path in paths}


def _time(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _users(folders: Iterable[Path]) -> dict[str, Path]:
    """The loaded modules whose files are in these folders, but not installed there."""
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        imported = not name.startswith("quorate") or (name.startswith("quorate_") and "." in name)
        if not file or name == "__main__" or not imported:
            continue
        path = Path(file).resolve()
        if not INSTALLED & set(path.parts) and any(path.is_relative_to(f) for f in folders):
            found[name] = path
    return found


def _forget(names: Iterable[str]) -> None:
    """Let these modules be imported again, as they are now."""
    for name in names:
        del sys.modules[name]
    importlib.invalidate_caches()
    linecache.checkcache()
