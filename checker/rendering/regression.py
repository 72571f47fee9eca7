"""A pytest file that repeats runs on an implementation, and fails while it does otherwise."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from quorate.checker.conform.adapters.foreign import PREFIX
from quorate.checker.conform.driving.following import distinguishing
from quorate.checker.conform.driving.repeating import FoundDifference
from quorate.checker.conform.replaying.battery import MutantReplayed
from quorate.checker.conform.replaying.recorded import sizes_of
from quorate.checker.conform.replaying.replay import Replay, ReplayVerdict
from quorate.checker.errors import InputError
from quorate.checker.user_file import is_file_name
from quorate.model.language import Protocol, Sizes
from quorate.model.language.declare.types import MessagesType
from quorate.model.language.description import describe
from quorate.traces import Trace, Value
from quorate.traces.files import replacing

from .literals import WIDTH, Layout, lines, mapping, on_one_line, text, value_layout

MARK = "Written by `quorate`, which overwrites this file as long as this line stands."

HERE = "HERE = Path(__file__).parent"


@dataclass(frozen=True)
class Origin:
    """By which names a model and an implementation are found again."""

    protocol: str
    adapter: str | None
    variant: str | None
    """Of the bundled implementation; None where there is an adapter."""
    step_timeout: float | None = None
    hidden: int = 0


@dataclass(frozen=True)
class TestStep:
    """One step of a run."""

    action: str
    args: Mapping[str, Value]
    disabled: bool = False
    """Whether the model disables it there."""


@dataclass(frozen=True)
class RunTest:
    """One run, and what is wrong with it."""

    name: str
    says: str
    calls: Sequence[TestStep]
    compared: str | None = None
    """The variable that must be compared."""
    initial: Mapping[str, Value] = field(default_factory=dict)
    mutant: bool = False
    """Whether the run is a mutant's: the implementation must not follow it."""
    model: tuple[str, Sizes] | None = None
    """The mutant's name and sizes, where the file is about another model."""


def of_difference(d: FoundDifference, protocol: type[Protocol], sizes: Sizes) -> RunTest:
    """The test that fails while there is a difference."""
    calls = [TestStep(s.call.action, s.call.args, s.probe) for s in d.run]
    if d.tried is not None:
        forbidden = any(not guard.held for guard, _ in d.guards)
        calls.append(TestStep(d.tried.action, d.tried.args, forbidden))
    initial = {} if d.trace is None else distinguishing(protocol, sizes, d.trace.initial)
    shown = [v.name for v in describe(protocol).variables if not isinstance(v.type, MessagesType)]
    compared = d.variable if d.variable in shown else None
    return RunTest(d.name, f"What is wrong: {d.kind.meaning}", calls, compared, initial)


def of_replay(
    found: Replay, trace: Trace, protocol: type[Protocol], sizes: Sizes
) -> RunTest | None:
    """The test that fails while an implementation diverges, or has a mutant's bug."""
    initial = distinguishing(protocol, sizes, trace.initial)
    if found.verdict is ReplayVerdict.REPRODUCED:
        says = f"It must not do all that breaks {found.violated} in the model"
        steps = [TestStep(s.action, dict(s.args)) for s in trace.steps]
        return RunTest(f"refuses_{found.violated}", says, steps, None, initial, mutant=True)
    if found.verdict is not ReplayVerdict.DIVERGES or found.divergence is None:
        return None
    kept = trace.steps[: found.divergence.step]
    steps = [TestStep(s.action, dict(s.args)) for s in kept]
    name = f"{kept[-1].action}_as_the_model" if kept else "starts_as_the_model"
    return RunTest(name, "It must do what the model does", steps, None, initial)


def of_mutant(m: MutantReplayed) -> RunTest | None:
    """The test that fails while an implementation has a mutant's bug."""
    if m.replay is None or m.trace is None or not m.has_bug:
        return None
    test = of_replay(m.replay, m.trace, m.protocol, sizes := sizes_of(m.trace, m.protocol))
    name, model = f"refuses_{m.name}", (m.trace.protocol, sizes)
    return None if test is None else replace(test, name=name, model=model)


def refuse_others(path: Path) -> None:
    """Make sure that a file is not there, or was written here. Raises InputError."""
    try:
        written = MARK in path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError):
        written = False
    if not written:
        raise InputError(f"{path}: is there, and was not written by quorate: give another name")


def write(
    path: Path,
    origin: Origin | None,
    sizes: Sizes,
    tests: Sequence[RunTest],
) -> int:
    """Write the tests to a file, unless there are none; how many there are. Raises InputError."""
    if origin is None:
        raise InputError(
            "a test has to find the adapter again: give it by its name, 'path.py:Class', with "
            "arguments after it, or as an object of a class at the top of a module that is made "
            "without arguments"
        )
    if tests:
        refuse_others(path)
        text = source(path, origin, dict(sizes), sizes.faults, tests)
        with replacing(path) as partial:
            partial.write_text(text, encoding="utf-8", newline="\n")
    return len(tests)


def source(
    path: Path,
    origin: Origin,
    sizes: Mapping[str, int],
    faults: Mapping[str, int],
    tests: Sequence[RunTest],
) -> str:
    """The test file as it is to be written to `path`."""
    folder = Path(os.path.realpath(path)).parent
    head = [f"MODEL = {_place(origin.protocol, folder)}"]
    if origin.adapter is not None:
        head += _adapter(origin.adapter, folder)
    head += lines(_numbers(sizes), 0, "SIZES = ")
    if faults:
        head += lines(_numbers(faults), 0, "FAULTS = ")
    body = [
        line for test in tests for line in ("", "", *_function(test, origin, bool(faults), folder))
    ]
    whole = "\n".join([*head, *body])
    if "HERE" in whole:
        whole = f"{HERE}\n{whole}"
    values = [name for name in ("FrozenMap", "Record") if re.search(rf"\b{name}\(", whole)]
    imports = ["import shlex"] if "shlex." in whole else []
    imports += ["from pathlib import Path"] if "HERE" in whole else []
    imports += [""] if imports else []
    imports += ["import quorate"]
    imports += [f"from quorate.traces import {', '.join(values)}"] if values else []
    says = '"""Runs on which an implementation must do what the model does.'
    return "\n".join([says, "", MARK, '"""', "", *imports, "", whole, ""])


def _numbers(given: Mapping[str, int]) -> Layout:
    return mapping([(name, str(n)) for name, n in given.items()])


def _function(test: RunTest, origin: Origin, faults: bool, folder: Path) -> Iterator[str]:
    yield f"def test_{re.sub(r'[^0-9A-Za-z_]', '_', test.name)}() -> None:"
    yield f'    """{test.says}."""'
    yield from _run(test.calls)
    model, sizes = "MODEL", ["sizes=SIZES", *(["faults=FAULTS"] if faults else [])]
    if test.model is not None:
        model, sizes = "model", ["sizes=sizes"]
        yield f"    model = {_place(test.model[0], folder)}"
        yield from lines(_numbers(test.model[1]), 4, "sizes = ")
        if test.model[1].faults:
            yield from lines(_numbers(test.model[1].faults), 4, "faults = ")
            sizes.append("faults=faults")
    given: list[Layout] = [model, "None" if origin.adapter is None else "ADAPTER", "run"]
    given += [] if origin.variant is None else [f"variant={text(origin.variant)}"]
    given += sizes
    if test.initial:
        yield from lines(
            mapping([(n, value_layout(v)) for n, v in test.initial.items()]), 4, "initial = "
        )
        given.append("initial=initial")
    if origin.hidden:
        given.append(f"hidden={origin.hidden}")
    if origin.step_timeout is not None:
        given.append(f"step_timeout={origin.step_timeout!r}")
    call: Layout = ("quorate.follow(", ")", given)
    yield from lines(call, 4, "result = ")
    if test.mutant:
        yield '    assert result.violation is not None, f"\\n{result}"'
        return
    yield '    assert result.holds, f"\\n{result}"'
    if test.compared is not None:
        yield f"    assert {text(test.compared)} not in result.unseen"


def _run(calls: Sequence[TestStep]) -> Iterator[str]:
    if not calls:
        yield "    run = []"
        return
    nodes: list[Layout] = []
    for call in calls:
        args = mapping([(n, value_layout(v)) for n, v in call.args.items()])
        nodes.append(("(", ")", [text(call.action), args]))
    if not any(call.disabled for call in calls):
        one = f"    run = [{', '.join(map(on_one_line, nodes))}]"
        if len(calls) == 1 and len(one) <= WIDTH:
            yield one
            return
    yield "    run = ["
    for call, node in zip(calls, nodes, strict=True):
        if call.disabled:
            yield "        # Disabled by the model: it must do nothing."
        yield from lines(node, 8, after=",")
    yield "    ]"


def _place(name: str, folder: Path) -> str:
    """A `path.py:Class`, seen from the folder of the test; a `module:Class` as it is."""
    place, _, wanted = name.partition(":")
    return _from_here(place, folder, f":{wanted}") if is_file_name(place) else text(name)


def _adapter(name: str, folder: Path) -> Iterator[str]:
    if not name.startswith(PREFIX):
        yield f"ADAPTER = {_place(name, folder)}"
        return
    words = shlex.split(name.removeprefix(PREFIX))
    found = [_from_here(w, folder, "") if Path(w).is_file() else text(w) for w in words]
    yield from lines(("[", "]", found), 0, "COMMAND = ")
    yield f'ADAPTER = f"{PREFIX}{{shlex.join(COMMAND)}}"'


def _from_here(file: str, folder: Path, rest: str) -> str:
    relative = Path(os.path.relpath(os.path.realpath(file), folder)).as_posix() + rest
    return 'f"{HERE}/' + text(relative.replace("{", "{{").replace("}", "}}"))[1:-1] + '"'
