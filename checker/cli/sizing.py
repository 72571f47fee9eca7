"""From options to a sized protocol."""

from __future__ import annotations

from collections.abc import Mapping

from quorate.model.language import Protocol, Sizes
from quorate.model.language.declare.sizing import sized_sorts

from .options import with_defaults


def sized(protocol: type[Protocol], sizes: Mapping[str, int], faults: Mapping[str, int]) -> Sizes:
    """The sizes that the options and the project's defaults give. Raises SizeError."""
    sorts = set(sized_sorts(protocol))
    budgets = set(protocol.budgets())
    return protocol.sized(
        faults=with_defaults(faults, "faults", budgets),
        **with_defaults(sizes, "sizes", sorts),
    )
