"""Checkpoints: a search saved in a folder, from which it resumes after being killed.

All data files are written once or only appended to, and only what the manifest lists counts. The
manifest is replaced atomically, after everything that it lists is on the disk. So the folder always
has the whole last checkpoint. Files that it does not need are removed afterwards.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
import numpy.typing as npt

from quorate.checker.errors import InputError
from quorate.checker.explore.store.memory import Partitions, StateStore
from quorate.checker.explore.store.runs import DamagedError, Run, naming

from .manifest import (
    FORMAT,
    Identity,
    Named,
    Place,
    Saved,
    SavedFile,
    SavedInMemory,
    SavedOnDisk,
    SavedRun,
    Sealed,
)

MANIFEST = "checkpoint.json"
OURS = re.compile(r"checkpoint\.json(\.new)?|lock|\d{6}\.run|\d+-(states|parents|order)(-\d+)?")
PIECE = 1 << 24  # bytes


@dataclass
class CheckpointFolder:
    """The folder of one search. Raises InputError if it cannot be used.

    `saved` is what was found there, if anything was.
    """

    folder: Path
    identity: Identity
    saved: Saved | None = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        strangers = sorted(p.name for p in self.folder.iterdir() if not OURS.fullmatch(p.name))
        if strangers:
            raise InputError(f"{self.folder}: not a folder of checkpoints: it has {strangers[0]}")
        self._lock = _locked(self.folder / "lock")
        self._appended: dict[str, SavedFile] = {}
        self._synced: set[str] = set()
        self._generation = 0
        self._stores: list[StateStore] = []
        try:
            self.saved = self._read()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let another process have the folder."""
        self._lock.close()

    # ------------------------------------------------------------ reading

    def _read(self) -> Saved | None:
        path = self.folder / MANIFEST
        if not path.exists():
            return None
        try:
            sealed = msgspec.json.decode(path.read_bytes(), type=Sealed)
            if hashlib.sha256(sealed.saved).hexdigest() != sealed.sha256:
                raise DamagedError(f"{path}: damaged: these are not the bytes that were written")
            named = msgspec.json.decode(sealed.saved, type=Named).identity
            if named.get("format") != FORMAT:
                raise InputError(
                    f"{self.folder}: this checkpoint cannot be used: it was written by Quorate "
                    f"{named.get('version')}, this is Quorate {self.identity.version}"
                )
            saved = msgspec.json.decode(sealed.saved, type=Saved)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DamagedError(f"{path}: damaged: {error}") from None
        why = saved.identity.differs(self.identity)
        if why is not None:
            raise InputError(f"{self.folder}: this checkpoint cannot be used: {why}")
        return saved

    def stores(self, where: SavedInMemory, empty: StateStore) -> StateStore | Partitions:
        """The stores that were saved; `empty` is one of their kind. Raises DamagedError."""
        parts = None if where.order is None else Partitions.split(empty, len(where.counts))
        stores = [empty] if parts is None else parts.stores
        saved = zip(stores, where.rooms, where.counts, where.states, where.parents, strict=True)
        for store, room, count, states, parents in saved:
            if room > store.room:
                store.grow(room)
            self._load(states, store.states[: count * store.words])
            self._load(parents, store.parents[:count])
            store.count = count
            store.rehash()
        self._stores = stores
        self._generation = int(where.states[0].name.split("-")[0])
        if parts is None or where.order is None:
            return empty
        parts.count = sum(where.counts)
        parts.reserve(parts.count)
        self._load(where.order, parts.order[: parts.count])
        return parts

    def _load(self, file: SavedFile, into: npt.NDArray[Any]) -> None:
        path = self.folder / file.name
        view = memoryview(into.data).cast("B") if len(into) else memoryview(bytearray())
        try:
            with path.open("rb", buffering=0) as opened:
                at, checksum = 0, 0
                while at < len(view) and (n := opened.readinto(view[at : at + PIECE])):
                    checksum = zlib.crc32(view[at : at + n], checksum)
                    at += n
        except OSError as error:
            raise DamagedError(f"{path}: {error.strerror}") from None
        if at < len(view) or len(view) != file.size:
            raise DamagedError(f"{path}: damaged: {at:,} bytes of {file.size:,}")
        if checksum != file.checksum:
            raise DamagedError(f"{path}: damaged: these are not the bytes that were written")
        self._appended[file.name] = file

    def runs(self, where: SavedOnDisk, words: int) -> dict[str, Run]:
        """The runs that were saved, by their names. Raises DamagedError."""
        found: dict[str, Run] = {}
        for r in (*where.levels, *where.visited, where.frontier, *where.found):
            if r.name not in found:
                found[r.name] = Run.load(self.folder / r.name, words, r.blocks, r.checksum)
        self._synced = set(found)
        return found

    # ------------------------------------------------------------ writing

    def save_memory(
        self, stores: Sequence[StateStore], order: npt.NDArray[np.uint8] | None
    ) -> SavedInMemory:
        """Append what is new in the stores to their files."""
        if any(a is not b for a, b in zip(stores, self._stores or stores, strict=False)):
            self._generation += 1
        self._stores = list(stores)
        g = self._generation
        return SavedInMemory(
            rooms=[s.room for s in stores],
            counts=[s.count for s in stores],
            states=[
                self._append(f"{g}-states-{p}", s.states[: s.count * s.words])
                for p, s in enumerate(stores)
            ],
            parents=[
                self._append(f"{g}-parents-{p}", s.parents[: s.count]) for p, s in enumerate(stores)
            ],
            order=None if order is None else self._append(f"{g}-order", order),
        )

    def _append(self, name: str, array: npt.NDArray[Any]) -> SavedFile:
        """Bring a file up to date with an array of which it has the beginning."""
        view = memoryview(array.data).cast("B") if len(array) else memoryview(b"")
        old = self._appended.get(name) or SavedFile(name, 0, 0)
        path = self.folder / name
        with naming(path), path.open("r+b" if old.size else "wb", buffering=0) as file:
            file.truncate(old.size)
            file.seek(old.size)
            at, checksum = old.size, old.checksum
            while at < len(view):
                n = file.write(view[at : at + PIECE])
                checksum = zlib.crc32(view[at : at + n], checksum)
                at += n
            os.fsync(file.fileno())
        self._appended[name] = SavedFile(name, at, checksum)
        return self._appended[name]

    def sync(self, runs: Iterable[Run]) -> None:
        """Make sure that runs are on the disk."""
        for run in runs:
            if run.path.name not in self._synced:
                with run.path.open("rb") as file:
                    os.fsync(file.fileno())
                self._synced.add(run.path.name)

    def save(
        self,
        control: list[int],
        fired: list[int],
        seconds: float,
        outcome: str | None,
        where: Place,
    ) -> None:
        """Say how far the search is, and where its states are (see `Saved`)."""
        self.commit(Saved(self.identity, control, fired, seconds, outcome, where))

    def commit(self, saved: Saved) -> None:
        """Replace the manifest; from now on the search goes on from here."""
        encoded = msgspec.json.encode(saved)
        sealed = Sealed(hashlib.sha256(encoded).hexdigest(), msgspec.Raw(encoded))
        new = self.folder / f"{MANIFEST}.new"
        with naming(new), new.open("wb") as file:
            file.write(msgspec.json.encode(sealed))
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(self.folder)
        new.replace(self.folder / MANIFEST)
        _sync_folder(self.folder)
        self._remove_others(saved)

    def _remove_others(self, saved: Saved) -> None:
        where = saved.where
        files: Iterable[SavedFile | SavedRun]
        if isinstance(where, SavedInMemory):
            files = (*where.states, *where.parents, *([where.order] if where.order else []))
        else:
            files = (*where.levels, *where.visited, where.frontier, *where.found)
        kept = {MANIFEST, "lock", *(f.name for f in files)}
        for path in self.folder.iterdir():
            if path.name not in kept and OURS.fullmatch(path.name):
                path.unlink()
                self._appended.pop(path.name, None)
                self._synced.discard(path.name)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _locked(path: Path) -> BinaryIO:
    """A file that no other process has locked. Raises InputError."""
    import fcntl

    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise InputError(f"{path.parent}: another search is being kept here") from None
    return file
