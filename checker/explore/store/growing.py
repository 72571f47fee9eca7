"""Memory for growing arrays: in large pages, and without copying if the system can move pages."""

from __future__ import annotations

import mmap
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

PRIVATE = hasattr(mmap, "MAP_PRIVATE") and hasattr(mmap, "MAP_ANONYMOUS")


class Growing:
    """An array of zeros that grows at its end.

    A reference to the array, or to a part of it, keeps its old contents. Raises MemoryError.
    """

    def __init__(self, kind: type[np.generic], length: int) -> None:
        self._kind = np.dtype(kind)
        self._pages = self._mapped(length)
        self.array = self._looked_at(self._pages, length)

    @classmethod
    def of(cls, array: npt.NDArray[Any]) -> Growing:
        """A copy of an array. Raises MemoryError."""
        made = cls(array.dtype.type, len(array))
        made.array[:] = array
        return made

    def _mapped(self, length: int) -> mmap.mmap:
        # What is shared (the default) cannot become larger.
        private = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if PRIVATE else {}
        try:
            pages = mmap.mmap(-1, max(1, length * self._kind.itemsize), **private)
        except (OSError, OverflowError, ValueError) as error:
            raise MemoryError(str(error)) from None
        if hasattr(mmap, "MADV_HUGEPAGE"):
            with suppress(OSError):  # a system without large pages
                # States are looked up all over the array: fewer, larger pages are soon known.
                pages.madvise(mmap.MADV_HUGEPAGE)
        return pages

    def _looked_at(self, pages: mmap.mmap, length: int) -> npt.NDArray[Any]:
        return np.frombuffer(pages, self._kind, length)

    def grow(self, length: int) -> None:
        """Make the array longer. Raises MemoryError, and then nothing has changed."""
        size = max(1, length * self._kind.itemsize)
        old = len(self.array)
        del self.array
        try:
            self._pages.resize(size)
        except (BufferError, OSError, SystemError):
            # Somebody looks at it, or this system cannot move pages.
            before = self.array = self._looked_at(self._pages, old)
            pages = self._mapped(length)
            self.array = self._looked_at(pages, length)
            self.array[:old] = before
            self._pages = pages
        else:
            self.array = self._looked_at(self._pages, length)
