"""The result of `verify`, for people: row by row, during the run or afterwards."""

from __future__ import annotations

from quorate.checker.conform.replaying.replay import Replay, ReplayVerdict
from quorate.checker.liveness.results import Liveness, TemporalVerdict
from quorate.checker.prove.bounded import FiniteObligation, InductiveCheck, ObligationStatus
from quorate.checker.prove.quorums import QuorumProof
from quorate.checker.prove.unbounded import Proof
from quorate.checker.results import Exploration, Outcome
from quorate.checker.verify import (
    Begun,
    Counterexample,
    GraphSize,
    Livelock,
    LivelockBegun,
    MutantResult,
    MutantsBegun,
    PathsFollowed,
    Row,
    StateChecks,
    Verification,
    VerifiedProtocol,
    VerifiedSystem,
    VerifyStatus,
    Warned,
)
from quorate.model.language import Protocol, Sort

from . import liveness, replays
from .output import Output
from .quorums import mark_of
from .runs import show_found, undefined_line, violation_line
from .words import by_clock, count, holding, seconds


def title(out: Output, begun: Begun | LivelockBegun | MutantsBegun) -> None:
    """The heading of the rows that follow."""
    if isinstance(begun, Begun):
        out.title(f"{begun.protocol.__name__}  {begun.sizes}")
    elif isinstance(begun, LivelockBegun):
        out.title(f"livelock: {begun.contest.question}")
    else:
        out.title(f"real bugs of {begun.system}: found in the model, then replayed on the code")


def show_row(out: Output, protocol: type[Protocol], row: Row) -> None:
    """The row of one check of a protocol."""
    match row:
        case Exploration():
            _exploration(out, protocol, row)
        case GraphSize(nodes, edges, transitions, resting):
            size = f"{count(nodes, 'node')}, {count(edges, 'edge')}"
            if resting and not protocol.methods(
                "final"
            ):  # whether a run may end there is not known
                size += f"; nothing can happen any more in {count(resting, 'state')}"
            _line(out, f"networkx graph: {size}", edges == transitions)
        case Liveness():
            liveness.show(out, row, indent=1)
        case StateChecks():
            _states(out, row)
        case InductiveCheck():
            _induction(out, row)
        case QuorumProof():
            out.line(f"quorums: {row}", mark_of(row), indent=1)
        case Proof():
            _any_size(out, protocol, row)
        case Counterexample():
            _counterexample(out, row)
        case Replay():
            out.line(f"bundled implementation: {replays.outcome(row)}", indent=1)
        case PathsFollowed():
            _conformance(out, row)
        case Warned(text):
            _warn(out, text)


def _line(out: Output, text: str, good: bool) -> None:
    out.line(text, "ok" if good else "bad", indent=1)


def _warn(out: Output, text: str) -> None:
    out.line(text, "warn", indent=1)


def _exploration(out: Output, protocol: type[Protocol], found: Exploration) -> None:
    size = (
        f"{count(found.states, 'state')}, {count(found.transitions, 'transition')}, "
        f"depth {found.depth}, {seconds(found.seconds)}"
    )
    if found.outcome is Outcome.VIOLATED:
        _line(out, f"{found.violated} is violated: {size}", False)
    elif found.undefined is not None:
        _line(out, f"{undefined_line(found.undefined, len(found.path))}: {size}", False)
    elif found.complete:
        _line(out, f"explored: {size}", True)
        if invariants := len(protocol.methods("invariant")):
            _line(out, f"kernel: {holding(invariants)} in every state", True)
        if protocol.methods("final"):
            _line(out, "no deadlock: something can happen in every state that is not final", True)
    else:
        beyond = f"; {count(found.outside, 'state')} outside" if found.outside else ""
        _warn(out, f"{found.outcome.value} after {size}{beyond}")


def _states(out: Output, row: StateChecks) -> None:
    for status, good in ((ObligationStatus.PROVED, True), (ObligationStatus.REFUTED, False)):
        names = [c.invariant for c in row.checks if c.status is status]
        if names:
            states = count(row.checks[0].states, "state")
            every = "all " if row.checks[0].complete else "a sample of "
            said = f"the same {holding(len(names))}" if good else f"{', '.join(names)} violated"
            _line(out, f"Z3: {said} in {every}{states}", good)
    for c in row.checks:
        if c.status is ObligationStatus.UNKNOWN:
            _warn(out, f"Z3: no answer about {c.invariant}{by_clock(c.clock)}")


def _induction(out: Output, row: InductiveCheck) -> None:
    total = count(len(row.obligations), "obligation")
    if row.status is ObligationStatus.PROVED:
        _line(out, f"Z3: inductive at these sizes ({total})", True)
    else:
        proved = len(row.obligations) - len(row.failed)
        failed = ", ".join(map(_failed, row.failed[:3]))
        _warn(out, f"Z3: {proved} of {total} proved; not {failed}")


def _failed(o: FiniteObligation) -> str:
    """An obligation that failed at these sizes. A step that breaks an invariant is no violation."""
    name = f"{o.action or 'initially'} / {o.invariant or 'makes sense'}"
    answer = "not inductive" if o.status is ObligationStatus.REFUTED else "no answer"
    return f"{name} ({answer}{by_clock(o.clock)})"


def _any_size(out: Output, protocol: type[Protocol], row: Proof) -> None:
    if row.proved:
        total = count(len(row.obligations), "obligation")
        names = ", ".join(n for n, s in protocol.sorts().items() if issubclass(s, Sort))
        when = "; kept from an earlier run" if row.kept else ""
        _line(out, f"Z3: proved for any number of {names} ({total}{when})", True)
    else:
        _warn(out, f"Z3: not proved beyond these sizes ({row.status.value})")


def _counterexample(out: Output, row: Counterexample) -> None:
    show_found(out, row.trace, row.path)
    if row.file is not None:
        steps = count(row.depth, "step")
        _line(out, f"counterexample of {steps} written to {row.file}", False)


def _conformance(out: Output, row: PathsFollowed) -> None:
    steps = sum(r.steps for r in row.replays)
    if all(r.verdict is ReplayVerdict.CONFORMS for r in row.replays):
        paths = f"{len(row.replays)} paths, {steps} steps compared"
        _line(out, f"the implementation conforms: {paths}", True)
    for r in row.replays:
        if r.divergence is not None:
            _line(out, f"the implementation does not conform: {r.divergence}", False)
        elif r.reason is not None:
            _warn(out, f"the implementation is unjudged: {r.reason}")


def show_livelock(out: Output, found: Livelock) -> None:
    """The endless duel, and the stable leader that ends it."""
    lasso, contest = found.lasso, found.contest
    if lasso is not None:
        run = f"{count(len(lasso.stem), 'step')}, then {len(lasso.loop)} over and over"
        _line(out, f"{contest.endless}: {run} (verify {contest.duel.__name__})", True)
    else:
        _line(out, f"no endless duel was found: {found.duel.verdict.value}", False)
    said, good = found.stable.verdict, found.stable.verdict is TemporalVerdict.HOLDS
    _line(out, contest.settled if good else f"{contest.settled}: {said.value}", good)


def show_mutant(out: Output, m: MutantResult) -> None:
    """The result of one mutant."""
    found = f"{m.violates} broken in {m.steps} steps" if m.steps else "not found"
    _line(out, f"{m.code:<5}{m.title}", m.as_expected)
    out.line(f"      {found} ({count(m.states, 'state')}, {seconds(m.seconds)})", indent=1)
    if m.healthy is not None and m.broken is not None:
        out.line(f"      healthy code: {replays.outcome(m.healthy)}", indent=1)
        out.line(f"      {m.defect}: {replays.outcome(m.broken)}", indent=1)


def show_end(out: Output, found: Verification, strict: bool = False) -> None:
    """The last line: the overall status."""
    status, unproved = found.status(strict), found.unproved
    passed = "everything holds" if not unproved else f"no violation; open: {'; '.join(unproved)}"
    words = {
        VerifyStatus.HOLDS: passed,
        VerifyStatus.VIOLATED: "a property is violated",
        VerifyStatus.UNDEFINED: "the model is undefined",
        VerifyStatus.INCONCLUSIVE: "; ".join(["inconclusive", *unproved]),
        VerifyStatus.NONCONFORMING: "the implementation and the model disagree",
    }
    marks = {
        VerifyStatus.HOLDS: "warn" if unproved else "ok",
        VerifyStatus.INCONCLUSIVE: "warn",
    }
    where = f"; counterexamples in {found.folder}" if found.mutants else ""
    text = f"{words[status]} ({seconds(found.seconds)}){where}"
    out.line()
    out.line(text, marks.get(status, "bad"))


def show(out: Output, found: Verification) -> None:
    """The whole result."""
    for number, system in enumerate(found.systems):
        if number:
            out.line()
        _system(out, system)
    show_end(out, found)


def _system(out: Output, found: VerifiedSystem) -> None:
    for number, verified in enumerate(found.protocols):
        if number:
            out.line()
        title(out, Begun(verified.protocol, verified.sizes))
        for row in verified.rows:
            show_row(out, verified.protocol, row)
    if found.livelock is not None:
        out.line()
        title(out, LivelockBegun(found.livelock.contest))
        show_livelock(out, found.livelock)
    if found.mutants:
        out.line()
        title(out, MutantsBegun(str(found.name)))
        for mutant in found.mutants:
            show_mutant(out, mutant)


def finding_line(found: Verification) -> str | None:
    """What is wrong, in one line; None if no violation was found."""
    if found.status() not in (
        VerifyStatus.UNDEFINED,
        VerifyStatus.VIOLATED,
        VerifyStatus.NONCONFORMING,
    ):
        return None
    lines = [line for p in found.protocols for line in _findings(p)]
    lines += [
        f"{m.code} is not found, refused by healthy code and reproduced by {m.defect}"
        for m in found.mutants
        if not m.as_expected
    ]
    return "; ".join(lines)


def _findings(verified: VerifiedProtocol) -> list[str]:
    found, name = verified.exploration, verified.protocol.__name__
    lines = []
    if found.outcome in (Outcome.VIOLATED, Outcome.UNDEFINED):
        lines.append(f"{name}: {violation_line(found.violated, found.undefined, found.path)}")
    wrong = [row.wrong for row in verified.of(Liveness) if row.wrong is not None]
    lines += [f"{name}: {liveness.finding_line(check)}" for check in wrong]
    lines += [f"{name}: {q}" for q in verified.of(QuorumProof) if q.refuted]
    diverging = [r for r in verified.replays if r.verdict is ReplayVerdict.DIVERGES]
    return lines + [f"the implementation of {name} {replays.outcome(r)}" for r in diverging]
