"""The table [tool.quorate] of a project's pyproject.toml: default sizes and fault budgets.

[tool.quorate]
sizes = {Acceptor = 3, Ballot = 2, Value = 2}
faults = {crash = 1}
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quorate.checker.errors import InputError

LEAST = {"sizes": 1, "faults": 0}
"""The keys of the table, and the least number that makes sense in each."""


def project_defaults(start: Path) -> dict[str, dict[str, int]]:
    """The defaults of the nearest pyproject.toml, by the keys of `LEAST`. Raises InputError."""
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            return _read(path)
    return {key: {} for key in LEAST}


def _read(path: Path) -> dict[str, dict[str, int]]:
    tool = _table(path, "[tool]", _document(path).get("tool", {}))
    ours = _table(path, "[tool.quorate]", tool.get("quorate", {}))
    for key in ours:
        if key not in LEAST:
            near = difflib.get_close_matches(key, LEAST, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            known = ", ".join(LEAST)
            said = f"{path}: [tool.quorate] has no `{key}`; it has {known}{hint}"
            raise InputError(said, str(path))
    return {key: _numbers(path, key, ours.get(key, {})) for key in LEAST}


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", str(path)) from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8, which TOML is in: {error}", str(path)) from None
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" \(at line (\d+), column (\d+)\)", str(error))
        if at is None:
            raise InputError(f"{path}: is not valid TOML: {error}", str(path)) from None
        line, column = int(at[1]), int(at[2])
        said = f"{path}:{line}:{column}: is not valid TOML: {str(error).replace(at[0], '')}"
        raise InputError(said, str(path), line, column) from None


def _numbers(path: Path, key: str, found: Any) -> dict[str, int]:
    for name, number in _table(path, f"[tool.quorate] {key}", found).items():
        least = LEAST[key]
        if type(number) is not int or number < least:
            raise InputError(
                f"{path}: [tool.quorate] {key}.{name} is {_shown(number)}, "
                f"expected a whole number from {least} up",
                str(path),
            )
    return dict(found)


def _table(path: Path, name: str, found: Any) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise InputError(f"{path}: {name} is {_shown(found)}, expected a table", str(path))
    return found


def _shown(value: Any) -> str:
    """A value in the notation of TOML, for messages."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case dict():
            return "a table"
        case list():
            return "a list"
    return str(value)
