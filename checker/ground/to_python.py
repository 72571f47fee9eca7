"""Ground scalars as a Python function of the words of a state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from .nodes import Node, Scalar, nodes_in

BINARY = {"eq": "==", "lt": "<", "iff": "==", "add": "+", "sub": "-"}
BINARY |= {"mul": "*", "div": "//", "mod": "%"}


def function(scalars: Sequence[Scalar]) -> Callable[[Sequence[int]], Sequence[int]]:
    """The function that maps the words of a state to the values of these scalars."""
    lines = [f"    {_name(node)} = {_text(node)}" for node in nodes_in(scalars)]
    result = "".join(f"{_name(x)}, " for x in scalars)
    source = "\n".join(["def values(words):", *lines, f"    return ({result})"])
    made: dict[str, Any] = {}
    exec(source, made)  # of our own making: names are numbers
    return made["values"]  # type: ignore[no-any-return]


def read_bits(scalars: Sequence[Scalar]) -> int:
    """The bits of a state that these scalars read, of its words joined, the first lowest."""
    loads = {node.args for node in nodes_in(scalars) if node.op == "load"}
    places = (
        (column, column.place(at))
        for column, index in loads
        for at in (range(column.count) if isinstance(index, Node) else (index,))
    )
    masks = (((1 << c.bits) - 1) << 64 * word + bit for c, (word, bit) in places)
    return reduce(or_, masks, 0)


def _name(x: Any) -> str:
    return f"n{x.id}" if isinstance(x, Node) else str(int(x))


def _text(node: Node) -> str:
    args = node.args
    match node.op:
        case "load":
            column, index = args
            if isinstance(index, Node):  # a cell that is known only in a state
                words, bits = zip(*map(column.place, range(column.count)), strict=True)
                at = f"[{_name(index)} % {column.count}]"
                return f"words[{words}{at}] >> {bits}{at} & {(1 << column.bits) - 1}"
            word, bit = column.place(index)
            return f"words[{word}] >> {bit} & {(1 << column.bits) - 1}"
        case "isin":
            # No set has a negative number, as where a guard before this one is false.
            return f"{_name(args[0])} >= 0 and {args[1]} >> {_name(args[0])} & 1 == 1"
        case "not":
            return f"not {_name(args[0])}"
        case "and" | "or":
            return f" {node.op} ".join(map(_name, args))
        case "select":
            return f"{_name(args[1])} if {_name(args[0])} else {_name(args[2])}"
        case "number":
            return f"int({_name(args[0])})"
    return f"{_name(args[0])} {BINARY[node.op]} {_name(args[1])}"
