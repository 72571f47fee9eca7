"""The documentation as a site: every page is in it, every name described, no link broken."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

import quorate
import quorate.kit
import quorate.model.language

ROOT = Path(__file__).parents[1]
NOT_FOR_READERS = ("tests/cases/", "tests/checker/", ".venv/", "build/")


@pytest.fixture(scope="module")
def conf() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_conf", ROOT / "docs" / "conf.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_in_it(conf: ModuleType) -> None:
    found = {
        p for pattern in conf.include_patterns for p in ROOT.glob(pattern.replace("**.", "**/*."))
    }
    folders = ("model", "checker", "impl", "traces", "tests", "docs")
    pages = {*ROOT.glob("*.md"), *(p for f in folders for p in (ROOT / f).rglob("*.md"))}
    for page in pages - found:
        assert str(page.relative_to(ROOT)).startswith(NOT_FOR_READERS)


@pytest.mark.parametrize("module", [quorate, quorate.kit, quorate.model.language])
def test_every_public_name_is_described(module: ModuleType) -> None:
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isroutine(thing):
            said = inspect.getdoc(thing)
            assert said and not said.startswith(f"{name}("), name


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Raises `InputError`.", "Raises ``InputError``."),
        ("`a` and `b`, ``c``", "``a`` and ``b``, ``c``"),
        ("The class:\n\n    x = 1", "The class::\n\n    x = 1"),
        ("Nothing: to do", "Nothing: to do"),
    ],
)
def test_docstrings_become_what_sphinx_reads(conf: ModuleType, written: str, shown: str) -> None:
    lines = written.split("\n")
    conf.as_rst(None, "function", "f", None, None, lines)
    assert "\n".join(lines) == shown


@pytest.mark.exhaustive
def test_the_site_is_whole_and_needs_no_network(tmp_path: Path) -> None:
    pytest.importorskip("furo", reason="the extra `docs` is not installed: make docs")
    site = tmp_path / "site"
    build = [
        "-q",
        "-W",
        "--keep-going",
        "-c",
        "docs",
        "-d",
        str(tmp_path / "trees"),
        ".",
        str(site),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *build],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    assert len(pages) > 30
    for page, text in pages.items():
        assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=.https?:", text), page
        for link in re.findall(r'(?:href|src)="([^"]*)"', text):
            if re.match(r"[a-z]+:|#|$", link):
                continue
            path, _, part = link.partition("#")
            target = (page.parent / unquote(path.partition("?")[0])).resolve()
            assert target.exists(), f"{page.name}: {link}"
            assert not part or target not in pages or f'id="{part}"' in pages[target], link
