"""The files of the page: what is vendored is what was published, and nothing is asked elsewhere."""

from __future__ import annotations

import hashlib
import json
import re

from quorate.checker.page.server import assets
from tests.documentation import ROOT

WEB = ROOT / "checker" / "page" / "web"
VENDOR = WEB / "vendor"
LISTED = json.loads((VENDOR / "vendored.json").read_text())
LARGEST = 70_000  # bytes, for all that is vendored


def test_what_is_vendored_is_what_was_published() -> None:
    assert {entry["file"] for entry in LISTED} == {f.name for f in VENDOR.glob("*.js")}
    for entry in LISTED:
        data = (VENDOR / entry["file"]).read_bytes()
        assert len(data) == entry["bytes"]
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
    assert sum(entry["bytes"] for entry in LISTED) < LARGEST


def test_every_licence_is_there() -> None:
    for entry in LISTED:
        for text in entry["texts"]:
            assert "opyright" in (VENDOR / text).read_text()
        assert set(entry["licences"].values()) <= {"MIT", "Apache-2.0"}


def test_the_page_asks_for_nothing_elsewhere() -> None:
    """Addresses in our own files: only the names of namespaces, which nobody asks for."""
    ours = [f for f in WEB.iterdir() if f.is_file()]
    assert len(ours) > 10
    for file in ours:
        found = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"']*", file.read_text()))
        assert found <= {"http://www.w3.org/2000/svg"}, file.name


def test_modules_are_small_and_every_import_is_served() -> None:
    served = assets()
    for file in WEB.glob("*.js"):
        text = file.read_text()
        assert text.count("\n") <= 300 and text.startswith("// "), file.name
        for name in re.findall(r'from "\./([^"]+)"', text):
            assert name in served, f"{file.name} imports {name}"
    assert served["index.html"][0].startswith("text/html")
    assert not any(name.endswith((".txt", ".json", ".py")) for name in served)


def test_nothing_of_a_protocol_becomes_markup() -> None:
    """Names and values are texts to Preact; the ways around it are not used."""
    for file in WEB.glob("*.js"):
        text = file.read_text()
        for way in ("innerHTML", "dangerouslySetInnerHTML", "outerHTML", "document.write", "eval("):
            assert way not in text, file.name
    page = (WEB / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", page)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    digits = colour.lstrip("#")
    parts = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


READ_ON = {
    "text": ("back", "pane", "raised", "changed", "accent-back", "bad-back"),
    "muted": ("back", "pane", "raised", "changed", "accent-back", "bad-back"),
    "accent": ("back", "pane", "raised", "accent-back"),
    "bad": ("pane", "raised", "bad-back"),
    "ok": ("pane", "raised", "ok-back"),
    "warn": ("pane", "changed"),
    "pane": ("accent",),
}


def test_every_text_is_legible_light_and_dark() -> None:
    """At least the contrast that WCAG asks of small text."""
    light, dark = re.findall(r":root \{(.*?)\}", (WEB / "style.css").read_text(), re.DOTALL)
    for palette in (light, dark):
        colours = dict(re.findall(r"--([\w-]+): (#\w{6});", palette))
        for text, grounds in READ_ON.items():
            for ground in grounds:
                a, b = sorted((luminance(colours[text]), luminance(colours[ground])))
                assert (b + 0.05) / (a + 0.05) >= 4.5, (text, ground)
