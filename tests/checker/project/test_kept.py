"""The cache of verdicts: whatever a verdict depends on is part of its key."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quorate.checker import deciding
from quorate.checker.explore.codegen import cache
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.loading import load_protocol
from quorate.checker.project import kept
from quorate.checker.project.results import CheckEnding, CheckPart
from quorate.checker.reports.cases import VIOLATED, CaseStatus, ReportCase
from quorate.checker.results import from_the_start
from quorate.model.language import ModelError, Protocol
from tests.checker.reports.test_reports import trace
from tests.support.strategies import Source, loaded, sized, sources

MODEL = """\
from quorate.model.language import *
from kept_helper import WANTED


class Node(Sort): ...


class Base(Protocol):
    on: Map[Node, bool] = durable(False)

    @action
    def inherited(self, n: Node) -> None:
        require(not self.on[n])
        self.on[n] = True

    @invariant
    def bounded(self) -> bool:
        return all(self.on[n] or not self.on[n] for n in Node)


class Model(Base):
    @action(fair="weak")
    def switch_off(self, n: Node) -> None:
        require(self.on[n] == WANTED)
        self.on[n] = False

    @always_eventually
    def quiet(self) -> bool:
        return all(not self.on[n] for n in Node)


class Other(Base):
    pass
"""
HELPER = "from kept_deeper import WANTED\n"
DEEPER = "WANTED = True\n"

# What is changed: the file, the text in it, and what is there instead.
CHANGES = {
    "a guard": ("kept_model.py", "require(not self.on[n])", "require(True)"),
    "an effect": ("kept_model.py", "self.on[n] = False", "self.on[n] = True"),
    "an invariant": ("kept_model.py", "or not self.on[n] for", "or self.on[n] for"),
    "a property of runs": ("kept_model.py", "all(not self.on", "any(not self.on"),
    "what is fair": ("kept_model.py", 'fair="weak"', 'fair="strong"'),
    "the start": ("kept_model.py", "durable(False)", "durable(True)"),
    "what a crash resets": ("kept_model.py", "= durable", "= volatile"),
    "a comment": ("kept_model.py", "class Node", "# a note\nclass Node"),
    "an import": ("kept_helper.py", "WANTED\n", "WANTED  # so\n"),
    "an import of an import": ("kept_deeper.py", "True", "False"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, text in (("model", MODEL), ("helper", HELPER), ("deeper", DEEPER)):
        (tmp_path / f"kept_{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    _forget()


def _forget() -> None:
    for name in ("kept_helper", "kept_deeper"):
        sys.modules.pop(name, None)


def _key(*asked: object, name: str = "kept_model.py:Model") -> str:
    _forget()
    return kept.key_of(load_protocol(name), name, *asked)


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_the_model_changes_the_key(what: str, folder: Path) -> None:
    file, old, new = CHANGES[what]
    before = _key()
    assert before == _key()
    source = (folder / file).read_text()
    assert old in source
    (folder / file).write_text(source.replace(old, new))
    assert _key() != before


def test_a_change_of_the_rest_changes_the_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [_key(), _key({"Node": 2}), _key({"Node": 3}), _key({"Node": 2}, True), _key("a", "b")]
    keys += [_key("ab"), _key(name="kept_model.py:Other"), _key(name="./kept_model.py:Model")]
    for package in ("quorate", "z3-solver", "llvmlite"):
        with monkeypatch.context() as patched:
            newer = {package: "9.9"}
            patched.setattr(deciding, "_version", lambda p, newer=newer: newer.get(p, "1"))
            deciding.deciding.cache_clear()
            keys.append(_key())
    deciding.deciding.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(kept, "quorate", lambda: "other code")
        keys.append(_key())
    assert len(set(keys)) == len(keys)
    assert _key() == keys[0]


def test_the_files_of_a_protocol(folder: Path) -> None:
    _forget()
    found = [Path(file).name for file, _ in kept.sources(load_protocol("kept_model.py:Model"))]
    assert found == ["kept_deeper.py", "kept_helper.py", "kept_model.py"]
    assert kept.sources(load_protocol("Paxos")) == []  # Quorate's own code has a hash of its own


def test_quorates_code_is_all_of_it() -> None:
    hashed = {p for part in deciding.PARTS for p in (deciding.ROOT / part).rglob("*.py")}
    for module in ("quorate.checker.refine.explored", "quorate.model.paxos", "quorate._listed"):
        __import__(module)
        assert Path(sys.modules[module].__file__ or "").resolve() in hashed


FLIPPED = {"==": "!=", "!=": "==", "<=": "<", "and": "or", "or": "and", "all(": "any("}
FLIPPED |= {"any(": "all(", "True": "False", "False": "True", "+ 1": "+ 0"}
TOKEN = re.compile("|".join(rf"(?<!\w){re.escape(t)}" for t in FLIPPED))


@pytest.mark.exhaustive  # the table above has one of each kind
@given(sources(), st.integers(0, 10**6))
def test_what_means_the_same_does_the_same(source: Source, number: int) -> None:
    """A generated protocol read twice, and with one token of it changed."""
    tokens = list(TOKEN.finditer(source.text))
    assume(tokens)
    token = tokens[number % len(tokens)]
    text = source.text[: token.start()] + FLIPPED[token[0]] + source.text[token.end() :]
    with (
        loaded(source) as one,
        loaded(source) as again,
        loaded(replace(source, text=text)) as other,
    ):
        assert kept.meaning(one) == kept.meaning(again)
        try:
            meaning = kept.meaning(other)
        except ModelError:
            return
        if meaning == kept.meaning(one):
            assert _explored(one, source) == _explored(other, source)


def _explored(protocol: type[Protocol], source: Source) -> object:
    """What the reference explorer finds among the first states."""
    found = from_the_start(lambda: explore_reference(protocol, sized(protocol, source), limit=200))
    return found.outcome, found.states, found.transitions, found.depth, found.violated


def test_a_verdict_is_read_back_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path))
    case = ReportCase("safe", VIOLATED, CaseStatus.FAILED, "wrong", None, trace(3))
    part = CheckPart(CheckEnding.VIOLATED, "wrong", (case,), {"states": 3}, 0.5)
    kept.save("k", part)
    assert kept.load("k") == part


def test_what_is_damaged_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path))
    kept.save("k", ("a verdict", 1))
    assert kept.load("k") == ("a verdict", 1)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-40])
    assert kept.load("k") is None and kept.load("other") is None
    assert cache.kept("verdict-k") is None
