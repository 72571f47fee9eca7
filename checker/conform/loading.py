"""Finding the class of an adapter, as protocols are found: `path.py:Class`, `module:Class`."""

from __future__ import annotations

import difflib
import inspect
from typing import cast

from quorate.checker.loading import module_at

from .adapter import Adapter, AdapterError
from .adapter_calls import METHODS, failure


def load_adapter(name: str) -> Adapter:
    """A new adapter of the class that a name stands for. Raises InputError."""
    place, _, wanted = name.partition(":")
    missing = f"{name}: no such adapter; expected path.py:Class or module:Class"
    module = module_at(place, "an adapter", missing)
    classes = {n: x for n, x in vars(module).items() if inspect.isclass(x)}
    if not wanted:
        raise AdapterError(f"{name}: say which class is the adapter, {place}:Class")
    if wanted not in classes:
        near = difflib.get_close_matches(wanted, classes, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise AdapterError(f"{place}: no class {wanted}{hint}")
    cls = classes[wanted]
    lacking = [m for m in METHODS if not callable(getattr(cls, m, None))]
    if lacking:
        raise AdapterError(f"{place}: the adapter {wanted} has no {', '.join(lacking)}")
    try:
        return cast(Adapter, cls())
    except (Exception, SystemExit) as error:
        told = failure(f"{wanted}()", cls.__init__, error)
        raise AdapterError(f"{told} (an adapter is made without arguments)") from error
