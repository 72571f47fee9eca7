"""NumPy without threads: nothing here uses its linear algebra, which would start one for each core.

OpenBLAS is told so by the environment, and reads that when NumPy loads it. Nobody else is to see
it there: an implementation that we start may use linear algebra.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

VARIABLE = "OPENBLAS_NUM_THREADS"


def one_thread() -> None:
    """Let NumPy have one thread, unless it is loaded or the environment says how many."""
    if "numpy" not in sys.modules and VARIABLE not in os.environ:
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds NumPy, once; while it is loaded, the variable is in the environment."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "numpy":
            return None
        sys.meta_path.remove(self)
        found = find_spec(name)
        if found is not None and found.loader is not None:
            load = found.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                os.environ[VARIABLE] = "1"
                try:
                    load(module)
                finally:
                    os.environ.pop(VARIABLE, None)

            found.loader.exec_module = exec_module  # type: ignore[method-assign]
        return found
