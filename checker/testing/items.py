"""A file of protocols, and each of their properties as a test: `Paxos::agreement[3,3,2]`.

The sizes come last, as parameters do: pytest takes a bracket for the end of a test's name.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quorate import QuorateError, UnmetError
from quorate.checker.results import DEADLOCK

if TYPE_CHECKING:
    from quorate.model.language import Protocol, Sizes

    from .findings import Findings
    from .specs import ProtocolSpec


class VacuityWarning(pytest.PytestWarning):
    """Why a pass may mean less than it seems."""


class ProtocolFile(pytest.File):
    """A file with protocols that are tests."""

    def __init__(self, *, specs: list[ProtocolSpec], **given: Any) -> None:
        super().__init__(**given)
        self._specs = specs

    def collect(self) -> list[ProtocolNode]:
        from quorate.checker.cli.failures import failure_of

        try:
            return self._protocols()
        except QuorateError as error:
            raise self.CollectError(failure_of(error).text()) from error

    def _protocols(self) -> list[ProtocolNode]:
        from .findings import Findings

        found: dict[str, dict[str, Findings]] = {}
        for spec in self._specs:
            for protocol, sizes in _protocols(spec):
                at_sizes = found.setdefault(protocol.__name__, {})
                at_sizes.setdefault(_shown(sizes), Findings(protocol, sizes))
        return [
            ProtocolNode.from_parent(self, name=name, findings=at_sizes)
            for name, at_sizes in found.items()
        ]


class ProtocolNode(pytest.Collector):
    """A protocol, at the sizes that are asked for."""

    def __init__(self, *, findings: dict[str, Findings], **given: Any) -> None:
        super().__init__(**given)
        self._findings = findings

    def collect(self) -> Iterator[PropertyItem]:
        xdist = self.config.pluginmanager.hasplugin("xdist")
        for sizes, findings in self._findings.items():
            for part in findings.properties():
                name = f"{part}[{sizes}]"
                item = PropertyItem.from_parent(
                    self,
                    name=name,
                    nodeid=f"{self.nodeid}::{name}",  # read as --last-failed reads its file
                    part=part,
                    findings=findings,
                )
                item.add_marker("quorate")
                if xdist:
                    item.add_marker(pytest.mark.xdist_group(f"{self.nodeid}[{sizes}]"))
                yield item


class PropertyItem(pytest.Item):
    """A property of states or runs that has to hold, or a goal that has to be reached."""

    def __init__(self, *, part: str, findings: Findings, **given: Any) -> None:
        super().__init__(**given)
        self._part, self._findings = part, findings

    def runtest(self) -> None:
        unmet = self._findings.unmet(self._part)
        for text in self._findings.new_warnings():
            self.warn(VacuityWarning(f"{self._findings.protocol.__name__}: {text}"))
        if unmet is not None:
            raise UnmetError(unmet)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The counterexample or, of any other error, what the command says."""
        from quorate.checker.cli.failures import failure_of

        if isinstance(excinfo.value, UnmetError):
            return str(excinfo.value)
        if isinstance(excinfo.value, QuorateError):
            return failure_of(excinfo.value).text()
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self._line, self.name

    @cached_property
    def _line(self) -> int | None:
        """The property's line, from 0; None if it stands in another file, as one inherited may.

        That of deadlock freedom is where a run may end.
        """
        protocol = self._findings.protocol
        names = protocol.methods("final") if self._part == DEADLOCK else [self._part]
        method = getattr(protocol, next(iter(names)))
        try:
            file, line = inspect.getsourcefile(method), inspect.getsourcelines(method)[1] - 1
        except (OSError, TypeError):
            return None
        return line if file is not None and Path(file).resolve() == self.path else None


def _protocols(spec: ProtocolSpec) -> Iterator[tuple[type[Protocol], Sizes]]:
    from quorate.checker.cli.sizing import sized
    from quorate.checker.loading import load_protocol, protocols_in

    names = [spec.named] if spec.named else protocols_in(spec.module)
    for name in names:
        protocol = load_protocol(f"{spec.module}:{name}")
        sizes, faults = _numbers(spec.sizes, protocol)
        yield protocol, sized(protocol, sizes, faults)


def _numbers(text: str, protocol: type[Protocol]) -> tuple[dict[str, int], dict[str, int]]:
    """Sizes and budgets of `3,Ballot=2,crash=1`. Raises InputError."""
    from quorate.checker.errors import InputError
    from quorate.model.language import QuorumSystem

    parts = [part.strip() for part in text.split(",") if part.strip()]
    printed = {n: s for n, s in protocol.sorts().items() if not issubclass(s, QuorumSystem)}
    free = [n for n, s in printed.items() if getattr(s, "size", None) is None]
    # A size that is fixed is printed as well, so it may be given, too.
    fixed_too = sum("=" not in part for part in parts) > len(free)
    unnamed = iter(printed if fixed_too else free)
    sizes: dict[str, int] = {}
    faults: dict[str, int] = {}
    for part in parts:
        found = re.fullmatch(r"((\w+)=)?(\d+)", part)
        name = None if found is None else found[2] or next(unnamed, None)
        if found is None or name is None:
            known = ", ".join(printed)
            raise InputError(
                f"{protocol.__name__}[{text}]: found {part}, expected sizes of {known}, and "
                "budgets such as crash=1"
            )
        (faults if name in protocol.budgets() else sizes)[name] = int(found[3])
    return sizes, faults


def _shown(sizes: Sizes) -> str:
    faults: Iterable[str] = (f"{kind}={n}" for kind, n in sizes.faults.items() if n)
    return ",".join([*(str(n) for _, n in sizes.items()), *faults])
