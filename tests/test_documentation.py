"""Every block of the documentation runs, and prints what it says it prints.

A `python` block with `title=name.py` is a file to write; other `python` blocks of a page run one
after the other in one namespace; `console` blocks are run command by command. `make` is not run
from within the tests.
"""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from types import ModuleType

import pytest

from .documentation import ROOT, Block, blocks, matches, run_command, sessions, settled

PAGES = ["README.md", *(f"{p}/README.md" for p in ("model", "checker", "impl", "traces"))]
PAGES += [str(p.relative_to(ROOT)) for p in sorted(ROOT.glob("checker/*/**/README.md"))]


@pytest.mark.parametrize("page", PAGES)
def test_page(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ROOT / page
    assert path.is_file()
    monkeypatch.chdir(tmp_path)
    module = ModuleType(f"documentation_of_{PAGES.index(page)}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in blocks(path):
        if block.title is not None:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            run_python(module, block, tmp_path)
        elif block.language == "console":
            run_console(page, block, tmp_path)


def run_python(module: ModuleType, block: Block, folder: Path) -> None:
    """Run a block as part of a module; from a file, since protocols are read from their source."""
    file = folder / f"block_{block.line}.py"
    file.write_text("\n" * block.line + block.text, encoding="utf-8")
    module.__file__ = str(file)
    code = compile(file.read_text(encoding="utf-8"), str(file), "exec")
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, vars(module))


def run_console(page: str, block: Block, folder: Path) -> None:
    for command, shown in sessions(block.text):
        if command.startswith(("make ", "git ")):
            continue
        printed = settled(run_command(command, folder))
        assert matches(settled(shown), printed), (
            f"{page}:{block.line}: `{command}` prints\n{printed}\n\nbut the page shows\n{shown}"
        )
