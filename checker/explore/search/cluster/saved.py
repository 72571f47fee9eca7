"""A checkpoint of a search on a cluster: a folder that all its machines can reach.

Each shard writes the states that a level added. Then the manifest is replaced atomically by one
that lists these files and their checksums. Files that the manifest does not list do not count.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass, field
from typing import Any

import fsspec
import numpy as np
import numpy.typing as npt

from quorate.checker.errors import InputError
from quorate.checker.ground.packing import Words

Numbers = npt.NDArray[np.unsignedinteger[Any]]

VERSION = 1
MANIFEST = "manifest.json"
OF_ONE_MACHINE = "checkpoint.json"  # the manifest of `checkpoint.Checkpoint`


class SavedError(InputError):
    """A checkpoint that cannot be used, and why."""


@dataclass
class Manifest:
    """What a checkpoint holds: the search it belongs to, and what was found up to a level.

    `counts[l][q]` is how many states shard q had at the end of level l, `checksums[l][q]` that of
    the file with what the level added.
    """

    search: dict[str, Any]
    counts: list[list[int]] = field(default_factory=list)
    checksums: list[list[str]] = field(default_factory=list)
    fired: list[int] = field(default_factory=list)
    reached: int = 0
    seconds: float = 0.0
    outcome: str | None = None  # of a search that has ended


class Folder:
    """The files of a checkpoint, at a path or any URL that fsspec knows. Raises SavedError."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            fs, path = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise SavedError(f"{url}: {error}") from None
        self._fs: Any = fs
        self._path: str = path

    def create(self) -> None:
        """Make the folder. Raises SavedError."""
        try:
            self._fs.makedirs(self._path, exist_ok=True)
        except OSError as error:
            raise SavedError(f"{self.url}: cannot be made: {error}") from None

    def write_states(self, level: int, shard: int, rows: Words, parents: Numbers) -> str:
        """Write what a level added; returns the checksum. Raises SavedError."""
        held = io.BytesIO()
        np.savez(held, rows=rows, parents=parents)
        data = held.getvalue()
        self._write(_name(level, shard), data)
        return hashlib.sha256(data).hexdigest()

    def read_states(self, level: int, shard: int, checksum: str) -> tuple[Words, Numbers]:
        """What a level added. Raises SavedError for a file that is not what was written."""
        name = _name(level, shard)
        data = self._read(name)
        if hashlib.sha256(data).hexdigest() != checksum:
            raise SavedError(f"{self.url}/{name}: is damaged: its checksum is not the manifest's")
        with np.load(io.BytesIO(data)) as arrays:
            return arrays["rows"], arrays["parents"]

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest in one step. Raises SavedError."""
        self._write(
            MANIFEST + ".new", json.dumps({"version": VERSION, **asdict(manifest)}).encode()
        )
        try:
            self._fs.mv(f"{self._path}/{MANIFEST}.new", f"{self._path}/{MANIFEST}")
        except OSError as error:
            raise SavedError(f"{self.url}/{MANIFEST}: cannot be written: {error}") from None

    def read_manifest(self, search: dict[str, Any]) -> Manifest | None:
        """The manifest if there is one, and if it is of this search. Raises SavedError."""
        if not self._fs.exists(f"{self._path}/{MANIFEST}"):
            if self._fs.exists(f"{self._path}/{OF_ONE_MACHINE}"):
                raise SavedError(f"{self.url}: is a checkpoint of a search on one machine")
            return None
        try:
            found = json.loads(self._read(MANIFEST))
            version = found.pop("version")
            manifest = Manifest(**found)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SavedError(f"{self.url}/{MANIFEST}: is no manifest: {error}") from None
        if version != VERSION:
            raise SavedError(
                f"{self.url}/{MANIFEST}: has version {version}, this is version {VERSION}"
            )
        for name, wanted in search.items():
            if (saved := manifest.search.get(name)) != wanted:
                raise SavedError(
                    f"{self.url}: is a checkpoint of another search: its {name} is {saved}, "
                    f"that of this one {wanted}"
                )
        return manifest

    def _write(self, name: str, data: bytes) -> None:
        try:
            with self._fs.open(f"{self._path}/{name}", "wb") as file:
                file.write(data)
        except OSError as error:
            raise SavedError(f"{self.url}/{name}: cannot be written: {error}") from None

    def _read(self, name: str) -> bytes:
        try:
            with self._fs.open(f"{self._path}/{name}", "rb") as file:
                return bytes(file.read())
        except OSError as error:
            raise SavedError(f"{self.url}/{name}: cannot be read: {error}") from None


def _name(level: int, shard: int) -> str:
    return f"level-{level:05}-owner-{shard:04}.npz"
