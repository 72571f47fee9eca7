"""Generated protocols as classes, at their sizes."""

from __future__ import annotations

import itertools
import linecache
import sys
import types as pytypes
from collections.abc import Iterator
from contextlib import contextmanager

from quorate.model.language import Protocol, Sizes

from .types import Source

_numbers = itertools.count()


@contextmanager
def loaded(source: Source) -> Iterator[type[Protocol]]:
    """The class of a generated protocol, with its source readable by `linecache`."""
    name = f"generated_{next(_numbers)}"
    file = f"<{name}>"
    linecache.cache[file] = (len(source.text), None, source.text.splitlines(keepends=True), file)
    module = pytypes.ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    try:
        exec(compile(source.text, file, "exec"), module.__dict__)
        yield module.Proto
    finally:
        del sys.modules[name], linecache.cache[file]


def sized(protocol: type[Protocol], source: Source) -> Sizes:
    """The sizes of a generated protocol; those of sorts that it does not mention are left out."""
    known = protocol.sorts()
    sizes = {name: n for name, n in source.sizes.items() if name in known}
    faults = {k: n for k, n in source.faults.items() if k in protocol.budgets()}
    return protocol.sized(faults, **sizes)
