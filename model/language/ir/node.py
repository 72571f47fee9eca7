"""What the nodes of both intermediate representations have in common."""

from __future__ import annotations


class IRNode:
    """A node of the surface or of the core IR: a frozen dataclass whose parts are nodes.

    Its fields hold nodes, tuples of nodes (nested or not), and what is no part: names, types,
    constants, places.
    """
