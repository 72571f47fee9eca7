"""What a search asks of a kernel before it calls it, kept beside its machine code.

With both, a search starts without taking the description apart again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from quorate.checker.explore.codegen.cache import keep, kept, name_of


@dataclass(frozen=True)
class KernelMetadata:
    """What is known of a kernel once its instances were made.

    `follows` are the indices of those dependencies, of the ones that were found, that its layout
    relies on. `most_successors` and `most_transitions` are upper bounds for one state, without and
    with those that change nothing.
    """

    follows: tuple[int, ...]
    instances: int
    most_successors: int
    most_transitions: int

    @classmethod
    def kept(cls, key: str) -> KernelMetadata | None:
        """Those of the kernel with this key, if they are kept."""
        data = kept(_name(key))
        if data is None:
            return None
        found = json.loads(data)
        return cls(tuple(found.pop("follows")), **found)

    def keep(self, key: str) -> None:
        """Keep them, if it is possible."""
        keep(_name(key), json.dumps(asdict(self)).encode())


def _name(key: str) -> str:
    return f"metadata/{name_of(key)}.json"
