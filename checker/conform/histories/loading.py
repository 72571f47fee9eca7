"""Finding a specification: a bundled one by name, or `path.py:Class`, `module:Class`."""

from __future__ import annotations

from quorate.checker.errors import InputError
from quorate.checker.user_file import object_in

from .specification import BUNDLED, Specification


def load_specification(name: str) -> Specification:
    """A new object of the class that a name stands for. Raises InputError."""
    if name in BUNDLED:
        return BUNDLED[name]()
    found = object_in(name, "a specification", ("after",), BUNDLED)
    if not isinstance(found, Specification):
        raise InputError(f"{name}: is no specification: it does not derive from Specification")
    return found
