"""Finding the module of a user's file (a model, an adapter, a mapping), or a class in it.

Every error is an InputError that names the file and, if there is one, the line.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import linecache
import os
import sys
import traceback
from collections.abc import Collection
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from quorate._spelling import instead, near_file, nearest

from .errors import InputError

# A line of these would not help the user. The language is not imported: adapters do not need it.
OURS = (Path(__file__).parent, Path(__file__).parents[1] / "model" / "language")


def is_file_name(place: str) -> bool:
    """Whether a place is a file and not a module."""
    return "/" in place or "\\" in place or place.endswith(".py")


def near_path(file: str) -> str:
    """A path relative to the working directory, if it is below that."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file


def module_at(place: str, wanted: str, missing: str) -> ModuleType:
    """The module in a file, or of that name. Raises InputError; if there is none, with `missing`.

    `wanted` says what the file should contain.
    """
    return run_file(Path(place), wanted) if is_file_name(place) else _from_module(place, missing)


def class_in(
    place: str, wanted: str, what: str, methods: Collection[str], bundled: Collection[str] = ()
) -> type[Any]:
    """The class of that name in a file or module, which has these methods.

    `what` it is, with its article, such as "a mapping", and the names of those that are `bundled`
    are for messages. Raises InputError.
    """
    kind = what.partition(" ")[2]
    ways = f", module:Class or one of {', '.join(bundled)}" if bundled else " or module:Class"
    name = f"{place}:{wanted}" if wanted else place
    module = module_at(place, what, f"{name}: no such {kind}; expected path.py:Class{ways}")
    classes = {n: x for n, x in vars(module).items() if inspect.isclass(x)}
    if not wanted:
        raise InputError(f"{place}: say which class is the {kind}, {place}:Class", place)
    if wanted not in classes:
        raise InputError(f"{place}: no class {wanted}; {instead(wanted, classes)}", place)
    if lacking := [m for m in methods if not callable(getattr(classes[wanted], m, None))]:
        raise InputError(f"{place}: the {kind} {wanted} has no {', '.join(lacking)}", place)
    return classes[wanted]


def object_in(name: str, what: str, methods: Collection[str], bundled: Collection[str]) -> Any:
    """A new object of the class that a name stands for, as `class_in`. Raises InputError."""
    place, _, wanted = name.partition(":")
    made = class_in(place, wanted, what, methods, bundled)
    try:
        return made()
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {_text(error)}"
        where = f"{place}: {wanted}()"
        raise InputError(f"{where}: {said} (it is made without arguments)", place) from error


def run_file(path: Path, what: str) -> ModuleType:
    """The module of a file that should contain `what`, such as "a protocol".

    The file can import its siblings, also as `.sibling`, as if its folder were a package.

    Raises InputError.
    """
    code = _compiled(path, _source(path, what))
    resolved = path.resolve()
    name = _name_for(resolved)
    module = ModuleType(name)
    module.__file__ = str(path)
    module.__package__ = _name_for(resolved.parent)
    package = ModuleType(module.__package__)
    package.__path__ = [str(resolved.parent)]
    sys.modules.setdefault(module.__package__, package)
    sys.modules[name] = module
    sys.path.insert(0, str(resolved.parent))
    try:
        exec(code, vars(module))
    except BaseException as error:
        sys.modules.pop(name, None)
        raise broken(str(path), error) from error
    finally:
        sys.path.remove(str(resolved.parent))
    return module


def _name_for(resolved: Path) -> str:
    return f"quorate_user_{hashlib.sha256(os.fsencode(resolved)).hexdigest()[:12]}"


def _from_module(place: str, missing: str) -> ModuleType:
    try:
        if not all(part.isidentifier() for part in place.split(".")):
            raise ModuleNotFoundError(name=place)
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and not f"{place}.".startswith(f"{error.name}."):
            raise broken(place, error) from error
        raise InputError(missing) from None
    except BaseException as error:
        raise broken(place, error) from error


def _source(path: Path, what: str) -> bytes:
    """The bytes of the file."""
    if path.is_dir():
        raise InputError(f"{path}: is a directory, expected a Python file with {what}", str(path))
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is not a regular file, expected a Python file", str(path))
    if not path.is_file():
        raise InputError(f"{path}: no such file{_near(path)}", str(path))
    try:
        source = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", str(path)) from None
    if b"\0" in source:
        raise InputError(f"{path}: is a binary file, expected Python source", str(path))
    return source


def _near(path: Path) -> str:
    if path.is_symlink():
        return f": it is a link to {path.readlink()}"
    return near_file(path, "*.py")


def _compiled(path: Path, source: bytes) -> CodeType:
    """The file's code, with the path as given, which diagnostics and traces then show."""
    file = str(path)
    try:
        text = importlib.util.decode_source(source)
        code = compile(source, file, "exec")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        byte = source[error.start : error.start + 1]
        raise InputError(
            f"{file}:{line}: found the byte 0x{byte.hex()}, which is not {error.encoding.upper()}; "
            "expected Python source in UTF-8",
            file,
            line,
        ) from None
    except (MemoryError, RecursionError):
        raise InputError(f"{file}: is nested too deeply for Python to read", file) from None
    except SyntaxError as error:
        if not error.lineno:  # it cannot even be decoded
            error.msg = f"{error.msg}; expected Python source in UTF-8"
        raise broken(file, error) from error
    # diagnostics show the source that was run, even if the file changes later
    linecache.cache[file] = (len(source), None, text.splitlines(keepends=True), file)
    return code


def broken(place: str, error: BaseException) -> BaseException:
    """An error while a user's file or module was read, as one line with its place."""
    if isinstance(error, (KeyboardInterrupt, InputError)):
        return error
    if isinstance(error, SyntaxError):
        # An unknown encoding has no line.
        file, line = error.filename or place, error.lineno or None
        column = error.offset if line and error.offset and error.offset > 0 else None
        where = ":".join(str(part) for part in (file, line, column) if part is not None)
        return InputError(f"{where}: {error.msg}", file, line, column)
    frames = traceback.extract_tb(error.__traceback__)
    last = next((f for f in reversed(frames) if _is_users(f.filename)), None)
    file, line = (last.filename, last.lineno) if last else (place, None)
    where = f"{file}:{line}" if line else file
    said = f"{type(error).__name__} while the file was read: {_text(error)}{_meant(error)}"
    return InputError(f"{where}: {said}", file, line)


def _is_users(file: str) -> bool:
    return "importlib" not in file and not any(Path(file).is_relative_to(p) for p in OURS)


def _meant(error: BaseException) -> str:
    """`; did you mean action?` of a name that is not known; "" if no other is near."""
    trace = error.__traceback__
    if not isinstance(error, NameError) or trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    near = nearest(error.name or "", [*trace.tb_frame.f_locals, *trace.tb_frame.f_globals])
    return "" if near is None else f"; did you mean {near}?"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a class of the user's, too
        return "an error that cannot be shown"
