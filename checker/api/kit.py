"""For adapters, systems and specifications of your own: `from quorate.kit import Binding, Wire`."""

from quorate.checker.conform.adapter import Chose, Contradiction, Refusal, Setting, Unrealisable
from quorate.checker.conform.cluster.faults import Rates
from quorate.checker.conform.cluster.system import Clients, Place, System
from quorate.checker.conform.cluster.witness import RunWitness
from quorate.checker.conform.framing import length_prefixed, lines
from quorate.checker.conform.histories.operation import Operation
from quorate.checker.conform.histories.specification import Specification
from quorate.checker.conform.kit.actions import Actions, only_if, record
from quorate.checker.conform.kit.binding import Binding
from quorate.checker.conform.kit.clock import Clock, Timer
from quorate.checker.conform.kit.copies import DeepCopies
from quorate.checker.conform.kit.disk import Disk
from quorate.checker.conform.kit.host import Host
from quorate.checker.conform.kit.loop import EventLoop
from quorate.checker.conform.kit.net import Net
from quorate.checker.conform.kit.processes import Processes
from quorate.checker.conform.kit.standing_in import stand_in
from quorate.checker.conform.kit.threads import Threads
from quorate.checker.conform.kit.waiting import Queue
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
    "Host",
    "Net",
    "Operation",
    "Place",
    "Processes",
    "Queue",
    "Rates",
    "Record",
    "Refusal",
    "RunWitness",
    "Setting",
    "Specification",
    "System",
    "Threads",
    "Timer",
    "Unrealisable",
    "Wire",
    "length_prefixed",
    "lines",
    "only_if",
    "record",
    "stand_in",
]
