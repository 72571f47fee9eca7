"""What is remembered while driving changes nothing: the same as when all is read anew each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from quorate.checker.conform.adapters.answers import Answer, InProcess
from quorate.checker.conform.adapters.calls import Caller
from quorate.checker.conform.adapters.registry import adapter_for
from quorate.checker.conform.driving import driver
from quorate.checker.conform.driving.comparing import Comparer, Kind, Unlike
from quorate.checker.conform.driving.conformance import Driven, DriveOptions, conform
from quorate.checker.conform.driving.coverage import Coverage
from quorate.checker.conform.showing import Row, Shown
from quorate.checker.conform.space import Call, Code, Space
from quorate.checker.tracing.values import show_state
from quorate.impl.paxos.defects import COMPOSITIONS
from quorate.model.language import ModelError, Protocol, SizeError, StepError
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.traces import show
from quorate.traces.values import FrozenMap, show_key

from ...support.examples import share, some
from ...support.strategies import Source, loaded, sized, sources
from .test_conformance import Running, _mutation, expected


class Plain(Comparer):
    """Reads both sides anew in every step, and compares values."""

    def of(self, row: Row) -> Shown:
        shown = show_state(self.space.description, self.space.state(row))
        return {v.name: shown[v.name] for v in self.space.description.variables}

    def start(self, row: Row, answer: Answer) -> Unlike | None:
        return self._contradicted(answer) or self._looked_at(Kind.STARTS, row, answer)

    def step(self, before: Row, after: Row, answer: Answer, call: Call) -> Unlike | None:
        if answer.contradiction is None and answer.refused is not None:
            return Unlike(Kind.REFUSES, None, "", "done", answer.refused)
        taken = tuple(call.args.values())
        unlike = (
            self._contradicted(answer)
            or self._messages_sent(Kind.SENDS, before, after, answer, taken)
            or self._looked_at(Kind.CHANGES, after, answer)
        )
        if unlike is None:
            names = set(answer.seen).union(self.terms.network.names if self.terms.network else ())
            was, is_now = self.of(before), self.of(after)
            self.moved = self.moved or any(was[name] != is_now[name] for name in names)
        return unlike

    def nothing(self, row: Row, answer: Answer) -> Unlike | None:
        return (
            self._contradicted(answer)
            or self._messages_sent(Kind.ALLOWS, row, row, answer)
            or self._looked_at(Kind.ALLOWS, row, answer)
        )

    def _contradicted(self, answer: Answer) -> Unlike | None:
        text = answer.contradiction
        return (text and Unlike(Kind.CONTRADICTS, None, "", "no word for this", text)) or None

    def _messages_sent(
        self, kind: Kind, before: Row, after: Row, answer: Answer, taken: Any = ()
    ) -> Unlike | None:
        network, sent = self.terms.network, self.terms.messages(answer.sent)
        if network is None:
            return None
        was, is_now = self.of(before), self.of(after)
        wanted, found = network.sent(was, is_now, taken), network.new(sent, was)
        if wanted == found:
            return None
        name = network.names[0]
        return Unlike(kind, name, name, listed(wanted), listed(found))

    def _looked_at(self, kind: Kind, row: Row, answer: Answer) -> Unlike | None:
        model = self.of(row)
        for name, shown in answer.seen.items():
            value = self.terms.variable(name, self.subject.value(name, shown))
            if value == model[name]:
                continue
            if isinstance(value, FrozenMap) and isinstance(model[name], FrozenMap):
                key = next(k for k in model[name] if value[k] != model[name][k])
                place, mine, theirs = f"{name}[{show_key(key)}]", model[name][key], value[key]
            else:
                place, mine, theirs = name, model[name], value
            return Unlike(kind, name, place, show(mine), show(theirs))
        self.shown.update(answer.seen)
        return None


def listed(messages: frozenset[Any]) -> str:
    return ", ".join(sorted(map(show, messages))) or "nothing"


class Counting(Coverage):
    """Evaluates the guards anew each time; CPython says which of them fails first."""

    def refused(self, row: Row, code: Code) -> None:
        held = [r.held for r in self.space.requirements(row, self.space.call(code))]
        for guards in self.space._guards.values():
            guards.known.clear()
        assert self.space.failing(row, code)[0] == held.index(False)
        super().refused(row, code)


def same(space: Space, code: Any, **options: Any) -> Driven:
    """Drive twice; what is found must be the same, but for the time it took."""

    def driven(comparer: type[Comparer], coverage: type[Coverage]) -> Driven:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(driver, "Comparer", comparer)
            patched.setattr(driver, "Coverage", coverage)
            subject, made = InProcess(Caller(code())), DriveOptions(**options)
            return conform(space.protocol, "generated:P", space.sizes, subject, made)

    fast, plain = driven(Comparer, Coverage), driven(Plain, Counting)
    assert replace(fast, seconds=0) == replace(plain, seconds=0)
    return fast


TINY: Mapping[type[Protocol], Mapping[str, int]] = {
    Paxos: {"Acceptor": 2, "Ballot": 2, "Value": 1},
    PaxosRoles: {"Proposer": 1, "Acceptor": 1, "Learner": 1, "Ballot": 1, "Value": 1},
}
KEPT = {(Paxos, "healthy"), (Paxos, "promise-not-recorded")}


@pytest.mark.parametrize(
    "case",
    some(
        [(protocol, variant) for protocol in TINY for variant in COMPOSITIONS],
        KEPT,
        lambda case: f"{case[0].__name__}, {case[1]}",
    ),
)
def test_the_bundled_implementation(case: tuple[type[Protocol], str]) -> None:
    protocol, variant = case
    sizes = protocol.sized({"crash": 1} if protocol is PaxosRoles else {}, **TINY[protocol])
    with sizes:
        space = Space(protocol, sizes)
    found = same(space, lambda: adapter_for(protocol, variant))
    assert found.steps and found.probes
    assert found.differences or found.driven == found.transitions


def fate(source: Source, data: st.DataObject) -> str:
    with loaded(source) as protocol:
        try:
            sizes = sized(protocol, source)
            with sizes:
                space = Space(protocol, sizes)
                if expected(space, Running(space)) is None:
                    return "too large"
        except (ModelError, SizeError, StepError):
            return "rejected, or undefined"
        mutation = _mutation(space, data) if data.draw(st.booleans()) else {}
        with sizes:
            try:
                found = same(space, lambda: Running(space, **mutation))
            except StepError:
                return "undefined, to the kernel"
        return "differs" if found.differences else "the same"


@pytest.mark.usefixtures("own_cache")
@given(sources(), st.data())
@share(10)
def test_generated_protocols(source: Source, data: st.DataObject) -> None:
    event(fate(source, data))
