"""Every block of the documentation runs, and prints what it says it prints.

A `python` block with `title=name.py` is a file to write; other `python` blocks of a page run one
after the other in one namespace; `console` blocks are run command by command. `make` is not run
from within the tests.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from .documentation import ROOT, Block, blocks, matches, run_command, sessions, settled

PAGES = ["README.md", *(f"{p}/README.md" for p in ("model", "checker", "impl", "traces"))]
PAGES += ["checker/prove/README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_page(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ROOT / page
    assert path.is_file()
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "documentation"}
    for block in blocks(path):
        if block.title is not None:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            run_python(page, block, names)
        elif block.language == "console":
            run_console(page, block, tmp_path)


def run_python(page: str, block: Block, names: dict[str, object]) -> None:
    code = compile("\n" * block.line + block.text, page, "exec")
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, names)


def run_console(page: str, block: Block, folder: Path) -> None:
    for command, shown in sessions(block.text):
        if command.startswith(("make ", "git ")):
            continue
        printed = settled(run_command(command, folder))
        assert matches(settled(shown), printed), (
            f"{page}:{block.line}: `{command}` prints\n{printed}\n\nbut the page shows\n{shown}"
        )
