"""Checkpoints: a search kept in a folder, from which it goes on after being killed.

All data files are written once or only appended to, and what they hold is not believed until the
manifest says so. The manifest is replaced in one step, after everything it names is on the disk:
whatever the moment, the folder has the last checkpoint, whole. Files of no use to it are removed
after it is there.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
import numpy.typing as npt

from quorate.checker.errors import InputError
from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.store.memory import Partitions, Store
from quorate.checker.explore.store.runs import DamagedError, Run, naming
from quorate.model.language.digest import digest

from .external import External

MANIFEST = "checkpoint.json"
FORMAT = 1
OURS = re.compile(r"checkpoint\.json(\.new)?|lock|\d{6}\.run|\d+-(states|parents|order)(-\d+)?")
PIECE = 1 << 24  # bytes


class Identity(msgspec.Struct, frozen=True):
    """What two searches must have in common for one to go on where the other stopped."""

    format: int
    version: str
    protocol: str
    digest: str
    sizes: str
    invariants: list[str]
    symmetry: bool
    por: bool
    layout: str

    @classmethod
    def of(cls, kernel: Kernel) -> Identity:
        """Of the search that a kernel is for."""
        description = kernel.description
        columns = "".join(
            f"{c.name} {c.first_word} {c.first_bit} {c.bits} {c.count}\n"
            for c in kernel.layout.columns()
        )
        return cls(
            FORMAT,
            version("quorate"),
            description.name,
            digest(description),
            str(kernel.sizes),
            sorted(p.name for p in description.invariants),
            kernel.symmetry,
            kernel.por,
            hashlib.sha256(columns.encode()).hexdigest()[:16],
        )

    def differs(self, asked: Identity) -> str | None:
        """Why a search that is asked for cannot go on from this one, if it cannot."""
        if self.format != asked.format or self.version != asked.version:
            return f"it was written by Quorate {self.version}, this is Quorate {asked.version}"
        if self.protocol != asked.protocol:
            return f"it is of {self.protocol}, not of {asked.protocol}"
        if self.sizes != asked.sizes:
            return f"it is of the sizes {self.sizes}, not {asked.sizes}"
        if self.symmetry != asked.symmetry:
            return f"it was made {'with' if self.symmetry else 'without'} --symmetry"
        if self.por != asked.por:
            return f"it was made {'with' if self.por else 'without'} --por"
        if self.invariants != asked.invariants:
            names = ", ".join(self.invariants) or "none"
            return f"it checks other invariants: {names}"
        if self.digest != asked.digest:
            return f"{self.protocol} was changed since"
        if self.layout != asked.layout:
            return "its states are packed in another way"
        return None


class SavedFile(msgspec.Struct):
    """The first `size` bytes of an append-only file, and their CRC-32."""

    name: str
    size: int
    checksum: int


class SavedRun(msgspec.Struct):
    """A sorted run."""

    name: str
    blocks: int
    checksum: int


class InMemory(msgspec.Struct, tag=True):
    """A search in memory: for each store its room, its states and their parents.

    `order` is that of several shards' states.
    """

    rooms: list[int]
    counts: list[int]
    states: list[SavedFile]
    parents: list[SavedFile]
    order: SavedFile | None


class OnDisk(msgspec.Struct, tag=True):
    """A search on disk, as in `External`."""

    levels: list[SavedRun]
    visited: list[SavedRun]
    frontier: SavedRun
    found: list[SavedRun]
    done: int
    files: int
    in_memory: int
    most_bytes: int
    last: list[int] | None


class Saved(msgspec.Struct):
    """A checkpoint: how far the search is, and where its states are.

    `outcome` is that of a finished search, `seconds` how long it took so far.
    """

    identity: Identity
    control: list[int]
    fired: list[int]
    seconds: float
    outcome: str | None
    where: InMemory | OnDisk


class _Sealed(msgspec.Struct):
    sha256: str
    saved: msgspec.Raw


class _Named(msgspec.Struct):
    """What is read first: a checkpoint of another version may have any other form."""

    identity: dict[str, Any]


@dataclass
class Checkpoint:
    """The folder of one search. Raises InputError if it cannot be that.

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
        self._stores: list[Store] = []
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
            sealed = msgspec.json.decode(path.read_bytes(), type=_Sealed)
            if hashlib.sha256(sealed.saved).hexdigest() != sealed.sha256:
                raise DamagedError(f"{path}: damaged: these are not the bytes that were written")
            named = msgspec.json.decode(sealed.saved, type=_Named).identity
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

    def stores(self, empty: Store) -> Store | Partitions:
        """The stores that were saved; `empty` is one of their kind. Raises DamagedError."""
        assert self.saved is not None and isinstance(self.saved.where, InMemory)
        where = self.saved.where
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

    def external(self, external: External) -> None:
        """Bring a search on disk to where it was saved. Raises DamagedError."""
        assert self.saved is not None and isinstance(self.saved.where, OnDisk)
        where = self.saved.where
        runs: dict[str, Run] = {}
        for r in (*where.levels, *where.visited, where.frontier, *where.found):
            if r.name not in runs:
                path, words = self.folder / r.name, external.kernel.words
                runs[r.name] = Run.load(path, words, r.blocks, r.checksum)
        external.restore(
            levels=[runs[r.name] for r in where.levels],
            visited=[runs[r.name] for r in where.visited],
            frontier=runs[where.frontier.name],
            found=[runs[r.name] for r in where.found],
            done=where.done,
            files=where.files,
        )
        external.most_bytes = where.most_bytes
        external.last = None if where.last is None else np.array(where.last, np.uint64)
        self._synced = set(runs)

    # ------------------------------------------------------------ writing

    def save_memory(self, stores: Sequence[Store], order: npt.NDArray[np.uint8] | None) -> InMemory:
        """Append what is new in the stores to their files."""
        if any(a is not b for a, b in zip(stores, self._stores or stores, strict=False)):
            self._generation += 1
        self._stores = list(stores)
        g = self._generation
        return InMemory(
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

    def save_disk(self, external: External, in_memory: int) -> OnDisk:
        """Make sure that all runs are on the disk."""
        assert external.frontier is not None
        external.flush()
        e, frontier = external, external.frontier
        for run in (*e.levels, *e.visited, frontier, *e.found):
            if run.path.name not in self._synced:
                with run.path.open("rb") as file:
                    os.fsync(file.fileno())
                self._synced.add(run.path.name)
        return OnDisk(
            levels=_saved(e.levels),
            visited=_saved(e.visited),
            frontier=_saved([frontier])[0],
            found=_saved(e.found),
            done=e.done,
            files=e.files,
            in_memory=in_memory,
            most_bytes=e.most_bytes,
            last=None if e.last is None else [int(w) for w in e.last],
        )

    def commit(self, saved: Saved) -> None:
        """Replace the manifest; from now on the search goes on from here."""
        encoded = msgspec.json.encode(saved)
        sealed = _Sealed(hashlib.sha256(encoded).hexdigest(), msgspec.Raw(encoded))
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
        if isinstance(where, InMemory):
            files = (*where.states, *where.parents, *([where.order] if where.order else []))
        else:
            files = (*where.levels, *where.visited, where.frontier, *where.found)
        kept = {MANIFEST, "lock", *(f.name for f in files)}
        for path in self.folder.iterdir():
            if path.name not in kept and OURS.fullmatch(path.name):
                path.unlink()
                self._appended.pop(path.name, None)
                self._synced.discard(path.name)


def _saved(runs: Sequence[Run]) -> list[SavedRun]:
    return [SavedRun(r.path.name, r.blocks, r.checksum) for r in runs]


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
