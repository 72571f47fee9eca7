"""`enabled(self.action, a, b)` under CPython: the guards of an action are run, and nothing is kept.

The guards alone count: whether what the action would then do is defined is not looked at.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from typing import Any

from .delivery import addressees, parameter_types
from .protocol import Disabled, Protocol, observer
from .types import Message


def enabled(action: Any, *arguments: Any) -> bool:
    """Whether the guards of an action hold for these arguments.

    Of a message, that also says that it was sent, or is in flight, and to whom.
    """
    owner, function = action.__self__, action.__func__
    if not all(_can_be_received(owner, a) for a in arguments if isinstance(a, Message)):
        return False
    for message, addressee, field in addressees(parameter_types(function)):
        if getattr(arguments[message], field) != arguments[addressee]:
            return False
    held = 0

    def told(condition: object) -> None:
        nonlocal held
        if not condition:
            raise Disabled
        held += 1

    undo = owner.__dict__["_journal"]
    before, token = len(undo.undo), observer.set(told)
    try:
        action(*arguments)
    except Disabled:
        return False
    except Exception:
        if held < sum(_guards(type(owner), function)):
            raise
    finally:
        observer.reset(token)
        undo.roll_back(before)
    return True


def _can_be_received(owner: Protocol, message: Message) -> bool:
    """Whether some variable holds a message."""
    holders = (owner.__dict__.get(name) for name in type(owner).variables())
    known = (h for h in holders if h is not None and type(message) in getattr(h, "by_class", ()))
    return any(message in h for h in known)


def _guards(protocol: type[Protocol], function: Any) -> Iterator[int]:
    """How many times a method, and each that it calls by `super()`, calls `require`."""
    code = function.__code__
    names = [i.argval for i in dis.get_instructions(code) if i.opname.startswith("LOAD")]
    yield names.count("require")
    if (owner := super_starts(function)) is None:
        return
    for name in dict.fromkeys(code.co_names):
        above = getattr(super(owner, protocol), name, None)
        if hasattr(above, "_quorate"):
            yield from _guards(protocol, above)


def super_starts(function: Any) -> type | None:
    """The class above which `super()` looks in a function, if that calls it."""
    code = function.__code__
    if "__class__" not in code.co_freevars:
        return None
    found: type = function.__closure__[code.co_freevars.index("__class__")].cell_contents
    return found
