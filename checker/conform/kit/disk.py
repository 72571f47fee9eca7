"""A folder on disk, and crashes that lose what was written there but not synced."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Inode = tuple[int, int]


class Disk:
    """A temporary folder for the code to write to, which is removed with this.

    What is synced is known by `sync`, or by itself while the code runs `with disk.watched()`:
    os.fsync and os.fdatasync then tell. Renaming a file keeps what is synced of it. A crash gives a
    new `folder`, so that files that are still open write into the old one, for nobody.
    """

    def __init__(self) -> None:
        self._held = tempfile.TemporaryDirectory(prefix="quorate-disk-", ignore_cleanup_errors=True)
        self._root = Path(self._held.name)
        self._synced: dict[Inode, bytes] = {}
        self._crashes = 0
        self.folder = self._root / "0"
        """Where the code writes."""
        self.folder.mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove it all."""
        self._held.cleanup()

    def sync(self, path: str | os.PathLike[str] | int) -> None:
        """What is in a file now survives a crash; a file is named, or a descriptor of one."""
        descriptor = path if isinstance(path, int) else os.open(path, os.O_RDONLY)
        try:
            found = os.fstat(descriptor)
            here = Path(f"/proc/self/fd/{descriptor}") if isinstance(path, int) else Path(path)
            if here.is_file():
                self._synced[found.st_dev, found.st_ino] = here.read_bytes()
        finally:
            if descriptor is not path:
                os.close(descriptor)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While this lasts, os.fsync and os.fdatasync sync this disk's files too."""
        kept = os.fsync, os.fdatasync
        for name, sync in zip(("fsync", "fdatasync"), kept, strict=True):
            setattr(os, name, self._syncing(sync))
        try:
            yield
        finally:
            os.fsync, os.fdatasync = kept

    def crash(self, torn: int = 0) -> None:
        """Lose what is not synced, but for the first `torn` bytes after what is.

        A file of which nothing was ever synced is gone, unless some of it is torn off.
        """
        self._crashes += 1
        old, self.folder = self.folder, self._root / str(self._crashes)
        self.folder.mkdir()
        kept: dict[Inode, bytes] = {}
        for file in sorted(p for p in old.rglob("*") if p.is_file()):
            found = file.stat()
            synced = self._synced.get((found.st_dev, found.st_ino))
            content = synced or b""
            if torn and (now := file.read_bytes()).startswith(content):
                content = now[: len(content) + torn]
            if synced is None and not content:
                continue
            new = self.folder / file.relative_to(old)
            new.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(content)
            kept[new.stat().st_dev, new.stat().st_ino] = content
        self._synced = kept

    def _syncing(self, sync: Callable[[Any], None]) -> Callable[[Any], None]:
        def synced(file: Any) -> None:
            sync(file)
            self.sync(file if isinstance(file, int) else file.fileno())

        return synced
