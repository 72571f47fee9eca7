"""Finding refinements: bundled ones by protocol, a user's own by file and name."""

from __future__ import annotations

import importlib
import inspect
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from quorate._spelling import instead
from quorate.checker.errors import InputError
from quorate.checker.user_file import run_file
from quorate.model.language import Protocol
from quorate.model.refinements import BUNDLED, Refinement, identity


def chain(concrete: type[Protocol], abstract: type[Protocol] | None) -> list[Refinement]:
    """The bundled refinements from a protocol on, or those that lead to another one.

    A modification of a bundled protocol is treated like it. If it is to refine the protocol that it
    modifies, the mapping leaves every variable as it is. Raises InputError.
    """
    if abstract is not None:
        abstract = _inherited(concrete, abstract)
        found = _path(concrete, abstract)
        if found is None and issubclass(concrete, abstract):
            return [identity(concrete, abstract)]
        if found is None:
            raise InputError(
                f"no mapping from {concrete.__name__} to {abstract.__name__} is bundled; give "
                "your own with --mapping path.py:function"
            )
        return found
    links: list[Refinement] = []
    pending = [concrete]
    for protocol in pending:
        for link in _from(protocol):
            links.append(link)
            if link.abstract not in pending:
                pending.append(link.abstract)
    if not links:
        known = ", ".join(dict.fromkeys(r.concrete.__name__ for r in BUNDLED))
        raise InputError(
            f"no mapping from {concrete.__name__} is bundled (there are some from {known}); give "
            "your own with --mapping path.py:function"
        )
    return links


def _inherited(concrete: type[Protocol], abstract: type[Protocol]) -> type[Protocol]:
    """The class that `concrete` inherits, if `abstract` is the same one, read twice."""
    bases = (b for b in concrete.__mro__[1:] if issubclass(b, Protocol) and b is not Protocol)
    return next((base for base in bases if _same(base, abstract)), abstract)


def _from(protocol: type[Protocol]) -> list[Refinement]:
    """The bundled refinements of a protocol, or else of the nearest one that it modifies."""
    for base in protocol.__mro__:
        if found := [replace(r, concrete=protocol) for r in BUNDLED if r.concrete is base]:
            return found
    return []


def _path(concrete: type[Protocol], abstract: type[Protocol]) -> list[Refinement] | None:
    """The shortest chain of bundled refinements from one protocol to another."""
    paths: dict[type[Protocol], list[Refinement]] = {concrete: []}
    pending = [concrete]
    for protocol in pending:
        for link in _from(protocol):
            if link.abstract not in paths:
                paths[link.abstract] = [*paths[protocol], link]
                pending.append(link.abstract)
    return paths.get(abstract) or None


def own(name: str, concrete: type[Protocol], abstract: type[Protocol] | None) -> Refinement:
    """The refinement with a user's mapping, given as `path.py:function`. Raises InputError."""
    place, _, wanted = name.partition(":")
    if not wanted:
        raise InputError(f"{name}: expected path.py:function, the mapping by its name")
    module = _module(place, concrete)
    if not hasattr(module, wanted):
        functions = [name for name, value in vars(module).items() if inspect.isfunction(value)]
        raise InputError(f"{place}: no function `{wanted}`; {instead(wanted, functions)}")
    found = getattr(module, wanted)
    if isinstance(found, Refinement):
        return _declared(name, found, concrete, abstract)
    if not inspect.isfunction(found):
        raise InputError(f"{name}: is a {type(found).__name__}, not a function or a refinement")
    if abstract is None:
        raise InputError(
            f"{name}: say which protocol it maps to: as the second argument, or with "
            "@refinement(concrete=..., abstract=...)"
        )
    return Refinement(concrete, abstract, found)


def _declared(
    name: str, found: Refinement, concrete: type[Protocol], abstract: type[Protocol] | None
) -> Refinement:
    if abstract is not None and not _same(abstract, found.abstract):
        raise InputError(f"{name}: maps to {found.abstract.__name__}, not to {abstract.__name__}")
    if issubclass(concrete, found.concrete):
        return replace(found, concrete=concrete)
    if _same(concrete, found.concrete):
        return found  # the file may have been read twice, under two names
    raise InputError(f"{name}: maps from {found.concrete.__name__}, not from {concrete.__name__}")


def _same(one: type[Protocol], other: type[Protocol]) -> bool:
    """Whether two classes are the same one, perhaps read twice from its file."""
    if one is other:
        return True
    file = _file(one)
    return file is not None and file == _file(other) and one.__qualname__ == other.__qualname__


def _file(protocol: type[Protocol]) -> Path | None:
    given = getattr(sys.modules.get(protocol.__module__), "__file__", None)
    return Path(given).resolve() if given else None


def _module(place: str, concrete: type[Protocol]) -> ModuleType:
    """The module at a path; that of the protocol if it has the same path."""
    if not place.endswith(".py"):
        try:
            return importlib.import_module(place)
        except Exception as error:
            raise InputError(f"{place}: cannot be imported: {error}") from error
    path = Path(place)
    if _file(concrete) == path.resolve():
        return sys.modules[concrete.__module__]
    return run_file(path, "a mapping")
