"""Driving: what a model does and nothing else conforms; what differs is found from the model."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from quorate.checker.conform.adapter import AdapterError, Chose, Refusal, Setting, Unrealisable
from quorate.checker.conform.adapters.answers import InProcess
from quorate.checker.conform.adapters.calls import Caller
from quorate.checker.conform.adapters.registry import adapter_for
from quorate.checker.conform.deliveries import deliveries_alone
from quorate.checker.conform.driving import conformance, shortening
from quorate.checker.conform.driving.comparing import Kind
from quorate.checker.conform.driving.conformance import Driven, DriveOptions, Verdict, conform
from quorate.checker.conform.driving.consequences import Consequence
from quorate.checker.conform.driving.repeating import FoundDifference
from quorate.checker.conform.driving.shortening import Shortener
from quorate.checker.conform.space import Space, _bound
from quorate.checker.ground.instances import Instantiator
from quorate.checker.ground.to_python import function
from quorate.checker.tracing.reading import TraceReader
from quorate.checker.tracing.values import show_state
from quorate.model.language import (
    Map,
    Message,
    Messages,
    ModelError,
    Protocol,
    SizeError,
    Sort,
    StepError,
    action,
    durable,
    invariant,
    reachable,
    require,
)
from quorate.model.language.declare.protocol import Disabled, observer
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import MapType
from quorate.model.language.interpreter import Arguments, Interpreter, State
from quorate.model.paxos import Acceptor, Ballot, Paxos, Prepare, Promise
from quorate.model.paxos_roles import PaxosRoles

from ...support.clocks import count_looks
from ...support.examples import share
from ...support.strategies import Source, loaded, sized, sources

MOST = 150


class Running:
    """An implementation that is the model itself, run by CPython; and a mutant of it.

    `without` is an action and the position of a guard that it ignores; `keeps` is an action and
    the position of a variable that it does not change.
    """

    def __init__(
        self,
        space: Space,
        without: tuple[str, int] | None = None,
        keeps: tuple[str, int] | None = None,
    ) -> None:
        self.space, self.without, self.keeps = space, without, keeps
        self.machine = Interpreter(space.protocol, space.sizes)
        self.reader = TraceReader()
        self.names = [v.name for v in space.description.variables]

    def start(self, setting: Setting) -> None:
        self.state = self.reader.state(self.space.description, setting.initial)
        faults = tuple(n for _, n in setting.faults)
        self.state = (*self.state[: len(self.names)], *faults)

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        parameters = self.space.description.action(action).parameters
        values = [self.reader.value(args[p.var.name], p.var.type) for p in parameters]
        after = self.after(self.state, action, tuple(values))
        if after is None:
            raise Refusal("disabled")
        before, self.state = self.whole(), after
        network = self.space.network
        return set() if network is None else network.sent(before, self.whole(), args.values())

    def after(self, state: State, action: str, arguments: Arguments) -> State | None:
        """The state after a step of this implementation, None where it takes none."""
        try:
            if self.without is not None and self.without[0] == action:
                after = self._without(state, action, arguments, self.without[1])
            else:
                after = self.machine.step(state, action, arguments)
        except StepError:
            return None
        if after is not None and self.keeps is not None and self.keeps[0] == action:
            k = self.keeps[1]
            after = (*after[:k], state[k], *after[k + 1 :])
        return after

    def _without(self, state: State, action: str, arguments: Arguments, k: int) -> State | None:
        numbers = itertools.count()

        def told(condition: object) -> None:
            if next(numbers) != k and not condition:
                raise Disabled

        token = observer.set(told)
        try:
            return self.machine.step(state, action, arguments)
        finally:
            observer.reset(token)

    def observe(self) -> dict[str, Any]:
        return self.whole()

    def whole(self) -> dict[str, Any]:
        shown = show_state(self.space.description, self.state)
        return {name: shown[name] for name in self.names}


def expected(space: Space, code: Running) -> bool | None:
    """Whether a mutant does in some reachable state what the model does not. None: too many."""
    machine = Interpreter(space.protocol, space.sizes)
    deliveries = Deliveries(space)
    marks = space.protocol.methods("action")
    states = list(dict.fromkeys(machine.initial()))
    for state in states:
        for name in machine.actions:
            for arguments in machine.choices(state, name):
                right = machine.step(state, name, arguments)
                done = code.after(state, name, arguments)
                if right is not None:
                    if done != right:
                        return True
                    if right not in states:
                        states.append(right)
                elif (
                    done not in (None, state)
                    and not marks[name]._quorate.environment
                    and deliveries.exist(state, name, arguments)
                ):
                    return True
        if len(states) > MOST:
            return None
    return False


class Deliveries:
    """Whether all messages exist that the guards say are delivered, term by term in Python."""

    def __init__(self, space: Space) -> None:
        self.space, make = space, Instantiator(space.model.kernel.layout)
        actions = map(deliveries_alone, space.description.actions)
        self.instances = [i for action in actions for i in make.instances(action)]
        self.codes = {
            (c.action, c.arguments): n for n, c in ((n, space.call(n)) for n in space.codes)
        }

    def exist(self, state: State, name: str, arguments: Arguments) -> bool:
        code, labels = self.codes[name, arguments], self.space._labels
        guards = _bound(
            self.space.model.kernel.layout.graph,
            self.instances[labels.position(code)],
            labels.chosen(code),
        )
        return all(function(guards)(self.space.model.packing.pack(state).tolist()))


def driven(space: Space, adapter: Any, **options: Any) -> Driven:
    subject = InProcess(Caller(adapter))
    return conform(space.protocol, "generated:P", space.sizes, subject, DriveOptions(**options))


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
        with sizes:
            try:
                healthy = driven(space, Running(space))
            except StepError:
                return "undefined, to the kernel"
            assert healthy.differences == ()
            assert healthy.verdict is Verdict.CONFORMS or healthy.reasons
            assert healthy.driven == healthy.transitions
            mutant = Running(space, **_mutation(space, data))
            wrong = expected(space, mutant)
            if wrong is None:
                return "too large"
            found = driven(space, mutant)
            assert (found.verdict is Verdict.DIFFERS) == wrong
            assert all(not d.flaky for d in found.differences)
            for consequence in (c for d in found.differences for c in d.consequences):
                violates(space, mutant, consequence)
            return "differs" if wrong else "equivalent"


def violates(space: Space, code: Running, found: Consequence) -> None:
    """What is said to be violated is, after that run of the code."""
    code.start(space.setting("", space.initial[found.start or 0]))
    for call in found.run:
        with suppress(Refusal):
            code.perform(call.action, call.args)
    assert not code.machine.holds(found.violated, code.state)


def _mutation(space: Space, data: st.DataObject) -> dict[str, Any]:
    guards = [(a.name, k) for a in space.description.actions for k in range(len(a.guards))]
    written = [
        (a.name, k)
        for a in space.description.actions
        for k, v in enumerate(space.description.variables)
        if any(e.variable == v.name for e in a.effects)
    ]
    kind = data.draw(st.sampled_from(["without", "keeps"] if guards else ["keeps"]))
    return {kind: data.draw(st.sampled_from(guards if kind == "without" else written))}


@pytest.mark.usefixtures("own_cache")
@given(sources(), st.data())
@share(3)
def test_the_model_itself_conforms_and_a_mutant_does_unless_it_does_the_same(
    source: Source, data: st.DataObject
) -> None:
    event(fate(source, data))


# ---------------------------------------------------------------- the bundled implementation

SMALL = {"Acceptor": 3, "Ballot": 2, "Value": 1}
TWO = {"Acceptor": 2, "Ballot": 2, "Value": 2}
ROLES = {"Proposer": 1, "Acceptor": 2, "Learner": 1, "Ballot": 1, "Value": 1}


def bundled(protocol: type[Protocol], variant: str, sizes: Sizes, **options: Any) -> Driven:
    subject = InProcess(Caller(adapter_for(protocol, variant)))
    return conform(protocol, protocol.__name__, sizes, subject, DriveOptions(**options))


@pytest.mark.parametrize("probing", [True, False])
def test_healthy_code_conforms_and_is_driven_through_every_transition(probing: bool) -> None:
    found = bundled(Paxos, "healthy", Paxos.sized(**TWO), probing=probing)
    assert found.verdict is Verdict.CONFORMS and found.differences == ()
    assert (found.states, found.transitions, found.driven) == (145, 608, 608)
    assert (found.probes > 0) == probing and found.unseen == ()


def test_healthy_roles_conform_with_a_crash() -> None:
    found = bundled(PaxosRoles, "healthy", PaxosRoles.sized({"crash": 1}, **ROLES))
    assert found.verdict is Verdict.CONFORMS
    assert found.driven == found.transitions
    crash = next(a for a in found.actions if a.name == "crash_acceptor")
    assert crash.environment and crash.taken and not crash.probed


OF_EACH_KIND = {
    "promise-omits-vote": ("phase1b.sends.sent", 2),
    "accept-ignores-promise": ("phase2b.allows.sent", 1),
    "promise-not-recorded": ("phase1b.changes.max_bal", 1),
}


@pytest.mark.parametrize("defect", OF_EACH_KIND)
def test_defects_are_found_from_the_healthy_model(defect: str) -> None:
    name, least = OF_EACH_KIND[defect]
    found = bundled(Paxos, defect, Paxos.sized(**TWO))
    assert found.verdict is Verdict.DIFFERS
    difference = next(d for d in found.differences if d.name == name)
    assert not difference.flaky and not difference.needs_probes
    assert len(difference.run) >= least and difference.trace is not None
    departure = difference.trace.departure
    assert departure is not None and any(side.differs for side in departure.values)
    assert departure.taken == (".allows." not in name)
    assert departure.tried == str(difference.tried)


# ---------------------------------------------------------------- adapters


class Node(Sort): ...


class Hello(Message):
    n: Node


class Flag(Message):
    up: bool


class Greeting(Protocol):
    said: Map[Node, bool] = durable(False)
    heard: Map[Node, bool] = durable(False)
    sent: Messages[Hello]

    @action
    def say(self, n: Node) -> None:
        require(not self.said[n])
        self.said[n] = True
        self.sent.add(Hello(n))

    @action
    def hear(self, n: Node, m: Hello) -> None:
        require(self.said[n])
        require(not self.heard[n])
        self.heard[n] = True


def greeting(adapter: type[Running], **options: Any) -> Driven:
    with Greeting.sized(Node=2) as sizes:
        return driven(Space(Greeting, sizes), adapter(Space(Greeting, sizes)), **options)


def test_what_no_state_of_the_model_enables_is_tried() -> None:
    class Others(Greeting):
        @action
        def hear(self, n: Node, m: Hello) -> None:
            require(m.n == n)
            require(not self.heard[n])
            self.heard[n] = True

    with Others.sized(Node=2) as sizes:
        space = Space(Others, sizes)
        healthy = driven(space, Running(space))
        assert healthy.verdict is Verdict.CONFORMS and healthy.never_enabled == 2
        found = driven(space, Running(space, without=("hear", 0)))
    (difference,) = found.differences
    assert (difference.name, difference.kind) == ("hear.allows.heard", Kind.ALLOWS)
    assert [r.held for r, _ in difference.guards] == [False, True]


def test_a_difference_has_a_shortest_run_its_guards_and_both_values() -> None:
    class Deaf(Running):
        def perform(self, action: str, args: Mapping[str, Any]) -> Any:
            return super().perform(action, args) if action == "say" else set()

    found = greeting(Deaf)
    (difference,) = found.differences
    assert difference.name == "hear.changes.heard" and difference.kind is Kind.CHANGES
    assert [str(s.call) for s in difference.run] == ["say(n=n0)"]
    assert str(difference.tried) == "hear(n=n0, m=Hello(n=n0))"
    (value,) = difference.values
    assert (value.place, value.before, value.model, value.code) == (
        "heard[n0]",
        "False",
        "True",
        "False",
    )
    assert [r.held for r, _ in difference.guards] == [True, True]
    assert [text for _, text in difference.guards] == ["self.said[n]", "not self.heard[n]"]


def test_what_is_accepted_by_name_is_listed_and_what_no_longer_occurs_too() -> None:
    class Mute(Running):
        def perform(self, action: str, args: Mapping[str, Any]) -> Any:
            if action == "hear":
                raise Refusal("never")
            return super().perform(action, args)

    accepted = {"hear.refuses": "it is deaf", "say.refuses": "no more"}
    found = greeting(Mute, accepted=accepted)
    assert found.verdict is Verdict.CONFORMS and found.not_met == ("say.refuses",)
    assert [d.accepted for d in found.differences] == ["it is deaf"]
    assert greeting(Mute).verdict is Verdict.DIFFERS


def test_what_cannot_be_brought_about_is_skipped_and_no_pass_where_it_is_all() -> None:
    class Clumsy(Running):
        def perform(self, action: str, args: Mapping[str, Any]) -> Any:
            if action == "hear":
                raise Unrealisable("there is no network")
            return super().perform(action, args)

    found = greeting(Clumsy)
    assert found.verdict is Verdict.INCONCLUSIVE and found.differences == ()
    assert found.reasons == ("never exercised, only skipped: hear",)
    assert found.skipped > 0


def test_a_step_that_is_skipped_is_not_half_done() -> None:
    class Half(Running):
        def perform(self, action: str, args: Mapping[str, Any]) -> Any:
            super().perform(action, args)
            raise Unrealisable("too late")

    with pytest.raises(AdapterError, match=r"cannot bring the step about \(too late\), but"):
        greeting(Half)


def test_a_choice_of_the_code_is_the_models_if_it_has_it() -> None:
    class Chooser(Running):
        """Of two nodes the first speaks first."""

        def perform(self, action: str, args: Mapping[str, Any]) -> Any:
            if action == "say" and not self.observe()["said"]["n0"]:
                return Chose(super().perform(action, {"n": "n0"}), n="n0")
            return super().perform(action, args)

    found = greeting(Chooser)
    assert found.differences == () and found.chosen > 0
    assert found.verdict is Verdict.CONFORMS

    class Stubborn(Running):
        def perform(self, action: str, args: Mapping[str, Any]) -> Any:
            return Chose(n="n7") if action == "say" else super().perform(action, args)

    (difference, *_) = greeting(Stubborn).differences
    assert difference.name == "say.chooses" and difference.unlike.code == "n=n7"


def test_only_a_run_with_a_probe_shows_what_a_probe_did_unseen() -> None:
    class Counting(Running):
        """Counts what it is asked to say, and is deaf after it was asked twice."""

        def start(self, setting: Setting) -> None:
            super().start(setting)
            self.asked = 0

        def perform(self, action: str, args: Mapping[str, Any]) -> Any:
            if action == "say" and args["n"] == "n0":
                self.asked += 1
            if action == "hear" and self.asked > 1:
                raise Refusal("deaf by now")
            return super().perform(action, args)

    found = greeting(Counting)
    assert found.verdict is Verdict.DIFFERS
    difference = next(d for d in found.differences if d.name == "hear.refuses")
    assert difference.needs_probes and not difference.flaky
    assert greeting(Counting, probing=False).verdict is Verdict.CONFORMS


def test_flaky_code_is_called_flaky() -> None:
    numbers = itertools.count()

    class Once(Running):
        def perform(self, action: str, args: Mapping[str, Any]) -> Any:
            n, now = args["n"], self.whole()
            if action == "hear" and now["said"][n] and not now["heard"][n] and not next(numbers):
                raise Refusal("not now")
            return super().perform(action, args)

    found = greeting(Once)
    assert found.verdict is Verdict.INCONCLUSIVE
    (difference,) = found.differences
    assert difference.flaky and difference.seen_again == 0
    assert found.reasons == ("hear.refuses was met once, and not again",)


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        ((), Verdict.DIFFERS),  # it never sends what it should
        (("said",), Verdict.CONFORMS),
        (("sent",), Verdict.INCONCLUSIVE),
    ],
)
def test_a_verdict_rests_on_what_is_shown(shown: tuple[str, ...], verdict: Verdict) -> None:
    class Hiding(Running):
        def perform(self, action: str, args: Mapping[str, Any]) -> Any:
            sent = super().perform(action, args)
            return sent if shown else set()

        def observe(self) -> dict[str, Any]:
            return {n: v for n, v in super().observe().items() if n in shown}

    found = greeting(Hiding)
    assert set(found.unseen) == {"said", "heard"} - set(shown)
    assert found.verdict is verdict


def test_time_that_is_up_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    count_looks(monkeypatch)
    found = bundled(Paxos, "healthy", Paxos.sized(**SMALL), seconds=20)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "within 20 s" in found.reasons[-1] or "time was up" in found.reasons[-1]


def test_what_cannot_be_started_ends_at_once() -> None:
    class Elsewhere(Running):
        def observe(self) -> dict[str, Any]:
            shown = super().observe()
            return {**shown, "said": dict.fromkeys(shown["said"], True)}

    found = greeting(Elsewhere)
    assert found.verdict is Verdict.DIFFERS and found.steps == 0
    assert [d.name for d in found.differences] == ["start.starts.said"]


# ---------------------------------------------------------------- samples


class Switches(Protocol):
    on: Map[Node, bool] = durable(False)

    @action
    def switch(self, n: Node) -> None:
        self.on[n] = not self.on[n]

    @reachable
    def all_on(self) -> bool:
        return all(self.on[n] for n in Node)

    @reachable
    def one_is_on_and_off(self) -> bool:
        return any(self.on[n] and not self.on[n] for n in Node)


def sampled() -> Driven:
    with Switches.sized(Node=9) as sizes:
        space = Space(Switches, sizes)
        return driven(space, Running(space), seconds=300)


def test_a_sample_goes_to_the_goals_first(monkeypatch: pytest.MonkeyPatch) -> None:
    count_looks(monkeypatch)
    monkeypatch.setattr(conformance, "MOST_COVERED", 4600)
    found = sampled()
    assert not found.whole and found.verdict is Verdict.INCONCLUSIVE
    assert found.goals == {"all_on": True, "one_is_on_and_off": False}
    again = sampled()
    assert (again.driven, again.visited, again.walks) == (found.driven, found.visited, found.walks)
    monkeypatch.setattr(conformance, "ways_to_goals", lambda graph: [])
    assert not any(sampled().goals.values())


# ---------------------------------------------------------------- consequences


class Taking(Protocol):
    """One holds what is free."""

    free: bool = durable(True)
    holds: Map[Node, bool] = durable(False)

    @action
    def take(self, n: Node) -> None:
        require(self.free)
        self.free = False
        self.holds[n] = True

    @action
    def give(self, n: Node) -> None:
        require(self.holds[n])
        self.holds[n] = False
        self.free = True

    @invariant
    def one_holds_it(self) -> bool:
        return all(n == m for n in Node for m in Node if self.holds[n] and self.holds[m])


class Grabbing(Running):
    """What one takes all have."""

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        sent = super().perform(action, args)
        self.state = (self.state[0], (action == "take",) * 2)
        return sent


class Hiding(Running):
    def observe(self) -> dict[str, Any]:
        return {"free": super().observe()["free"]}


class Watchful(Running):
    """It says that it is free, but is not."""

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        if action == "take" and any(self.whole()["holds"].values()):
            raise Refusal("somebody has it")
        return super().perform(action, args)


@pytest.mark.parametrize("hidden", [0, 1])
@pytest.mark.parametrize(
    ("code", "how", "steps"),
    [
        (Running, {"without": ("take", 0)}, ["take(n=n0)", "take(n=n1)"]),
        (Running, {"keeps": ("take", 0)}, ["take(n=n0)", "take(n=n1)"]),
        (Grabbing, {}, ["take(n=n1)"]),
        (Hiding, {"keeps": ("take", 0)}, None),
        (Watchful, {"keeps": ("take", 0)}, None),
    ],
)
def test_what_a_difference_leads_to_is_what_the_code_then_does(
    code: type[Running], how: Mapping[str, Any], steps: list[str] | None, hidden: int
) -> None:
    with Taking.sized(Node=2) as sizes:
        space = Space(Taking, sizes)
        found = driven(space, code(space, **how), hidden=hidden)
    # With hidden steps, what is not shown may have happened unasked.
    assert found.verdict is Verdict.DIFFERS or (hidden and steps is None)
    consequences = [c for d in found.differences[:1] for c in d.consequences]
    runs = [[str(call) for call in c.run] for c in consequences]
    assert runs == ([] if steps is None else [steps])
    assert {c.violated for c in consequences} <= {"one_holds_it"}


# ---------------------------------------------------------------- grain


class Hasty(Running):
    """What is said is heard at once, by the one who says it, without being asked."""

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        sent = super().perform(action, args)
        if action == "say":
            super().perform("hear", {"n": args["n"], "m": next(iter(sent))})
        return sent


def test_one_step_of_the_code_may_be_several_of_the_model() -> None:
    assert greeting(Hasty).verdict is Verdict.DIFFERS
    found = greeting(Hasty, hidden=1)
    assert found.differences == ()

    class Lying(Hasty):
        def observe(self) -> dict[str, Any]:
            shown = super().observe()
            heard = all(shown["heard"].values())
            return {**shown, "said": dict.fromkeys(shown["said"], False)} if heard else shown

    wrong = greeting(Lying, hidden=1)
    assert wrong.verdict is Verdict.DIFFERS
    assert {d.variable for d in wrong.differences} == {"said"}
    assert all(not d.flaky for d in wrong.differences)


class Eager(Running):
    """Acceptors hear of a ballot, and promise, in the step in which it is prepared."""

    skips = ""
    """An acceptor that says that it promises, and does not."""

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        before = self.whole()["sent"]
        super().perform(action, args)
        if action == "phase1a":
            for a in ("a0", "a1"):
                with suppress(Refusal):
                    bound = self.whole()["max_bal"][a]
                    super().perform("phase1b", {"a": a, "b": args["b"]})
                    if a == self.skips:
                        k, at = self.names.index("max_bal"), int(a[1])
                        cells = list(self.state[k])
                        t = self.space.description.variable("max_bal").type
                        assert isinstance(t, MapType)
                        cells[at] = self.reader.value(bound, t.value)
                        self.state = (*self.state[:k], tuple(cells), *self.state[k + 1 :])
        return self.whole()["sent"] - before


def paxos(code: type[Running], hidden: int) -> Driven:
    with Paxos.sized(Acceptor=2, Ballot=2, Value=1) as sizes:
        space = Space(Paxos, sizes)
        return driven(space, code(space), hidden=hidden)


def test_three_steps_of_paxos_in_one_of_the_code() -> None:
    assert paxos(Eager, 0).verdict is Verdict.DIFFERS
    assert paxos(Eager, 1).verdict is Verdict.DIFFERS  # both acceptors do something
    found = paxos(Eager, 2)
    assert found.differences == ()
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reasons[-1] == "never done when it was asked for: phase1b"


class Rounds(Paxos):
    """All acceptors hear of a ballot, and promise, in the step in which it is prepared."""

    phase1a = phase1b = None

    @action
    def prepare(self, b: Ballot) -> None:
        self.sent.add(Prepare(b))
        for a in Acceptor:
            if self.max_bal[a] < b:
                self.sent.add(Promise(a, b, self.max_vbal[a], self.max_val[a]))
                self.max_bal[a] = b


def test_a_subclass_of_the_model_drops_and_composes_steps() -> None:
    class InRounds(Eager):
        def perform(self, action: str, args: Mapping[str, Any]) -> Any:
            return super().perform("phase1a" if action == "prepare" else action, args)

    class Broken(InRounds):
        skips = "a1"

    with Paxos.sized(Acceptor=2, Ballot=2, Value=1) as sizes:
        code = Space(Paxos, sizes)
        assert driven(Space(Rounds, sizes), InRounds(code)).verdict is Verdict.CONFORMS
        found = driven(Space(Rounds, sizes), Broken(code))
    assert [d.name for d in found.differences] == ["prepare.changes.max_bal"]


def test_what_hidden_steps_do_not_explain_has_a_short_run() -> None:
    class Broken(Eager):
        skips = "a1"

    found = paxos(Broken, 2)
    difference = found.differences[0]
    assert (difference.name, difference.flaky) == ("phase1a.sends.sent", False)
    assert not difference.run


def test_what_is_always_refused_is_not_explained_by_hidden_steps() -> None:
    class Silent(Running):
        def perform(self, action: str, args: Mapping[str, Any]) -> Any:
            if action == "phase2b":
                raise Refusal("no")
            return super().perform(action, args)

    found = paxos(Silent, 1)
    assert found.verdict is Verdict.DIFFERS
    assert "phase2b.refuses" in [d.name for d in found.differences]
    assert all(len(d.run) <= 4 for d in found.differences)


def test_healthy_code_conforms_with_hidden_steps_too() -> None:
    assert greeting(Running, hidden=2).verdict is Verdict.CONFORMS


class Offended(Running):
    """Refuses to vote after two refusals in a row: no way of the model shows it."""

    refused = 0

    def start(self, setting: Setting) -> None:
        super().start(setting)
        self.refused = 0

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        try:
            sent = super().perform(action, args)
        except Refusal:
            self.refused += 1
            raise
        if action == "phase2b" and self.refused >= 2:
            raise Refusal("not now")
        self.refused = 0
        return sent


class Copied(Offended):
    def snapshot(self) -> tuple[State, int]:
        return self.state, self.refused

    def restore(self, copy: tuple[State, int]) -> None:
        self.state, self.refused = copy


class CopiedInPart(Copied):
    def restore(self, copy: tuple[State, int]) -> None:
        self.state = copy[0]


def test_a_difference_that_there_is_no_time_to_repeat_is_no_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conformance._Conforming, "_over", lambda _: True)
    with Paxos.sized(Acceptor=1, Ballot=2, Value=1) as sizes:
        space = Space(Paxos, sizes)
        found = driven(space, Offended(space))
    assert found.verdict is Verdict.INCONCLUSIVE
    names = {d.name for d in found.differences}
    said = "was met, and there was no time to repeat it within 60 s (--seconds)"
    assert names and set(found.reasons[: len(names)]) == {f"{name} {said}" for name in names}
    assert not any(d.flaky or d.seen_again for d in found.differences)
    assert found.differences[0].unfinished[0].startswith("the run was not repeated to the end")


def test_a_run_that_was_found_by_doing_it_was_seen_again_though_time_is_up_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[bool] = []
    monkeypatch.setattr(
        shortening.Shortener, "_shorter", lambda _, group, met: done.append(1) or met
    )
    monkeypatch.setattr(conformance._Conforming, "_over", lambda _: bool(done))
    with Paxos.sized(Acceptor=1, Ballot=2, Value=1) as sizes:
        space = Space(Paxos, sizes)
        found = driven(space, Offended(space))
    assert found.verdict is Verdict.DIFFERS
    (first, *others) = sorted(found.differences, key=lambda d: -d.seen_again)
    assert first.seen_again == 1 and not first.flaky and first.cut_short
    assert not any(d.seen_again for d in others)


def test_a_run_that_is_not_shortened_to_the_end_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> FoundDifference:
        with Paxos.sized(Acceptor=1, Ballot=2, Value=1) as sizes:
            space = Space(Paxos, sizes)
            found = driven(space, Offended(space))
        assert found.verdict is Verdict.DIFFERS
        return {d.name: d for d in found.differences}["phase2b.refuses"]

    shortest = refused()
    assert shortest.unfinished == ()
    monkeypatch.setattr(shortening, "MOST_ACTS", 7)
    longer = refused()
    said = "the run was not shortened to the end"
    assert longer.unfinished == (f"{said}: 7 steps and probes were tried",)
    assert len(longer.run) > len(shortest.run) and not longer.flaky
    monkeypatch.setattr(conformance._Conforming, "_much_too_late", lambda _: True)
    late = refused()
    assert [reason.partition(":")[0] for reason in late.unfinished] == [
        said,
        "what it leads to was not looked for to the end",
    ]
    assert not late.flaky


@pytest.mark.exhaustive
def test_what_long_walks_found_is_shown_by_a_short_run(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    again = Shortener.again

    def counted(self: Shortener, group: Any, initial: int, acts: Any, begun: Any = None) -> Any:
        done.append(len(acts) - (len(begun.run) if begun else 0))
        return again(self, group, initial, acts, begun)

    monkeypatch.setattr(Shortener, "again", counted)
    monkeypatch.setattr(shortening, "WORTH_A_COPY", 2)

    def shown(code: type[Running]) -> FoundDifference:
        done.clear()
        with Paxos.sized(Acceptor=2, Ballot=2, Value=1) as sizes:
            space = Space(Paxos, sizes)
            found = driven(space, code(space))
        return {d.name: d for d in found.differences}["phase2b.refuses"]

    anew = shown(Offended)
    assert [step.probe for step in anew.run] == [False] * 4 + [True] * 2 and not anew.flaky
    steps = sum(done)
    assert steps < 1000
    for code in (Copied, CopiedInPart):
        found = shown(code)
        assert len(found.run) == len(anew.run) and not found.flaky
        assert (sum(done) < steps) or code is CopiedInPart


def test_a_goal_and_a_guard_may_say_by_the_state_which_message_they_mean() -> None:
    class Looking(Greeting):
        eldest: bool = durable(False)

        @action
        def look(self, n: Node) -> None:
            require(Hello(n) in self.sent)
            require(any(self.said[m] and Hello(m) in self.sent for m in Node if m == n))
            self.eldest = not self.eldest

        @reachable
        def greeted(self) -> bool:
            return Flag(self.eldest) in self.sent

        @action
        def flag(self) -> None:
            require(Flag(self.eldest) not in self.sent)
            self.sent.add(Flag(self.eldest))

        sent: Messages[Hello, Flag]

    with Looking.sized(Node=1) as sizes:
        space = Space(Looking, sizes)
        found = driven(space, Running(space))
    assert found.verdict is Verdict.CONFORMS and found.goals == {"greeted": True}
