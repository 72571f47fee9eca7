"""Finding the class of an adapter, or of a system, as protocols are found: `path.py:Class`.

Arguments may follow: `path.py:Class durable members=5`.
"""

from __future__ import annotations

import inspect
import shlex
import sys
from collections.abc import Collection
from typing import Any, cast

from quorate.checker.conform.adapter import Adapter, AdapterError
from quorate.checker.user_file import class_in

from .calls import METHODS, failure


def load_adapter(name: str) -> Adapter:
    """A new adapter of the class that a name stands for. Raises InputError."""
    return cast(Adapter, made(name, "an adapter", METHODS))


def made(name: str, what: str, methods: Collection[str]) -> Any:
    """A new object of the class that a name stands for, which must have these methods.

    `what` it is, with its article, is for messages. Raises InputError.
    """
    place, _, rest = name.partition(":")
    wanted, words, named = _arguments(name, rest)
    cls = class_in(place, wanted, what, methods)
    try:
        return cls(*words, **named)
    except (Exception, SystemExit) as error:
        told = failure(f"{wanted}()", cls.__init__, error)
        given = "with those that follow its name" if words or named else "without arguments"
        raise AdapterError(f"{told} ({what} is made {given})") from error


def name_of_adapter(adapter: Adapter) -> str | None:
    """The name by which `load_adapter` makes an adapter like this again; None if none does.

    It has to be of a class at the top of a module, which is made without arguments.
    """
    cls = type(adapter)
    module = sys.modules.get(cls.__module__)
    if module is None or getattr(module, cls.__qualname__, None) is not cls:
        return None
    if inspect.signature(cls).parameters:
        return None
    file = getattr(module, "__file__", None)
    spec = getattr(module, "__spec__", None)
    if spec is not None and (file is None or "." in cls.__module__):
        return f"{spec.name}:{cls.__qualname__}"
    return None if file is None else f"{file}:{cls.__qualname__}"


def _arguments(name: str, rest: str) -> tuple[str, list[str], dict[str, str]]:
    """The class, and the arguments that follow it: words, and NAME=VALUE. All are text."""
    try:
        wanted, *words = shlex.split(rest) or [""]
    except ValueError as error:
        raise AdapterError(f"{name}: {error}") from None
    named = [w for w in words if "=" in w and w.partition("=")[0].isidentifier()]
    plain = [w for w in words if w not in named]
    return wanted, plain, dict(w.split("=", 1) for w in named)
