"""The manifest of a checkpoint: which search it belongs to, how far it is, and its files."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import Any

import msgspec

from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.store.runs import Run
from quorate.model.language.digest import digest

FORMAT = 1


class Identity(msgspec.Struct, frozen=True):
    """What two searches must have in common for one to resume the other."""

    format: int
    version: str
    protocol: str
    digest: str
    sizes: str
    invariants: list[str]
    symmetry: bool
    por: bool
    layout: str
    deadlock: bool = False
    eager: bool = False

    @classmethod
    def of(cls, kernel: Kernel) -> Identity:
        """The identity of a kernel's search."""
        description = kernel.description
        columns = "".join(
            f"{c.name} {c.first_word} {c.first_bit} {c.bits} {c.count}\n"
            for c in kernel.layout.columns()
        )
        if kernel.reduction is not None:  # representatives depend on what is exchanged
            exchanged = kernel.reduction.elements.values()
            columns += "".join(f"{e.sort.__name__} {e.first}\n" for e in exchanged)
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
            kernel.deadlock,
            kernel.eager,
        )

    def differs(self, asked: Identity) -> str | None:
        """Why the requested search cannot resume this one, or None if it can."""
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
        if self.eager != asked.eager:
            return f"it was made {'with' if self.eager else 'without'} --eager"
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

    @classmethod
    def of(cls, run: Run) -> SavedRun:
        """What is said of a run."""
        return cls(run.path.name, run.blocks, run.checksum)


class SavedInMemory(msgspec.Struct, tag="InMemory"):
    """A search in memory: for each store its room, its states and their parents.

    `order` is that of several shards' states.
    """

    rooms: list[int]
    counts: list[int]
    states: list[SavedFile]
    parents: list[SavedFile]
    order: SavedFile | None


class SavedOnDisk(msgspec.Struct, tag="OnDisk"):
    """A search on disk, as in `DiskStorage`."""

    levels: list[SavedRun]
    visited: list[SavedRun]
    frontier: SavedRun
    found: list[SavedRun]
    done: int
    files: int
    in_memory: int
    most_bytes: int
    last: list[int] | None


Place = SavedInMemory | SavedOnDisk


class Saved(msgspec.Struct):
    """A checkpoint: how far the search is, and where its states are.

    `outcome` is that of a finished search, `seconds` how long it took so far.
    """

    identity: Identity
    control: list[int]
    fired: list[int]
    seconds: float
    outcome: str | None
    where: Place


class Sealed(msgspec.Struct):
    """The bytes of a checkpoint, with their SHA-256."""

    sha256: str
    saved: msgspec.Raw


class Named(msgspec.Struct):
    """What is read first: a checkpoint of another version may have any other form."""

    identity: dict[str, Any]
