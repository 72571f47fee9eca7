"""The files of a log, read against a model: what each line says, and what crashes cut."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from quorate.checker.conform.adapters.subject import setting_of
from quorate.checker.errors import InputError
from quorate.checker.loading import name_of
from quorate.model.language.declare.delivery import parameter_types
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import Type
from quorate.model.language.description import describe
from quorate.traces import FrozenMap

from .line import Beyond, LogMapping, Says, Unreadable
from .model_log import ModelLog
from .reading import LinePlace, Written, log_error, read_logs
from .said import Said
from .terms import ModelTerms

ANY = Said(None, True, False, (), frozenset(), frozenset(), ())
"""What a line says that was cut: a step may have happened."""

SILENT = Said((), True, False, (), frozenset(), frozenset(), ())
"""What a line says that says nothing of the model."""


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
            if line.beyond is not None:
                self.beyond.append((w.place, line.beyond))
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


def budgets(log: Log, given: Mapping[str, int] | None) -> dict[str, int]:
    """How often each fault may happen: as given, else as often as the log has it."""
    if given is not None:
        return dict(given)
    kinds = [kind for kind, _ in log.faults]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
