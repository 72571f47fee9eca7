"""The base class of the nodes of both intermediate representations."""

from __future__ import annotations


class IRNode:
    """A node of the surface or of the core IR: a frozen dataclass whose parts are nodes.

    Its parts are the fields that hold nodes or, possibly nested, tuples of nodes. Other fields
    hold names, types, constants and places.
    """
