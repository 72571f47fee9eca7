"""Names: those of the protocol are kept, unless TLA+ or the module already uses them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable

KEYWORDS = """
ACTION ASSUME ASSUMPTION AXIOM BOOLEAN BY CASE CHOOSE CONSTANT CONSTANTS COROLLARY DEF DEFINE
DEFS DOMAIN ELSE ENABLED EXCEPT EXTENDS FALSE HAVE HIDE IF IN INSTANCE LAMBDA LEMMA LET LOCAL
MODULE NEW OBVIOUS OMITTED ONLY OTHER PICK PROOF PROPOSITION PROVE QED RECURSIVE SF_ STATE
STRING SUBSET SUFFICES TAKE TEMPORAL THEN THEOREM TRUE UNCHANGED UNION USE VARIABLE VARIABLES
WF_ WITH WITNESS
"""
# What the standard modules define that an exported one may extend.
LIBRARY = """
Nat Int Real Infinity Seq Len Append Head Tail SubSeq SelectSeq IsFiniteSet Cardinality Print
PrintT Assert JavaTime TLCGet TLCSet Permutations SortSeq RandomElement Any ToString TLCEval
"""
# What an exported module itself defines besides what the protocol has.
OWN = """
None Init Next Spec vars TypeOK KeysAreUnique Symmetry Range Last Prefix Suffix Min Max Only Apart
Key BoundedSeq Least Greatest Before LeastBy GreatestBy
"""
# What begins a section of a configuration: TLC reads no constant or invariant of such a name.
SECTIONS = """
ACTION_CONSTRAINT ACTION_CONSTRAINTS ALIAS CHECK_DEADLOCK CONSTRAINT CONSTRAINTS INIT INVARIANT
INVARIANTS NEXT POSTCONDITION PROPERTIES PROPERTY SPECIFICATION SYMMETRY VIEW
"""
_KEYWORDS = frozenset(KEYWORDS.split())
TAKEN = _KEYWORDS.union(*(text.split() for text in (LIBRARY, OWN, SECTIONS)))
MODULES = frozenset({"Integers", "Naturals", "Sequences", "FiniteSets", "TLC"})


def identifier(text: str) -> str:
    """The text as a TLA+ identifier: ASCII, with a letter, not starting as a fairness formula."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"\W", "_", plain).lstrip("_")
    if not re.search("[A-Za-z]", plain) or plain.startswith(("WF_", "SF_")):
        plain = f"x_{plain}" if plain else "x"
    return plain


def fresh(wanted: str, used: Iterable[str]) -> str:
    """The name itself or, if it is used, the first unused one with a number appended."""
    name = identifier(wanted)
    found, n = name, 2
    while found in used:
        found = f"{name}_{n}" if name[-1].isdigit() else f"{name}{n}"
        n += 1
    return found


def distinct(wanted: Iterable[str]) -> dict[str, str]:
    """Names that share a namespace of their own, each with what it is called in TLA+.

    So are the fields of a record and the classes of messages. What is an identifier keeps its
    name; what is a keyword or not ASCII gets one that no other has.
    """
    names = list(wanted)
    found = {n: n for n in names if identifier(n) == n and n not in _KEYWORDS}
    for n in names:
        if n not in found:
            name = identifier(n)
            while name in _KEYWORDS or name in found.values():
                name += "_"
            found[n] = name
    return found


class Names:
    """The names of a module: each thing of the protocol has one, and no two have the same."""

    def __init__(self) -> None:
        self.used: set[str] = set(TAKEN)
        self._of: dict[Hashable, str] = {}

    def give(self, key: Hashable, wanted: str) -> str:
        """The name of a thing, made when it is first asked for."""
        if key not in self._of:
            name = identifier(wanted)
            while name in self.used:
                name += "_"
            self.used.add(name)
            self._of[key] = name
        return self._of[key]

    def known(self, key: Hashable) -> str:
        """The name that a thing was given. Raises KeyError."""
        return self._of[key]


def is_free(name: str) -> bool:
    """Whether a module may be called so."""
    return name not in TAKEN and name not in MODULES and identifier(name) == name
