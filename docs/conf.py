"""The documentation as a site that needs no network: `make docs`.

The pages are the Markdown files of this repository, where they are, so links between them are the
same on the site; the reference is made of docstrings.
"""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
GROUPS = {
    "Reference": ("docs/quorate", "docs/kit", "docs/language"),
    "Models": ("model/",),
    "Checking": ("checker/",),
    "Code and traces": ("impl/", "traces/"),
    "About": ("ARCHITECTURE", "CHANGELOG"),
}

project = "Quorate"
project_copyright = "MIT licence"
version = release = version_of("quorate")
extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "README"
include_patterns = [
    *("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "docs/*.md", "tests/benchmarks/RESULTS.md"),
    *("tests/examples/**.md", "model/**.md", "checker/**.md", "impl/**.md", "traces/**.md"),
]
exclude_patterns = [".venv", "build"]
html_theme = "furo"
html_title = f"Quorate {release}"
html_extra_path = ["index.html"]
html_show_sphinx = False
html_copy_source = False
myst_heading_anchors = 4
autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
suppress_warnings = ["misc.highlighting_failure"]  # of what is shown broken on purpose


def toctree(captions: dict[str, list[str]]) -> str:
    """The tables of contents that the first page gets, in MyST."""
    return "".join(
        f"\n\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"
        for caption, pages in captions.items()
    )


def add_contents(app: Sphinx, docname: str, source: list[str]) -> None:
    """Add the contents to the first page; in all, fences as Sphinx reads them."""
    source[0] = re.sub(r"^```(\w+) .*$", r"```\1", source[0], flags=re.MULTILINE)
    if docname == root_doc:
        docs = sorted(app.env.found_docs - {root_doc})
        captions = {
            caption: [f"/{d}" for begin in begins for d in docs if d.startswith(begin)]
            for caption, begins in GROUPS.items()
        }
        listed = {page for pages in captions.values() for page in pages}
        captions["About"] += [f"/{d}" for d in docs if f"/{d}" not in listed]
        source[0] += toctree(captions)


def as_rst(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings as they are written here: `code`, and indented blocks of it."""
    text = re.sub(r"(?<![`\w:])`([^`\n]+)`(?![`\w])", r"``\1``", "\n".join(lines))
    text = re.sub(r"(?<!:):\n\n(?=    )", "::\n\n", text)
    lines[:] = text.replace("\b", "").split("\n")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", add_contents)
    app.connect("autodoc-process-docstring", as_rst)
