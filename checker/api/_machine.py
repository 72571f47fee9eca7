"""`quorate.conformance_machine`: a model as a Hypothesis state machine for an implementation."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

from quorate.checker.conform.adapter import Adapter
from quorate.checker.conform.adapters.answers import InProcess
from quorate.checker.conform.adapters.by_name import adapter_named
from quorate.checker.conform.adapters.calls import Caller
from quorate.checker.conform.adapters.foreign import ForeignAdapter
from quorate.checker.conform.adapters.process import AdapterProcess
from quorate.checker.conform.adapters.registry import HEALTHY, adapter_for
from quorate.checker.conform.adapters.subject import Subject
from quorate.checker.conform.driving.machine import ConformanceMachine, Oracle, machine_of
from quorate.checker.errors import InputError
from quorate.checker.loading import name_of
from quorate.checker.rendering.followed import difference_text
from quorate.model.language import Protocol, Sizes

from ._check import loaded, sized


def conformance_machine(
    protocol: type[Protocol] | str,
    adapter: Callable[[], Adapter] | str | None = None,
    *,
    variant: str | None = None,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    probes: bool = True,
    step_timeout: float | None = None,
) -> type[ConformanceMachine]:
    """A Hypothesis state machine that drives an implementation, with the model as its oracle.

    Its `TestCase` is a test for pytest or unittest, with `settings` as Hypothesis has them:

        TestAcceptor = conformance_machine(Paxos, AcceptorAdapter, sizes=sizes).TestCase

    Each rule does what the model has in the state reached, or, unless `probes` is False, what it
    disables. A difference fails the test; it says nothing of what was not drawn. `adapter` makes an
    adapter, such as its class, called for each run; or it is the name of one, as for `conform`,
    which runs in a process of its own, started once.

    Raises ModelError, SizeError, InputError.
    """
    if adapter is not None and variant is not None:
        raise InputError("a variant is one of the bundled implementation: give no adapter with it")
    if step_timeout is not None and not isinstance(adapter, str):
        raise InputError("step_timeout is for an adapter that is given by name")
    target = loaded(protocol)
    given = sized(target, sizes, faults)
    oracle = partial(Oracle, target, name_of(target), given, probes, difference_text)
    if isinstance(adapter, str):
        kept = _Kept(adapter, target, step_timeout)
        return machine_of(oracle(kept.subject, kept.end))
    make = partial(adapter_for, target, variant or HEALTHY) if adapter is None else adapter
    if not callable(make):
        raise InputError(f"adapter: found an object, expected its class {type(make).__name__}")
    if adapter is None:
        make()  # A name that is not known is told now, not when the test is run.
    return machine_of(oracle(lambda: InProcess(Caller(make()))))


class _Kept:
    """An adapter in a process of its own, which serves one run after the other.

    After a call that it did not answer it is ended; the next run has a new one.
    """

    def __init__(self, name: str, model: type[Protocol], step_timeout: float | None) -> None:
        self._named = partial(adapter_named, name, model, step_timeout)
        self._open = ExitStack()
        self._process: AdapterProcess | ForeignAdapter | None = None
        atexit.register(self.end)

    def subject(self) -> Subject:
        """The process, started if there is none."""
        if self._process is None:
            self._process = self._named()
            self._open.enter_context(self._process)
        return self._process

    def end(self) -> None:
        """End the process."""
        self._process = None
        self._open.close()
