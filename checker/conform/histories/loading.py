"""Finding a specification: a bundled one by name, or `path.py:Class`, `module:Class`."""

from __future__ import annotations

import difflib
import inspect

from quorate.checker.errors import InputError
from quorate.checker.user_file import module_at

from .specification import BUNDLED, Specification


def load_specification(name: str) -> Specification:
    """A new object of the class that a name stands for. Raises InputError."""
    if name in BUNDLED:
        return BUNDLED[name]()
    place, _, wanted = name.partition(":")
    missing = (
        f"{name}: no such specification; expected path.py:Class, module:Class or one of "
        f"{', '.join(BUNDLED)}"
    )
    module = module_at(place, "a specification", missing)
    classes = {
        n: x
        for n, x in vars(module).items()
        if inspect.isclass(x) and issubclass(x, Specification) and not inspect.isabstract(x)
    }
    if wanted not in classes:
        near = difflib.get_close_matches(wanted, classes, 1) or list(classes)
        hint = f"; did you mean {near[0]}?" if near else ""
        said = f"no specification {wanted}" if wanted else "say which class, as path.py:Class"
        raise InputError(f"{place}: {said}{hint}", place)
    try:
        return classes[wanted]()
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise InputError(f"{place}: {wanted}(): {said} (it is made without arguments)") from error
