"""Hand-made runs of Paxos, as an explorer would hand them over."""

from __future__ import annotations

from dataclasses import dataclass, field

from quorate.traces import FrozenMap, Received, Record, Source, Step, Trace, Value, Violation

LINES = {"phase1a": 41, "phase1b": 46, "phase2a": 54, "phase2b": 66}


def prepare(b: str) -> Record:
    return Record("Prepare", (("b", b),))


def promise(a: str, b: str, vb: str = "never", v: Value = None) -> Record:
    return Record("Promise", (("a", a), ("b", b), ("vb", vb), ("v", v)))


def accept(b: str, v: str) -> Record:
    return Record("Accept", (("b", b), ("v", v)))


def accepted(a: str, b: str, v: str) -> Record:
    return Record("Accepted", (("a", a), ("b", b), ("v", v)))


@dataclass
class PaxosRun:
    """Takes the steps of Paxos without asking whether they are enabled."""

    acceptors: tuple[str, ...] = ("a0", "a1", "a2")
    leaders: dict[str, str] = field(default_factory=dict)
    """Which process leads a ballot; without one, nobody in particular does."""
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.initial = FrozenMap(
            {
                "max_bal": FrozenMap(dict.fromkeys(self.acceptors, "never")),
                "max_vbal": FrozenMap(dict.fromkeys(self.acceptors, "never")),
                "max_val": FrozenMap(dict.fromkeys(self.acceptors)),
                "sent": frozenset(),
            }
        )
        self.state = self.initial
        self.sender: dict[Record, int] = {}

    def phase1a(self, b: str) -> None:
        self._step("phase1a", {"b": b}, self.leaders.get(b), [], {}, prepare(b))

    def phase1b(self, a: str, b: str) -> None:
        answer = promise(a, b, self._at("max_vbal", a), self._at("max_val", a))
        self._step("phase1b", {"a": a, "b": b}, a, [prepare(b)], {"max_bal": (a, b)}, answer)

    def phase2a(self, b: str, v: str, q: tuple[str, ...]) -> None:
        promises = [m for m in self.sender if m.tag == "Promise" and m["b"] == b]
        heard = [m for m in promises if m["a"] in q]
        args: dict[str, Value] = {"b": b, "v": v, "q": frozenset(q)}
        self._step("phase2a", args, self.leaders.get(b), heard, {}, accept(b, v))

    def phase2b(self, a: str, b: str, v: str) -> None:
        changed = {"max_bal": (a, b), "max_vbal": (a, b), "max_val": (a, v)}
        args = {"a": a, "b": b, "v": v}
        self._step("phase2b", args, a, [accept(b, v)], changed, accepted(a, b, v))

    def trace(self, violation: Violation | None = None, **extra: object) -> Trace:
        return Trace(
            protocol="quorate.model.paxos:Paxos",
            sizes=(("Acceptor", len(self.acceptors)), ("Ballot", 2), ("Value", 2)),
            initial=self.initial,
            steps=tuple(self.steps),
            violation=violation,
            messages="sent",
            processes=self.acceptors,
            **extra,  # type: ignore[arg-type]
        )

    def _at(self, variable: str, a: str) -> Value:
        held = self.state[variable]
        assert isinstance(held, FrozenMap)
        return held[a]

    def _step(
        self,
        action: str,
        args: dict[str, Value],
        node: str | None,
        heard: list[Record],
        changed: dict[str, tuple[str, Value]],
        message: Record,
    ) -> None:
        self.state = self.state.updated(
            *((name, self.state[name].updated(entry)) for name, entry in changed.items()),
            ("sent", self.state["sent"] | {message}),
        )
        received = tuple(Received(m, self.sender[m]) for m in heard)
        because = tuple(sorted({r.step for r in received}))
        source = Source("model/paxos.py", LINES[action])
        self.steps.append(
            Step(action, tuple(args.items()), self.state, node, received, because, source)
        )
        self.sender.setdefault(message, len(self.steps))


def eight_steps() -> Trace:
    """Two values chosen, because single acceptors count as quorums; no process leads."""
    run = PaxosRun()
    run.phase1a("b1")
    run.phase1a("b2")
    run.phase1b("a0", "b1")
    run.phase2a("b1", "v0", ("a0",))
    run.phase1b("a1", "b2")
    run.phase2b("a0", "b1", "v0")
    run.phase2a("b2", "v1", ("a1",))
    run.phase2b("a1", "b2", "v1")
    witness = "chosen(v0) by {a0} in b1 and chosen(v1) by {a1} in b2"
    return run.trace(Violation("agreement", witness), digest="sha256:5f2c", faults=(("crash", 1),))


def forgotten_promise() -> Trace:
    """Twelve steps in which a1 forgets its promise; a0 and a2 lead the ballots."""
    run = PaxosRun(leaders={"b1": "a0", "b2": "a2"})
    run.phase1a("b1")
    run.phase1a("b2")
    run.phase1b("a1", "b1")
    run.phase1b("a0", "b1")
    run.phase1b("a1", "b2")
    run.phase1b("a2", "b2")
    run.phase2a("b1", "v0", ("a0", "a1"))
    run.phase2a("b2", "v1", ("a1", "a2"))
    run.phase2b("a2", "b2", "v1")
    run.phase2b("a1", "b2", "v1")
    run.phase2b("a1", "b1", "v0")
    run.phase2b("a0", "b1", "v0")
    witness = "chosen(v0) by {a0,a1} in b1 and chosen(v1) by {a1,a2} in b2"
    return run.trace(Violation("agreement", witness))


def eight_processes() -> Trace:
    """Thirty steps of eight acceptors, four ballots, two of them led by acceptors."""
    names = tuple(f"a{i}" for i in range(8))
    run = PaxosRun(acceptors=names, leaders={"b1": "a0", "b2": "a7"})
    for ballot in ("b1", "b2", "b3", "b4"):
        run.phase1a(ballot)
    for name in names[:5]:
        run.phase1b(name, "b1")
    for name in names[4:]:
        run.phase1b(name, "b2")
    run.phase2a("b1", "v0", names[:5])
    run.phase2b("a1", "b1", "v0")
    run.phase2b("a2", "b1", "v0")
    for name in names[3:]:
        run.phase1b(name, "b3")
    run.phase2a("b3", "v1", names[3:])
    for name in names[2:8]:
        run.phase2b(name, "b3", "v1")
    run.phase1b("a0", "b4")
    run.phase1b("a1", "b4")
    return run.trace()
