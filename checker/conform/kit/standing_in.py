"""Modules of the code under simulated time, chance and threads: what they imported is replaced.

Only the modules that are named see anything else; the rest of the process goes on as before.
"""

from __future__ import annotations

import _thread
import concurrent.futures
import queue
import random
import select
import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from .host import Host, current
from .shared import OfEach, of_each
from .sockets import OF_SOCKETS
from .waiting import OF_THREADING, Thread, wait


def stand_in(*modules: ModuleType) -> None:
    """Replace what modules have of `time`, `random`, `threading`, `queue`, executors and sockets.

    The code then has the time and chance of the `Host` that it is called by, such as `Threads` or
    an `EventLoop`, threads of `Threads`, and sockets of its `Net`. Called outside of any it raises
    RuntimeError. It does not matter how a module imports them. Classes that derive from Thread are
    taken along. Of a lock, queue or the like that a module, or a class of it, made while it was
    imported, each process has its own. Raises ValueError for one that is held.
    """
    for module in modules:
        locks: dict[int, OfEach] = {}
        for owner in (module, *filter(lambda x: _is_own(x, module), [*vars(module).values()])):
            _make_each_its_own(owner, locks)
        for name, value in [*vars(module).items()]:
            if _derived(value, module):
                bases = value.__bases__
                value.__bases__ = tuple(Thread if b is threading.Thread else b for b in bases)
            if (other := _REPLACED.get(id(value))) is not None:
                setattr(module, name, other)


def _is_own(value: Any, module: ModuleType) -> bool:
    """Whether this is a class of a module."""
    return isinstance(value, type) and value.__module__ == module.__name__


def _derived(value: Any, module: ModuleType) -> bool:
    """Whether a module's own class derives from Thread."""
    return _is_own(value, module) and threading.Thread in value.__bases__


def _make_each_its_own(owner: Any, locks: dict[int, OfEach]) -> None:
    """Replace what a module or class made while it was imported; locks before what has them."""
    held = sorted(vars(owner).items(), key=lambda item: isinstance(item[1], threading.Condition))
    for name, value in held:
        if (other := of_each(value, f"{owner.__name__}.{name}", locks)) is not None:
            locks[id(value)] = other
            setattr(owner, name, other)


class _Module:
    """A module of the standard library, some names of which mean something else."""

    def __init__(self, module: ModuleType, instead: Mapping[str, Any]) -> None:
        self._module = module
        vars(self).update(instead)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _host(what: str) -> Host:
    if (host := current()) is None:
        raise RuntimeError(
            f"{what} is called outside of Threads.run, EventLoop.run and Host.entered: "
            "the code would have the time and chance of this machine"
        )
    return host


def _time() -> float:
    return _host("time").clock.time()


def _time_ns() -> int:
    return int(_time() * 1e9)


def _sleep(seconds: float) -> None:
    wait(lambda: False, max(SHORTEST, seconds))


def _chance(name: str) -> Callable[..., Any]:
    def drawn(*args: Any, **kwargs: Any) -> Any:
        return getattr(_host(f"random.{name}").random, name)(*args, **kwargs)

    return drawn


SHORTEST = 1e-6
"""Seconds that pass in any sleep, as they do in life: `while now() <= end: sleep(end - now())`."""

CLOCKS = ("time", "monotonic", "perf_counter")
TIME: Mapping[str, Any] = {
    **dict.fromkeys(CLOCKS, _time),
    **dict.fromkeys((f"{name}_ns" for name in CLOCKS), _time_ns),
    "clock_gettime": lambda clock: _time(),
    "clock_gettime_ns": lambda clock: _time_ns(),
    "sleep": _sleep,
}
CHANCE: Mapping[str, Any] = {
    name: _chance(name)
    for name, found in vars(random).items()
    if getattr(found, "__self__", None) is getattr(random.random, "__self__", None)
}
"""All functions of the module that draw from its one generator."""


def _replaced() -> dict[int, Any]:
    """What stands in for what, by identity: functions of the library are bound methods."""
    found = {id(original): other for original, other in (OF_THREADING | OF_SOCKETS).items()}
    for module, named in ((time, TIME), (random, CHANCE)):
        instead = {name: other for name, other in named.items() if hasattr(module, name)}
        found |= {id(getattr(module, name)): other for name, other in instead.items()}
        found[id(module)] = _Module(module, instead)
    for module in (threading, _thread, queue, concurrent.futures, socket, select, selectors):
        held = {n: o for n, v in [*vars(module).items()] if (o := found.get(id(v))) is not None}
        found[id(module)] = _Module(module, held)
    found[id(concurrent)] = _Module(concurrent, {"futures": found[id(concurrent.futures)]})
    return found


_REPLACED = _replaced()
