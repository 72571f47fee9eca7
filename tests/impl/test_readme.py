"""The folder's README: its tables are the code's."""

from __future__ import annotations

from pathlib import Path

import quorate.impl
from quorate.impl import multipaxos, paxos
from quorate.impl.lease import node
from quorate.impl.raft import rules
from quorate.impl.store import store
from quorate.impl.tables import as_markdown

FOLDER = Path(quorate.impl.__file__).parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def tables_of(package):
    return {role: getattr(package, role).TABLE for role in ("acceptor", "proposer", "learner")}


def test_the_tables_are_the_codes():
    assert as_markdown(tables_of(paxos)) in README
    assert as_markdown({"lease": node.TABLE}) in README
    assert as_markdown({"store": store.TABLE}) in README
    assert as_markdown(tables_of(multipaxos)) in README
    assert as_markdown({"server": rules.TABLE}) in README


def test_the_map_names_every_module_and_folder():
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    folders = {f"{path.parent.name}/" for path in FOLDER.glob("*/__init__.py")}
    assert {name for name in modules | folders if f"`{name}`" not in README} == set()
