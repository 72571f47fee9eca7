"""Everything for writing an adapter: `from quorate.kit import Binding, Refusal, Wire`."""

from quorate.checker.conform.adapter import Chose, Contradiction, Refusal, Setting, Unrealisable
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
    "Clock",
    "Contradiction",
    "DeepCopies",
    "Disk",
    "EventLoop",
    "FrozenMap",
    "Processes",
    "Record",
    "Refusal",
    "Setting",
    "Timer",
    "Unrealisable",
    "Wire",
    "record",
]
