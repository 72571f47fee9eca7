"""The modelling language: a protocol is an ordinary Python class, read in several ways."""

from .data import FrozenMap, Map, Message, Messages, Record, Seq, Set
from .diagnostics import Diagnostic, ModelError, SizeError, Span, StepError
from .protocol import (
    Protocol,
    action,
    define,
    durable,
    init,
    invariant,
    reachable,
    require,
    volatile,
)
from .quorums import Explicit, Flexible, Majority, QuorumSystem, Weighted
from .sorts import Nat, Ordered, Sizes, Sort
from .structures import Configuration, Grid, Hierarchical, Joint, Predicate, Tree

__all__ = [
    "Configuration",
    "Diagnostic",
    "Explicit",
    "Flexible",
    "FrozenMap",
    "Grid",
    "Hierarchical",
    "Joint",
    "Majority",
    "Map",
    "Message",
    "Messages",
    "ModelError",
    "Nat",
    "Ordered",
    "Predicate",
    "Protocol",
    "QuorumSystem",
    "Record",
    "Seq",
    "Set",
    "SizeError",
    "Sizes",
    "Sort",
    "Span",
    "StepError",
    "Tree",
    "Weighted",
    "action",
    "define",
    "durable",
    "init",
    "invariant",
    "reachable",
    "require",
    "volatile",
]
