"""The tree of a TLA+ module, by tree-sitter's grammar."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import tree_sitter
import tree_sitter_tlaplus

from .values import TlaError


class Node:
    """A part of the tree that means something; `sign` is that of an infix operation."""

    def __init__(self, node: tree_sitter.Node) -> None:
        self.type = node.type
        assert node.text is not None
        self.text = node.text.decode()
        named = [c for c in node.named_children if c.type not in ("comment", "block_comment")]
        self.parts = [Node(c) for c in named]
        self.sign = self.parts[1].type if node.type == "bound_infix_op" else ""
        self.items = [x.parts[1] for x in self.parts] if node.type.endswith("j_list") else []


def parse(text: str) -> Node:
    """The tree of a module. Raises TlaError where it is none."""
    root = tree_sitter.Parser(_language()).parse(text.encode()).root_node
    pending = [root]
    while pending:
        node = pending.pop()
        pending += node.children
        if node.is_error or node.is_missing:
            line = node.start_point[0]
            raise TlaError(f"line {line + 1}: {text.splitlines()[line]}")
    return Node(root)


def _language() -> tree_sitter.Language:
    """The grammar; its package gives an address, where tree-sitter wants a capsule."""
    found = tree_sitter_tlaplus.language()
    if isinstance(found, int):
        capsule = ctypes.pythonapi.PyCapsule_New
        capsule.restype = ctypes.py_object
        capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
        found = capsule(found, b"tree_sitter.Language", None)
    return tree_sitter.Language(found)


def walk(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from walk(part)
