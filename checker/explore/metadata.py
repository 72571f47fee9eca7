"""Kernel metadata: what a search must know before it calls a kernel, cached beside its code.

With both in the cache, a search starts without unrolling the description again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from quorate.checker.explore.codegen.cache import keep, kept, name_of


@dataclass(frozen=True)
class KernelMetadata:
    """What is known of a kernel after its actions were unrolled.

    `follows` are the indices of the dependencies that its layout relies on. `most_successors` and
    `most_transitions` are upper bounds for one state, without and with transitions that change
    nothing.
    """

    follows: tuple[int, ...]
    instances: int
    most_successors: int
    most_transitions: int

    @classmethod
    def kept(cls, key: str) -> KernelMetadata | None:
        """The metadata of the kernel with this key, if it is in the cache."""
        data = kept(_name(key))
        if data is None:
            return None
        found = json.loads(data)
        return cls(tuple(found.pop("follows")), **found)

    def keep(self, key: str) -> None:
        """Put it into the cache, if possible."""
        keep(_name(key), json.dumps(asdict(self)).encode())


def _name(key: str) -> str:
    return f"metadata/{name_of(key)}.json"
