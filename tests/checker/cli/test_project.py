"""[tool.quorate] in pyproject.toml: what is wrong in it is said with the file, key and value."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.checker.cli.project import project_defaults
from quorate.checker.errors import InputError

WRONG: dict[str, tuple[bytes, str]] = {
    "text": (
        b'[tool.quorate]\nsizes = {Acceptor = "three"}',
        ': [tool.quorate] sizes.Acceptor is "three", expected a whole number from 1 up',
    ),
    "truth": (b"[tool.quorate]\nsizes = {A = true}", "sizes.A is true, expected a whole number"),
    "fraction": (b"[tool.quorate]\nsizes = {A = 1.5}", "sizes.A is 1.5, expected a whole number"),
    "list": (b"[tool.quorate]\nsizes = {A = [3]}", "sizes.A is a list, expected a whole number"),
    "table": (b"[tool.quorate.sizes.A]\nb = 1", "sizes.A is a table, expected a whole number"),
    "none": (b"[tool.quorate]\nsizes = {A = 0}", "sizes.A is 0, expected a whole number from 1"),
    "less": (
        b"[tool.quorate]\nfaults = {c = -1}",
        "faults.c is -1, expected a whole number from 0",
    ),
    "date": (
        b"[tool.quorate]\nfaults = {c = 2026-01-01}",
        "faults.c is 2026-01-01, expected a who",
    ),
    "no table": (b"[tool.quorate]\nsizes = 3", ": [tool.quorate] sizes is 3, expected a table"),
    "none at all": (b"[tool]\nquorate = 3", ": [tool.quorate] is 3, expected a table"),
    "no tools": (b"tool = 'x'", ': [tool] is "x", expected a table'),
    "tables": (
        b"[[tool.quorate]]\nsizes = {A = 1}",
        ": [tool.quorate] is a list, expected a table",
    ),
    "key": (
        b"[tool.quorate]\nsize = {A = 1}",
        ": [tool.quorate] has no `size`; it has sizes, faults; did you mean sizes?",
    ),
    "syntax": (b"[tool.quorate]\nsizes = {A = }", ":2:14: is not valid TOML: Invalid value"),
    "end": (b"[tool.quorate]\nsizes = [", ": is not valid TOML: "),
    "encoding": (b"[tool.quorate]\n# \xe9\n", ": is not UTF-8, which TOML is in"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_named(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    source, expected = WRONG[kind]
    path.write_bytes(source)
    with pytest.raises(InputError) as raised:
        project_defaults(tmp_path)
    said = str(raised.value)
    assert said.startswith(str(path)) and expected in said
    assert raised.value.file == str(path)


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.quorate]\nsizes = {A = 3}\nfaults = {c = 0}")
    (tmp_path / "below").mkdir()
    assert project_defaults(tmp_path / "below") == {"sizes": {"A": 3}, "faults": {"c": 0}}
    (tmp_path / "below" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert project_defaults(tmp_path / "below") == {"sizes": {}, "faults": {}}


def test_a_file_that_must_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:  # root may read everything
        raise PermissionError(13, "Permission denied")

    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(InputError, match=r"pyproject.toml: cannot be read: Permission denied"):
        project_defaults(tmp_path)
