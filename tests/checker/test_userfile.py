"""A model, an adapter or a mapping that cannot be read: the file is named, and where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from quorate.checker.cli.watch import _users
from quorate.checker.conform.adapters.loading import load_adapter
from quorate.checker.errors import InputError
from quorate.checker.loading import load_protocol
from quorate.checker.project.kept import imported
from quorate.checker.refine.finding import own
from quorate.checker.user_file import run_file
from quorate.model.paxos import Paxos

UNREADABLE: dict[str, tuple[bytes, str]] = {
    "binary": (b"\x7fELF\0\1\2", "is a binary file, expected Python source"),
    "utf-16": ("x = 1\n".encode("utf-16"), "is a binary file, expected Python source"),
    "latin-1": (b"x = 1\n\ny = 2\nz = '\xe9'\n", ":4: found the byte 0xe9, which is not UTF-8"),
    "early": (b"x = '\xe9'\n", "invalid or missing encoding declaration; expected Python source"),
    "encoding": (b"# -*- coding: klingon -*-\n", "unknown encoding: klingon; expected Python sour"),
    "syntax": (b"\nclass X(\n", ":2:8: '(' was never closed"),
    "tabs": (b"if 1:\n\tx = 1\n        y = 1\n", ":3:1: inconsistent use of tabs and spaces"),
    "deep": (b"x = " + b"-" * 100_000 + b"1", "is nested too deeply for Python to read"),
    "raises": (b"\n\n1 / 0\n", ":3: ZeroDivisionError while the file was read: division by zero"),
    "misspelt": (b"def action(f): ...\n@acton\ndef f(): ...\n", "did you mean action?"),
    "exits": (b"raise SystemExit(0)\n", ":1: SystemExit while the file was read: 0"),
    "imports": (b"import nowhere_at_all\n", ":1: ModuleNotFoundError while the file was read"),
    "unshowable": (
        b"class E(Exception):\n    def __str__(self): return 1 / 0\nraise E\n",
        ":3: E while the file was read: an error that cannot be shown",
    ),
}


def message(what: str, name: str) -> str:
    """What is said when a file is to hold a model, an adapter or a mapping."""
    with pytest.raises(InputError) as raised:
        if what == "model":
            load_protocol(f"{name}:X")
        elif what == "adapter":
            load_adapter(f"{name}:X")
        else:
            own(f"{name}:x", Paxos, Paxos)
    assert raised.value.file == name
    return str(raised.value)


@pytest.mark.parametrize("what", ["model", "adapter", "mapping"])
@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_that_cannot_be_read(
    kind: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source, expected = UNREADABLE[kind]
    Path("mine.py").write_bytes(source)
    said = message(what, "mine.py")
    assert said.startswith("mine.py:") and expected in said


@pytest.mark.parametrize("what", ["model", "adapter", "mapping"])
def test_what_is_no_file(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.py").mkdir()
    os.mkfifo("pipe.py")
    Path("link.py").symlink_to("gone.py")
    Path("sealed.py").touch()
    assert "folder.py: is a directory, expected a Python file with a" in message(what, "folder.py")
    assert message(what, "pipe.py") == "pipe.py: is not a regular file, expected a Python file"
    assert message(what, "link.py") == "link.py: no such file: it is a link to gone.py"
    assert message(what, "seald.py") == "seald.py: no such file; did you mean sealed.py?"

    def refuse(_: Path) -> bytes:  # root may read everything: the refusal is played
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert message(what, "sealed.py") == "sealed.py: cannot be read: Permission denied"


@pytest.mark.parametrize("name", ["", ":", ":X", "a b:X", "..foo:X", "1:X"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(InputError, match=r"no such protocol; expected path\.py:Class"):
        load_protocol(name)


def test_a_file_imports_its_siblings_as_of_a_package(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    (folder / "parts").mkdir(parents=True)
    (folder / "parts" / "__init__.py").write_text("from ..other import SIZE\n")
    (folder / "other.py").write_text("SIZE = 3\n")
    (folder / "mine.py").write_text("from . import other\nfrom .parts import SIZE\n")
    module = run_file(folder / "mine.py", "a protocol")
    assert module.SIZE == module.other.SIZE == 3
    content = (folder / "mine.py").read_bytes()
    known = {found.__file__ for found in imported(module, content) if hasattr(found, "__file__")}
    assert known == {str(folder / "other.py"), str(folder / "parts" / "__init__.py")}
    assert folder / "other.py" in _users([folder]).values()  # which --watch reads again
    outside = tmp_path / "models" / "outside.py"
    outside.write_text("from ..elsewhere import x\n")
    with pytest.raises(InputError, match=r"outside\.py:1: ImportError while the file was read"):
        run_file(outside, "a protocol")


def test_an_adapter_imports_its_siblings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("beside_the_adapter.py").write_text("class Base:\n    def start(self, *_): pass\n")
    Path("mine.py").write_text(
        "from beside_the_adapter import Base\n\n\nclass Mine(Base):\n"
        "    def perform(self, *_): pass\n    def observe(self): return {}\n"
    )
    assert type(load_adapter("mine.py:Mine")).__name__ == "Mine"
