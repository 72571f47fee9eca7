"""Holding logs against a model: read, ordered, searched, and the outcome said."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from quorate.checker.conform.adapters.subject import setting_of
from quorate.checker.errors import InputError
from quorate.checker.loading import name_of
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import Type
from quorate.model.language.description import describe
from quorate.model.language.interpreter import parameter_types
from quorate.traces import FrozenMap, Value

from .explaining import MOST_ENDS, Explainer, NearMiss
from .line import Beyond, LogMapping, Says, Unreadable
from .model_log import ModelLog
from .order import Cut, needs_of, ready
from .reading import LinePlace, Written, log_error, read_logs
from .search import MOST, Found, LineJudge, LogSearch, Taken, ways
from .steps import Call, ModelSteps
from .terms import ModelTerms, Said

ANY = Said(None, True, False, (), frozenset(), frozenset(), ())
"""What a line says that was cut: a step may have happened."""

SILENT = Said((), True, False, (), frozenset(), frozenset(), ())
"""What a line says that says nothing of the model."""


class LogVerdict(enum.Enum):
    """What became of a log."""

    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Unexplained:
    """The first line without an explanation, and what came nearest to one."""

    place: LinePlace
    text: str
    attempts: tuple[NearMiss, ...]
    ends: int
    """In how many states the lines before may have ended."""
    widths: tuple[int, ...]
    """How many states explained each of the last lines before."""
    further: tuple[Call, ...] | None
    """Hidden steps with which it would have one."""


@dataclass(frozen=True, slots=True)
class LogStep:
    """A line of a log, and the steps that a run takes up to it, by name."""

    place: LinePlace
    text: str
    node: str | None
    steps: tuple[str, ...]
    compares: bool
    """Whether the line says anything of the model."""
    said: Says | None


@dataclass(frozen=True)
class Validation:
    """How a log fared.

    `lines` are all that are in it, `explained` those that a run explains, `compared` those of them
    that say anything of the model.
    """

    verdict: LogVerdict
    files: tuple[str, ...]
    lines: int
    compared: int
    explained: int
    hidden: int
    steps: int
    """How many steps the run has that explains them."""
    reason: str | None = None
    """Why it is inconclusive."""
    failure: Unexplained | None = None
    beyond: tuple[tuple[LinePlace, str], ...] = ()
    left_out: tuple[tuple[LinePlace, str], ...] = ()
    """What lines say that the model does not have, and that was therefore not compared."""
    torn: tuple[LinePlace, ...] = ()
    """The lines that a crash cut."""
    run: tuple[LogStep, ...] = ()
    names: Mapping[str, str] | None = None


@dataclass
class Log:
    """The files of a log, read against a model. Make it, and use it, inside the sizes."""

    paths: Sequence[Path]
    protocol: type[Protocol]
    sizes: Sizes
    written: list[list[Written]]
    mapping: LogMapping
    terms: ModelTerms
    crashed: Collection[str] = ()

    def __post_init__(self) -> None:
        self.beyond: list[tuple[LinePlace, str]] = []
        self.lines: list[list[Says | None]] = []
        self.statements: list[list[Said]] = []
        self._start()
        for lines in self.written:
            self._read(lines)
        self._check_torn()

    def _start(self) -> None:
        description = describe(self.protocol)
        initial = FrozenMap({v.name: None for v in description.variables})
        setting = setting_of(self.protocol, self.sizes, name_of(self.protocol), initial)
        objects = [w.fields for lines in self.written for w in lines if w.fields is not None]
        self.processes = frozenset(setting.processes)
        try:
            self.mapping.start(setting, objects)
        except Unreadable as error:
            raise InputError(f"{self.paths[0]}: {error}", str(self.paths[0])) from None

    def _read(self, lines: Sequence[Written]) -> None:
        found: list[Says | None] = []
        statements: list[Said] = []
        past = False
        for w in lines:
            line, said = (None, ANY) if w.fields is None else self._line(w, w.fields)
            past = past or said is None
            found.append(line)
            if not past and said is not None:
                statements.append(said)
        self.lines.append(found)
        self.statements.append(statements)

    def _line(self, w: Written, fields: Mapping[str, Any]) -> tuple[Says | None, Said | None]:
        try:
            line = self.mapping.read(fields)
            if line is None:
                return None, SILENT
            if not isinstance(line, Says):
                raise Unreadable(f"the mapping returned a {type(line).__name__}, expected Says")
            return line, self.terms.statement(line)
        except Unreadable as error:
            raise log_error(w.place, str(error)) from None
        except Beyond as beyond:
            self.beyond.append((w.place, str(beyond)))
            return None, None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            said = f"{type(error).__name__}: {error}"
            raise log_error(w.place, f"the mapping cannot read it: {said}") from error

    # ------------------------------------------------------------ what crashes cut

    @cached_property
    def faults(self) -> list[tuple[str, Says]]:
        """The lines that are of faults, by their kind."""
        kinds = {n: f._quorate.fault for n, f in self.protocol.methods("action").items()}
        events = ((line, e) for ls in self.lines for line in ls if line for e in line.events or ())
        return [(kinds[name], line) for line, (name, _) in events if kinds.get(name) is not None]

    def _check_torn(self) -> None:
        lines = [line for ls in self.lines for line in ls if line is not None]
        dead = {line.crash for line in lines if line.crash is not None}
        dead |= {
            str(a)
            for _, line in self.faults
            for _, args in line.events or ()
            for a in args.values()
        }
        for path, written, read in zip(self.paths, self.written, self.lines, strict=True):
            nodes = {line.node for line in read if line is not None} | {path.stem}
            for k, w in enumerate(written):
                last = k == len(written) - 1
                following = None if last else read[k + 1]
                declared = (
                    str(path) in self.crashed or bool(nodes & dead)
                    if last
                    else following is not None and following.crash is not None
                )
                if w.fields is None and not declared:
                    where = "" if last else " directly after it"
                    raise log_error(
                        w.place,
                        f"{w.torn}, and no crash is declared{where} that would have cut the line",
                        len(w.text.encode()),
                    )

    @property
    def left_out(self) -> tuple[tuple[LinePlace, str], ...]:
        """What lines say that the model does not have, though the rest of them is compared."""
        pairs = (
            (w, x)
            for ws, xs in zip(self.written, self.lines, strict=True)
            for w, x in zip(ws, xs, strict=True)
        )
        return tuple((w.place, x.left_out) for w, x in pairs if x is not None and x.left_out)

    @property
    def torn(self) -> tuple[LinePlace, ...]:
        """The lines that crashes cut."""
        return tuple(w.place for lines in self.written for w in lines if w.fields is None)


def read(
    paths: Sequence[Path],
    protocol: type[Protocol],
    sizes: Sizes,
    mapping: LogMapping | None,
    ignored: Collection[str] = (),
    crashed: Collection[str] = (),
    written: list[list[Written]] | None = None,
) -> Log:
    """Read logs, in the model's terms without a mapping. Use it inside the sizes.

    Raises InputError.
    """
    defines: dict[str, dict[str, Type]] = {}
    for name, method in protocol.methods("define").items():
        names = method.__code__.co_varnames[1 : method.__code__.co_argcount]
        defines[name] = dict(zip(names, parameter_types(method), strict=True))
    terms = ModelTerms(describe(protocol), defines)
    reader = ModelLog(terms, ignored) if mapping is None else mapping
    found = read_logs(paths) if written is None else written
    return Log(paths, protocol, sizes, found, reader, terms, crashed)


def validate(log: Log, hidden: int | None = None, most: int = MOST) -> Validation:
    """Look for a run of the model that explains a log. Use it inside the sizes.

    `hidden` steps may go before each line's own that the log does not show; by default none may,
    and a line that only they would explain leaves the outcome open. Raises StepError where a step
    that may explain a line is undefined.
    """
    return _Validator(log, hidden, most).outcome()


class _Validator:
    def __init__(self, log: Log, hidden: int | None, most: int) -> None:
        self.log, self.given, self.hidden = log, hidden, hidden or 0
        places = [[w.place for w in lines] for lines in log.written]
        self.needs = needs_of(
            [list(zip(p, ls, strict=True)) for p, ls in zip(places, log.lines, strict=True)]
        )
        self.judge = LineJudge(ModelSteps(log.protocol, log.sizes))
        self.search = LogSearch(self.judge, log.statements, self.needs, self.hidden, most)

    def outcome(self) -> Validation:
        if not any(said.compares for lines in self.log.statements for said in lines):
            nothing = "nothing was compared: no line says anything of the model"
            doubt = self._beyond() or nothing
            return self._validation(LogVerdict.INCONCLUSIVE, None, doubt)
        found = self.search.run()
        if not found.ends:
            doubt = "the model has no initial state: it has no run at all"
            return self._validation(LogVerdict.INCONCLUSIVE, None, doubt)
        if found.complete or not any(self._heads(cut) for cut, _ in found.ends):
            return self._complete(found)
        failure = self._failure(found)
        reason = self._doubt(found, failure)
        verdict = LogVerdict.UNEXPLAINED if reason is None else LogVerdict.INCONCLUSIVE
        return self._validation(verdict, found, reason, failure)

    def _complete(self, found: Found) -> Validation:
        taken = found.ends[0][1]
        steps = sum(len(t.steps) for t in ways(taken))
        reason = self._beyond()
        if reason is None and not steps:
            reason = "no line is of a step of the model: nothing happens in the log"
        verdict = LogVerdict.EXPLAINED if reason is None else LogVerdict.INCONCLUSIVE
        return self._validation(verdict, found, reason)

    def _beyond(self) -> str | None:
        """That lines are beyond the model."""
        n = len(self.log.beyond)
        return (
            f"{n} line{'s are' if n > 1 else ' is'} beyond the model at these sizes" if n else None
        )

    def _doubt(self, found: Found, failure: Unexplained) -> str | None:
        """Why it does not follow that no run explains the log."""
        if found.lost:
            return f"given up after {self.search.most:,} states more than there are lines"
        if self.log.beyond and len(self.log.written) > 1:
            return "lines of other files are beyond the model: what they did may explain this one"
        if self.given is None and (unshown := self._unshown(failure.further or ())):
            what = f"the log has no steps such as {unshown[0]}, which would explain the line"
            n = len(failure.further or ())
            return f"{what}: give --hidden {n} if it leaves them out"
        if any(not g.held and not g.file for a in failure.attempts for g in a.guards):
            return "the model's budget of faults is spent: give more with -f"
        return None

    def _heads(self, cut: Cut) -> list[int]:
        """The files whose next line could come next."""
        files = self.log.statements
        return [f for f, k in enumerate(cut) if k < len(files[f]) and ready(self.needs[f][k], cut)]

    def _stuck(self, cut: Cut, taken: Taken) -> list[int]:
        """Those of them that have no explanation; with hidden steps, all."""
        heads, files = self._heads(cut), self.log.statements
        if self.hidden:
            return heads
        return [f for f in heads if not any(self.judge.explained(taken.state, files[f][cut[f]]))]

    @cached_property
    def _kinds(self) -> set[tuple[str, frozenset[Value]]]:
        """The actions that the log names, with the processes that take them."""
        lines = (said for file in self.log.statements for said in file)
        return {self._kind(name, dict(args)) for said in lines for name, args in said.events or ()}

    def _kind(self, action: str, args: Mapping[str, Value]) -> tuple[str, frozenset[Value]]:
        return action, frozenset(v for v in args.values() if v in self.log.processes)

    def _unshown(self, steps: Sequence[Call]) -> list[Call]:
        """Those of a kind that the log has nowhere, so that it may leave them all out."""
        return [c for c in steps if self._kind(c.action, c.args) not in self._kinds]

    def _failure(self, found: Found) -> Unexplained:
        explainer = Explainer(self.judge)
        ends = found.ends
        tried = [
            (explainer.nearest(near, self.log.statements[f][cut[f]]), f, cut[f], taken)
            for cut, taken in ends[:MOST_ENDS]
            for f in self._stuck(cut, taken)
            for near in explainer.around(taken, self.hidden)
        ]
        _, f, k, _ = min(tried, key=lambda t: t[0].distance)
        here = sorted((a for a, g, j, _ in tried if (g, j) == (f, k)), key=lambda a: a.distance)
        attempts = list(dict.fromkeys(here))
        rows = list({t.state: t for _, g, j, t in tried if (g, j) == (f, k)}.values())
        line = self.log.written[f][k]
        further = explainer.further(rows, self.log.statements[f][k], self.hidden)
        widths = tuple(found.widths[max(0, found.lines - 4) : found.lines + 1])
        return Unexplained(line.place, line.text, tuple(attempts[:3]), len(ends), widths, further)

    def _validation(
        self,
        verdict: LogVerdict,
        found: Found | None,
        reason: str | None,
        failure: Unexplained | None = None,
    ) -> Validation:
        log = self.log
        taken = found.ends[0][1] if found is not None else None
        run = tuple(self._run(taken)) if taken is not None else ()
        return Validation(
            verdict,
            tuple(map(str, log.paths)),
            sum(map(len, log.written)),
            sum(s.compares for s in run),
            found.lines if found is not None else 0,
            self.hidden,
            sum(len(s.steps) for s in run),
            reason,
            failure,
            tuple(log.beyond),
            log.left_out,
            log.torn,
            run,
            getattr(log.mapping, "names", None),
        )

    def _run(self, taken: Taken) -> list[LogStep]:
        """The run, line by line."""
        at = [0] * len(self.log.written)
        found = []
        for t in list(ways(taken))[-2::-1]:
            w, line = self.log.written[t.file][at[t.file]], self.log.lines[t.file][at[t.file]]
            said = self.log.statements[t.file][at[t.file]]
            at[t.file] += 1
            steps = tuple(str(self.judge.model.call(step)) for step in t.steps)
            node = None if line is None else line.node
            found.append(LogStep(w.place, w.text, node, steps, said.compares, line))
        return found


def budgets(log: Log, given: Mapping[str, int] | None) -> dict[str, int]:
    """How often each fault may happen: as given, else as often as the log has it."""
    if given is not None:
        return dict(given)
    kinds = [kind for kind, _ in log.faults]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
