"""Every block of the documentation runs, and prints what it says it prints.

A `python` block with `title=name.py` is a file to write; other `python` blocks of a page run one
after the other in one namespace; `console` blocks are run command by command, 100 columns wide.
`toml` and `json` are parsed, `text` is only shown. Blocks that say `slow` are run by
`make test-exhaustive`. `make` is not run from within the tests: its targets are looked up.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import click
import pytest

from quorate.checker.cli.main import quorate

from .documentation import ROOT, Block, blocks, matches, run_command, sessions, settled
from .support.clocks import stand_still

FOLDERS = ("model", "checker", "impl", "traces", "tests")
PAGES = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "tests/benchmarks/RESULTS.md"]
PAGES += ["checker/conform/TUTORIAL.md", "checker/conform/adapters/ANY_LANGUAGE.md"]
PAGES += sorted(str(p.relative_to(ROOT)) for f in FOLDERS for p in ROOT.glob(f"{f}/**/README.md"))
SLOW = [page for page in PAGES if any(block.slow for block in blocks(ROOT / page))]
INLINE = re.compile(r"`quorate ([^`]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


@pytest.mark.parametrize("page", PAGES)
def test_page(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(page, tmp_path, monkeypatch, [b for b in blocks(ROOT / page) if not b.slow])


@pytest.mark.exhaustive
@pytest.mark.parametrize("page", SLOW)
def test_page_with_slow_blocks(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(page, tmp_path, monkeypatch, blocks(ROOT / page))


def run_page(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch, chosen: list[Block]) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    stand_still(monkeypatch)
    module = ModuleType(f"documentation_of_{PAGES.index(page)}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in chosen:
        if block.title is not None:
            (folder / block.title).write_text(block.text, encoding="utf-8")
        else:
            match block.language:
                case "python":
                    run_python(module, block, folder)
                case "console":
                    run_console(page, block, folder)
                case "toml":
                    tomllib.loads(block.text)
                case "json":
                    json.loads(block.text)
                case language:
                    assert language == "text", f"{page}:{block.line}: what is a `{language}` block?"


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
        if command.startswith("make "):
            target = command.removeprefix("make ")
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
            continue
        printed = settled(run_command(command, folder))
        assert matches(settled(shown), printed), (
            f"{page}:{block.line}: `{command}` prints\n{printed}\n\nbut the page shows\n{shown}"
        )


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_accounted_for(page: str) -> None:
    """Each fence opens or closes a block that is run; a session begins with its first command."""
    found = blocks(ROOT / page)
    fences = re.findall(r"^ *```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == 2 * len(found)
    for block in found:
        if block.language == "console":
            assert block.text.startswith("$ "), f"{page}:{block.line}"
        assert not block.slow or block.language in ("console", "python"), f"{page}:{block.line}"


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for target, anchor in LINK.findall(without_blocks(page)):
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), f"{page}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {h.lower().replace(" ", "-") for h in headings}, f"{page}: #{anchor}"


# ---------------------------------------------------------------- commands in running text


def commands() -> Iterator[tuple[str, int, str]]:
    """The commands in running text: page, line, what follows `quorate`."""
    for page in PAGES:
        text = without_blocks(page)
        for m in INLINE.finditer(text):
            yield page, text.count("\n", 0, m.start()) + 1, m[1]


def without_blocks(page: str) -> str:
    """The text of a page, its blocks emptied: lines keep their numbers."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```$", _blank, text, flags=re.MULTILINE | re.DOTALL)


def _blank(m: re.Match[str]) -> str:
    return "\n" * m[0].count("\n")


@pytest.mark.parametrize(("page", "line", "text"), list(commands()))
def test_a_command_in_running_text(page: str, line: int, text: str) -> None:
    """Its options exist; and some block runs the verb on the same arguments.

    Arguments with a PLACEHOLDER among them stand for any.
    """
    if text.startswith("VERB"):
        return
    verb, arguments = positional(text, f"{page}:{line}")
    if arguments and not any(a.isupper() or a == "..." for a in arguments):
        assert (verb, arguments) in executed(), f"{page}:{line}: is never run"


def positional(text: str, place: str) -> tuple[str, tuple[str, ...]]:
    """The verb of a command and its arguments, without its options, all of which must exist."""
    name, *words = shlex.split(text)
    verb = quorate.get_command(click.Context(quorate), name)
    assert verb is not None, f"{place}: no such verb"
    flags = {o: p for p in verb.params for o in (*p.opts, *p.secondary_opts)}
    words = [w for word in words for w in (word.split("=") if word[0] == "-" else [word])]
    arguments = []
    while words:
        word = words.pop(0)
        if not word.startswith("-"):
            arguments.append(word)
            continue
        assert word in {*flags, "--help"}, f"{place}: no option {word}"
        if isinstance(flag := flags.get(word), click.Option) and not flag.is_flag and words:
            words.pop(0)
    return name, tuple(arguments)


@cache
def executed() -> set[tuple[str, tuple[str, ...]]]:
    """What the console blocks run: verbs with their arguments."""
    return {
        positional(command.split(" | ")[0].removeprefix("quorate "), page)
        for page in PAGES
        for block in blocks(ROOT / page)
        if block.language == "console"
        for command, _ in sessions(block.text)
        if command.startswith("quorate ")
    }


# ---------------------------------------------------------------- the comparison itself


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb", "a\nb", True),
        ("a\nb", "a\nc", False),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a\n...\nd", "a\nd", True),
        ("a\n...\nd", "d\na", False),
        ("a\n...", "a\nb", True),
        ("a\n...", "ab", False),
        ("a\n...\nc\n...\nb", "a\nb\nc", False),
        ("a in 0.5 s", "a in 12 s", True),
        ("a in 5 steps", "a in 6 steps", False),
        ("a  b", "a b", False),
    ],
)
def test_what_is_the_same(shown: str, printed: str, same: bool) -> None:
    assert matches(settled(shown), settled(printed)) is same
