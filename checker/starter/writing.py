"""Writing the files of a new project, all or none."""

from __future__ import annotations

import keyword
import os
import re
import shutil
from importlib.resources import files
from pathlib import Path
from string import Template

from quorate.checker.errors import InputError

SUFFIX = ".in"
PLACES = {"workflow.yml": ".github/workflows/quorate.yml", "gitignore": ".gitignore"}
"""Where a template is written, if not under its own name."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*")


def write_project(name: str, folder: Path) -> list[Path]:
    """Write a new project into a new folder, called as the project; the files, relative to it.

    Raises InputError for a name that no class can be called after, or that is taken.
    """
    project = folder / name
    meaning = {"name": name, "Protocol": _class_name(name)}
    if project.exists() or project.is_symlink():
        raise InputError(f"{project}: exists already, and is left as it is", str(project))
    if not folder.is_dir():
        raise InputError(f"{folder}: no such directory to write {name} in", str(folder))
    made = folder / f".{name}.{os.getpid()}"
    templates = _templates()
    try:
        for place, text in templates:
            (made / place).parent.mkdir(parents=True, exist_ok=True)
            filled = Template(text).safe_substitute(meaning)
            (made / place).write_text(filled, encoding="utf-8")
        made.rename(project)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return sorted(Path(place) for place, _ in templates)


def _class_name(name: str) -> str:
    """`my-lock` as a class: MyLock. Raises InputError."""
    found = "".join(part[:1].upper() + part[1:] for part in re.split("[-_]", name))
    if NAME.fullmatch(name) is None or keyword.iskeyword(found):
        raise InputError(
            f"{name or 'an empty name'}: found no name for a project, expected letters and digits, "
            "as in my-lock"
        )
    if found in _names_in_use():
        raise InputError(f"{name}: the protocol would be called {found}, as something in it is")
    return found


def _names_in_use() -> set[str]:
    """The names that the files of the project use themselves."""
    texts = (text for place, text in _templates() if place.endswith(".py"))
    return set(re.findall(r"(?<!\$)\b[A-Z]\w*", " ".join(texts)))


def _templates() -> list[tuple[str, str]]:
    """Each file's place in the project, and its template."""
    found = []
    for entry in files(__package__).joinpath("template").iterdir():
        name = entry.name.removesuffix(SUFFIX)
        if name != entry.name:
            found.append((PLACES.get(name, name), entry.read_text(encoding="utf-8")))
    return found
