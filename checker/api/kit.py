"""Everything for writing an adapter or a system: `from quorate.kit import Binding, Wire`."""

from quorate.checker.conform.adapter import Chose, Contradiction, Refusal, Setting, Unrealisable
from quorate.checker.conform.cluster.faults import Rates
from quorate.checker.conform.cluster.framing import length_prefixed, lines
from quorate.checker.conform.cluster.system import Clients, Place, System
from quorate.checker.conform.cluster.witness import RunWitness
from quorate.checker.conform.kit.actions import Actions, record
from quorate.checker.conform.kit.binding import Binding
from quorate.checker.conform.kit.clock import Clock, Timer
from quorate.checker.conform.kit.copies import DeepCopies
from quorate.checker.conform.kit.disk import Disk
from quorate.checker.conform.kit.loop import EventLoop
from quorate.checker.conform.kit.processes import Processes
from quorate.checker.conform.kit.wire import Caught, Wire
from quorate.traces import FrozenMap, Record

__all__ = [
    "Actions",
    "Binding",
    "Caught",
    "Chose",
    "Clients",
    "Clock",
    "Contradiction",
    "DeepCopies",
    "Disk",
    "EventLoop",
    "FrozenMap",
    "Place",
    "Processes",
    "Rates",
    "Record",
    "Refusal",
    "RunWitness",
    "Setting",
    "System",
    "Timer",
    "Unrealisable",
    "Wire",
    "length_prefixed",
    "lines",
    "record",
]
