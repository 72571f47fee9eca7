"""quorate.toml and [tool.quorate]: what is wrong in them is said with file, line, key and value."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.errors import InputError
from quorate.checker.project.listed import ListedCheck, ListedConformance, ListedRefinement
from quorate.checker.project.reading import find_project
from quorate.checker.project.toml import lines_of

# In pyproject.toml: the source, the line, and what is said.
WRONG: dict[str, tuple[bytes, str]] = {
    "text": (
        b'[tool.quorate]\nsizes = {Acceptor = "three"}',
        ':2: [tool.quorate] sizes.Acceptor is "three", expected a whole number from 1 up',
    ),
    "truth": (b"[tool.quorate]\nsizes = {A = true}", "sizes.A is true, expected a whole number"),
    "fraction": (b"[tool.quorate]\nsizes = {A = 1.5}", "sizes.A is 1.5, expected a whole number"),
    "list": (b"[tool.quorate]\nsizes = {A = [3]}", "sizes.A is a list, expected a whole number"),
    "table": (b"[tool.quorate.sizes.A]\nb = 1", ":1: [tool.quorate] sizes.A is a table, expected"),
    "none": (b"[tool.quorate]\nsizes = {A = 0}", "sizes.A is 0, expected a whole number from 1"),
    "less": (b"[tool.quorate]\nfaults = {c = -1}", "faults.c is -1, expected a whole number from"),
    "date": (b"[tool.quorate]\nfaults = {c = 2026-01-01}", "faults.c is 2026-01-01, expected a"),
    "no table": (b"[tool.quorate]\nsizes = 3", ":2: [tool.quorate] sizes is 3, expected a table"),
    "none at all": (b"[tool]\nquorate = 3", ":2: tool.quorate is 3, expected a table"),
    "no tools": (b"tool = 'x'", ':1: tool is "x", expected a table'),
    "tables": (b"[[tool.quorate]]\nsizes = {A = 1}", ":1: tool.quorate is a list, expected a tab"),
    "key": (
        b"[tool.quorate]\n\nsize = {A = 1}",
        ":3: [tool.quorate] has no `size`; did you mean sizes?",
    ),
    "syntax": (b"[tool.quorate]\nsizes = {A = }", ":2:14: is not valid TOML: Invalid value"),
    "end": (b"[tool.quorate]\nsizes = [", ": is not valid TOML: "),
    "encoding": (b"[tool.quorate]\n# \xe9\n", ": is not UTF-8, which TOML is in"),
}

FIRST = "[[check]]\nprotocol = 'Paxos'\n"

# In the second check of a quorate.toml, from line 3 on.
WRONG_CHECK: dict[str, tuple[str, str]] = {
    "no protocol": (
        "[[check]]\nname = 'x'",
        ":3: check 2 has no `protocol`, expected path.py:Class, module:Class or a bundled name",
    ),
    "no text": ("[[check]]\nprotocol = 3", ":4: check 2 protocol is 3, expected a text"),
    "empty": ("[[check]]\nprotocol = ' '", ':4: check 2 protocol is " ", expected a text'),
    "unknown": (
        "[[check]]\nprotocol = 'Raft'\n\nhold = ['a']",
        ":6: check 2 has no `hold`; did you mean holds?",
    ),
    "size": (
        "[[check]]\nprotocol = 'Raft'\n[check.sizes]\nServer = 0",
        ":6: check 2 sizes.Server is 0, expected a whole number from 1 up",
    ),
    "names": (
        "[[check]]\nprotocol = 'R'\nholds = 'a'",
        ':5: check 2 holds is "a", expected a list',
    ),
    "some name": (
        "[[check]]\nprotocol = 'R'\nreached = [\n1]",
        ":5: check 2 reached is a list, exp",
    ),
    "depth": (
        "[[check]]\nprotocol = 'R'\nviolated.agreement = -2",
        ":5: check 2 violated.agreement is -2, expected a whole number from 0 up",
    ),
    "both": (
        "[[check]]\nprotocol = 'R'\nholds = ['a', 'b']\nviolated = ['b']",
        ':5: check 2 holds is "b", expected properties that are not in `violated` as well',
    ),
    "flag": ("[[check]]\nprotocol = 'R'\nprove = 1", ":5: check 2 prove is 1, expected true or fa"),
    "threads": ("[[check]]\nprotocol = 'R'\nthreads = 256", "threads is 256, expected at most 255"),
    "seconds": (
        "[[check]]\nprotocol = 'R'\nconform = {adapter = 'a.py:A', seconds = inf}",
        ":5: check 2 conform.seconds is inf, expected a number of seconds",
    ),
    "adapter and variant": (
        "[[check]]\nprotocol = 'R'\n[check.conform]\nadapter = 'a.py:A'\nimpl = 'x'",
        ':7: check 2 conform.impl is "x", expected no variant of the bundled implementation besi',
    ),
    "refine": (
        "[[check]]\nprotocol = 'R'\nrefine = {abstrct = 'Voting'}",
        ":5: check 2 refine has no `abstrct`; did you mean abstract?",
    ),
    "twice": ("[[check]]\nprotocol = 'Paxos'", ":3: two checks are called Paxos: give this one an"),
}


def _said(folder: Path) -> str:
    with pytest.raises(InputError) as raised:
        find_project(folder)
    assert raised.value.file is not None and str(raised.value).startswith(raised.value.file)
    return str(raised.value)


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_named(kind: str, tmp_path: Path) -> None:
    source, expected = WRONG[kind]
    (tmp_path / "pyproject.toml").write_bytes(source)
    assert expected in _said(tmp_path)


@pytest.mark.parametrize("kind", WRONG_CHECK)
def test_what_is_wrong_in_a_check_is_named(kind: str, tmp_path: Path) -> None:
    source, expected = WRONG_CHECK[kind]
    (tmp_path / "quorate.toml").write_text(FIRST + source)
    assert expected in _said(tmp_path)


def test_checks_that_are_no_tables(tmp_path: Path) -> None:
    (tmp_path / "quorate.toml").write_text("check = ['Paxos']")
    assert ":1: check is a list, expected tables, each with a header" in _said(tmp_path)


def test_a_check_has_all_that_is_said_of_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "quorate.toml").write_text(
        "sizes = {A = 3}\n"
        "[[check]]\n"
        "protocol = 'm.py:P'\n"
        "[[check]]\n"
        "name = 'all'\nprotocol = 'm.py:P'\nsizes = {A = 2}\nfaults = {crash = 0}\n"
        "holds = ['a']\nviolated = {b = 3}\nreached = ['c']\n"
        "deadlock = true\nsymmetry = true\npor = true\nstrict = true\nprove = true\n"
        "threads = 2\nlimit = 10\nrefine = 'Voting'\n"
        "[check.conform]\nadapter = 'a.py:A x'\nseconds = 5\nseed = 1\nhidden = 2\n"
        "accept = 'known.toml'\nstep_timeout = 0.5\n"
        "[[check]]\nname = 'ways'\nprotocol = 'm.py:Q'\nviolated = ['b']\nconform = 'a.py:A'\n"
        "refine = {mapping = 'm.py:f', prove = true}\n"
    )
    found = find_project(tmp_path)
    assert found.file == tmp_path / "quorate.toml" and found.sizes == {"A": 3}
    plain, whole, ways = found.checks
    assert plain == ListedCheck(name="P", protocol="m.py:P", line=2)
    assert whole == ListedCheck(
        name="all",
        protocol="m.py:P",
        line=4,
        sizes={"A": 2},
        faults={"crash": 0},
        holds=("a",),
        violated={"b": 3},
        reached=("c",),
        deadlock=True,
        symmetry=True,
        por=True,
        threads=2,
        limit=10,
        strict=True,
        prove=True,
        refine=ListedRefinement("Voting", None, False),
        conform=ListedConformance("a.py:A x", None, 5.0, 1, 2, "known.toml", 0.5),
    )
    assert ways.violated == {"b": None} and ways.refine == ListedRefinement(None, "m.py:f", True)
    assert ways.conform == ListedConformance("a.py:A", None, 60.0, 0, 0, None, None)


def test_a_list_may_be_in_pyproject_toml(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("\n[[tool.quorate.check]]\nprotocol = 'Paxos'\n")
    assert [(c.name, c.line) for c in find_project(tmp_path).checks] == [("Paxos", 2)]
    (tmp_path / "quorate.toml").touch()
    assert "has [tool.quorate], and there is quorate.toml beside it: keep one" in _said(tmp_path)


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.quorate]\nsizes = {A = 3}\nfaults = {c = 0}")
    (tmp_path / "below").mkdir()
    found = find_project(tmp_path / "below")
    assert (found.sizes, found.faults) == ({"A": 3}, {"c": 0})
    (tmp_path / "below" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    found = find_project(tmp_path / "below")
    assert (found.sizes, found.faults) == ({}, {})


def test_a_file_that_must_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:  # root may read everything
        raise PermissionError(13, "Permission denied")

    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(Path, "read_text", refuse)
    assert "pyproject.toml: cannot be read: Permission denied" in _said(tmp_path)


VALUES = {"1": (), "'x'": (), "[\n 1,\n 2]": (0, 1), "'''\n[no]\na = 1\n'''": (), "{b = 2}": ("b",)}
VALUE = st.sampled_from(sorted(VALUES))
STATEMENT = st.tuples(st.sampled_from(["", "# [x]\n", "\n\n", "[[t]]\n", "[[t]]\n[t.u]\n"]), VALUE)


@given(st.lists(STATEMENT, max_size=6))
def test_lines_of_keys(statements: list[tuple[str, str]]) -> None:
    """Of documents whose lines are counted while they are written."""
    text, table, tables = "", (), 0
    expected: dict[tuple[str | int, ...], int] = {}
    for number, (before, value) in enumerate(statements):
        for line in before.splitlines(keepends=True):
            here = text.count("\n") + 1
            if line == "[[t]]\n":
                table = ("t", tables)
                tables += 1
                expected.setdefault(("t",), here)
                expected[table] = here
            elif line == "[t.u]\n":
                table = (*table, "u")
                expected[table] = here
            text += line
        here = text.count("\n") + 1
        key = (*table, f"k{number}")
        expected |= {key: here} | {(*key, inner): here for inner in VALUES[value]}
        text += f"k{number} = {value}\n"
    assert lines_of(text) == expected
