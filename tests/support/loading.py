"""Protocols from files and from text, for the tests of the language."""

from __future__ import annotations

import importlib.util
import itertools
import linecache
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from quorate.model.language import ModelError, Protocol
from quorate.model.language.description import describe

_numbers = itertools.count()


def load_module(path: Path) -> types.ModuleType:
    """Import a file under a name of its own."""
    name = f"protocol_under_test_{next(_numbers)}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    linecache.checkcache(str(path))
    spec.loader.exec_module(module)
    return module


def load_protocol(path: Path) -> type[Protocol]:
    """The protocol class that a file defines last."""
    return last_protocol(load_module(path))


def last_protocol(module: types.ModuleType) -> type[Protocol]:
    found: list[Any] = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Protocol) and value is not Protocol
    ]
    return found[-1]  # type: ignore[no-any-return]


def mistakes_of(protocol: type[Protocol]) -> ModelError:
    """What reading the protocol reports."""
    with pytest.raises(ModelError) as caught:
        describe(protocol)
    return caught.value
