"""Lemmas as source text, and a protocol class that has them as invariants.

The class is read from the text that is printed, so what is proved is what is printed.
"""

from __future__ import annotations

import itertools
import linecache
import string
import sys
import textwrap
import types as pytypes
from collections.abc import Iterator, Mapping

from quorate.model.language import invariant
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.types import QuorumType, RecordType, SortType
from quorate.model.language.frontend.typed import names_of
from quorate.model.language.ir import core as c

from .grammar import CandidateGrammar
from .text import ExpressionWriter

WIDTH = 92  # of a line inside a method
_numbers = itertools.count()


def method(grammar: CandidateGrammar, name: str, body: c.Quant) -> str:
    """A lemma as the text of a method."""
    text = ExpressionWriter(lambda var: _name_choices(grammar, var)).lines(body, WIDTH)
    inside = textwrap.indent(text, "    ")
    return f"@invariant\ndef {name}(self) -> bool:\n{inside}\n"


def _name_choices(grammar: CandidateGrammar, var: c.Var) -> Iterator[str]:
    """Names for a variable of this type, the best first."""
    match var.type:
        case RecordType():
            yield from "mnk"
        case SortType(sort):
            yield from grammar.names.of(sort)
        case QuorumType(system):
            yield from grammar.names.of(system)
    yield from string.ascii_lowercase


def with_invariants(protocol: type[Protocol], methods: Mapping[str, str]) -> type[Protocol]:
    """A subclass that has these methods too, read from their text as from a file."""
    number = next(_numbers)
    file, module_name = f"<found {number}>", f"quorate_found_{number}"
    body = textwrap.indent("\n".join(methods.values()) or "pass\n", "    ")
    source = f"class {protocol.__name__}(Base):\n{body}"
    module = pytypes.ModuleType(module_name)
    module.__dict__.update(names_of(protocol), invariant=invariant, Base=protocol)
    sys.modules[module_name] = module
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), vars(module))
    found: type[Protocol] = vars(module)[protocol.__name__]
    return found
