"""The modelling language: a protocol is an ordinary Python class, read in several ways."""

from quorate.model.language.declare.clocks import clocks
from quorate.model.language.declare.data import Const, Map, Messages, Seq, Set
from quorate.model.language.declare.enabling import enabled
from quorate.model.language.declare.initial import durable, volatile
from quorate.model.language.declare.networks import at_most_once, fifo
from quorate.model.language.declare.protocol import (
    Protocol,
    action,
    constraint,
    define,
    final,
    init,
    invariant,
    reachable,
    require,
)
from quorate.model.language.declare.quorums import (
    Explicit,
    Flexible,
    Majority,
    QuorumSystem,
    Weighted,
)
from quorate.model.language.declare.sorts import Int, Nat, Ordered, Ring, Sizes, Sort
from quorate.model.language.declare.structures import (
    Configuration,
    Grid,
    Hierarchical,
    Joint,
    Predicate,
    Tree,
)
from quorate.model.language.declare.temporal import (
    always_eventually,
    eventually,
    eventually_always,
    leads_to,
    step_property,
)
from quorate.model.language.declare.types import Message, Record
from quorate.model.language.declare.values import FrozenMap

from .diagnostics import Diagnostic, ModelError, SizeError, Span, StepError

__all__ = [
    "Configuration",
    "Const",
    "Diagnostic",
    "Explicit",
    "Flexible",
    "FrozenMap",
    "Grid",
    "Hierarchical",
    "Int",
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
    "Ring",
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
    "always_eventually",
    "at_most_once",
    "clocks",
    "constraint",
    "define",
    "durable",
    "enabled",
    "eventually",
    "eventually_always",
    "fifo",
    "final",
    "init",
    "invariant",
    "leads_to",
    "reachable",
    "require",
    "step_property",
    "volatile",
]
