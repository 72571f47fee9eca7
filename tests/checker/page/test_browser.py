"""The page in a real browser: a headless Chromium that clicks through it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import quorate
from quorate.traces import BothSides, Departure, Violation, dumps_itf, loads_itf, read_itf
from tests.support.chromium import PROGRAM, Tab, chromium

from .protocols import Choice, Lock
from .test_session import VIOLATED, Asking

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium on this machine"),
]
SIZES = {"Node": 2}


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    with chromium() as tab:
        yield tab


@pytest.fixture
def page() -> Iterator[quorate.ExplorePage]:
    with quorate.explore(Lock, sizes=SIZES) as served:
        yield served


@pytest.fixture
def tab(browser: Tab, page: quorate.ExplorePage) -> Iterator[Tab]:
    """The page, opened wide. At the end nothing went wrong, and nothing was asked elsewhere."""
    browser.complaints.clear()
    browser.requests.clear()
    browser.look(1400, 900)
    browser.open(page.url)
    settled(browser)
    yield browser
    assert browser.complaints == []
    assert all(url.startswith((page.url, "blob:")) for url in browser.requests)
    browser.open("about:blank")


def take(tab: Tab, title: str) -> None:
    """Click a step, and wait until the page is there."""
    number = tab.js(
        "[...document.querySelectorAll('.take')].find(b => b.querySelector('code').innerText"
        f" === {title!r})?.dataset.number ?? null"
    )
    assert number is not None, f"{title} is not among\n{tab.text('.pane-steps')}"
    before = tab.text("#where")
    tab.click(f".take[data-number='{number}']")
    arrived(tab, before)


def arrived(tab: Tab, before: str) -> None:
    """Wait until another place is shown, with its run."""
    tab.wait(f"document.querySelector('#where').innerText !== {before!r}")
    settled(tab)


def settled(tab: Tab) -> None:
    """Wait until the page shows where one stands."""
    tab.wait("document.querySelector('main')?.getAttribute('aria-busy') === 'false'")


def titles(tab: Tab) -> list[str]:
    found: list[str] = tab.js("[...document.querySelectorAll('.take code')].map(c => c.innerText)")
    return found


def test_steps_are_taken_and_taken_back(tab: Tab) -> None:
    assert titles(tab) == ["ask(n0)", "ask(n1)"]
    take(tab, "ask(n0)")
    take(tab, "take(n0)")
    assert tab.text("#where") == "step 2 of 2"
    assert "True\nFalse" in tab.text("td.changed")
    assert "now" in tab.js("document.querySelector('[data-row=\"2\"]').getAttribute('class')")
    tab.click("#undo")
    arrived(tab, "step 2 of 2")
    assert "take(n0)" in titles(tab) and "next on the path" in tab.text(".step.next")
    tab.click("#redo")
    arrived(tab, "step 1 of 2")
    tab.click("[data-row='0']")
    arrived(tab, "step 2 of 2")
    assert tab.text("#where") == "step 0 of 2"
    take(tab, "ask(n1)")  # another step: what came after is gone
    assert tab.text("#where") == "step 1 of 1"


def test_the_keyboard_does_all_of_it(tab: Tab) -> None:
    for key, place in [
        ("j", None),
        ("Enter", "step 1 of 1"),
        ("2", "step 2 of 2"),
        ("u", "step 1 of 2"),
        ("Home", "step 0 of 2"),
        ("ArrowRight", "step 1 of 2"),
        ("End", "step 2 of 2"),
    ]:
        tab.key(key)
        if place is not None:
            tab.wait(f"document.querySelector('#where').innerText === {place!r}")
            settled(tab)
            tab.wait("document.querySelectorAll('.take').length > 0")
    tab.key("/")
    for letter in "take":
        tab.key(letter)
    tab.wait("[...document.querySelectorAll('.take code')].every(c => /take/.test(c.innerText))")
    tab.key("Escape")
    tab.key("?")
    assert "take the selected step" in tab.wait("document.querySelector('.help')?.innerText")
    tab.key("Escape")
    tab.wait("!document.querySelector('.help')")
    tab.key("c")
    tab.wait("!!document.querySelector('.coverage')")
    tab.key("p")
    tab.js(
        "(() => { const e = document.querySelector('#filter'); e.value = '';"
        " e.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def test_what_is_not_possible_says_why(tab: Tab) -> None:
    take(tab, "ask(n0)")
    tab.click("[data-action='take'] .more")
    assert "Ask(n) in self.sent" in tab.wait(
        "document.querySelector('.stopped .choice') && document.querySelector('.stopped').innerText"
    )
    tab.click(".stopped .choice")
    tab.wait("document.querySelectorAll('.guards .guard').length === 2")
    assert tab.text(".guards .guard.bad").startswith("✗")
    assert "not self.held[n]" in tab.text(".guards .guard.ok")
    assert "protocols.py:" in tab.text(".guards")
    assert "Ask(n=n1)" in tab.text(".guards .missing")
    tab.click(".guards button")
    assert "after ask(n1)" in tab.wait("document.querySelector('.go-there')?.parentNode.innerText")
    tab.click(".go-there")
    tab.wait("document.querySelector('#where').innerText === 'step 2 of 2'")
    settled(tab)
    assert "take(n1)" in titles(tab)


def test_a_violation_is_announced_met_and_explained(tab: Tab) -> None:
    for title in VIOLATED[:-1]:
        take(tab, title)
    assert "violates one_at_a_time" in tab.text(".pane-steps")
    assert "all hold here" in tab.text(".pane-state")
    take(tab, VIOLATED[-1])
    assert "violated here" in tab.text(".pane-state")
    assert "held[n0]" in tab.text(".property.bad .why")
    assert tab.js("document.querySelectorAll('.band.bad').length") == 1
    assert tab.js("document.querySelectorAll('.arrow').length") == 2


def test_an_address_is_a_path(tab: Tab, page: quorate.ExplorePage) -> None:
    for title in VIOLATED[:3]:
        take(tab, title)
    tab.click("#undo")
    arrived(tab, "step 3 of 3")
    address = str(tab.js("location.href"))
    tab.js("history.back()")
    tab.wait("document.querySelector('#where').innerText === 'step 3 of 3'")
    with quorate.explore(Lock, sizes=SIZES) as again:  # the same after a restart
        tab.open("about:blank")
        tab.open(again.url + address[address.index("#") :])
        tab.wait("document.querySelector('#where')?.innerText === 'step 2 of 3'")
        settled(tab)
        tab.open("about:blank")
        tab.requests.clear()
    for wrong, said in [
        (address.replace("/0.", "/0.99."), "step 1 of the path has the number 99"),
        (address.replace("/0.", "/7."), "the path begins with 7, expected an initial state"),
        (address.replace("@2", ".99@2"), "step 4 of the path has the number 99"),
        (address.replace("Node2", "Node3"), "another version of Lock, or for other sizes"),
        (address[: address.index("#")] + "#what", "is not a path"),
    ]:
        tab.open("about:blank")
        tab.open(wrong)
        assert said in tab.wait("document.querySelector('.notice')?.innerText")
        place = "step 2 of 2" if ".99@" in wrong else "step 0 of 0"
        tab.wait(f"document.querySelector('#where').innerText === {place!r}")
        settled(tab)
    tab.complaints.clear()  # the browser tells of the answer 400


def test_traces_are_saved_and_opened(tab: Tab, tmp_path: Path) -> None:
    for title in VIOLATED:
        take(tab, title)
    saved = tab.download("#save", tmp_path)
    trace = read_itf(saved)
    assert trace.violation is not None and len(trace.steps) == 4
    tab.click("#start")
    arrived(tab, "step 4 of 4")
    take(tab, "ask(n1)")
    tab.choose("#open", saved)
    tab.wait("document.querySelector('#where').innerText === 'step 0 of 4'")
    settled(tab)
    assert "one_at_a_time is violated" in tab.text(".verdict")
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    tab.choose("#open", broken)
    assert "broken.json" in tab.wait("document.querySelector('.notice')?.innerText")
    assert tab.text("#where") == "step 0 of 4"
    tab.complaints.clear()  # the browser tells of the answer 400


def test_what_an_implementation_did_otherwise_is_side_by_side(tab: Tab, tmp_path: Path) -> None:
    ask = Asking()
    trace = loads_itf(ask("save", way=ask.walked("ask(n0)"))["text"])
    sides = (BothSides("held[n1]", "False", "False", "True"), BothSides("x", "", "y", None))
    departure = Departure("it takes a step that the model disables", "take(n1)", False, sides)
    file = tmp_path / "differs.itf.json"
    file.write_bytes(dumps_itf(replace(trace, departure=departure)))
    tab.choose("#open", file)
    said = tab.wait("document.querySelector('#departure')?.innerText")
    assert "take(n1), which the model does not allow there" in said
    assert tab.text("#departure .differs").split() == ["held[n1]", "False", "False", "True"]
    assert "not shown" in said


def test_names_and_words_of_a_trace_are_never_markup(tab: Tab, tmp_path: Path) -> None:
    ask = Asking()
    trace = loads_itf(ask("save", way=ask.walked(*VIOLATED))["text"])
    hostile = '<img src=x onerror="document.title = 1"><script>document.title = 2</script>'
    violation = Violation("one_at_a_time", hostile)
    sides = (BothSides(hostile, hostile, hostile, hostile),)
    departure = Departure(hostile, hostile, True, sides)
    file = tmp_path / "hostile.itf.json"
    file.write_bytes(dumps_itf(replace(trace, violation=violation, departure=departure)))
    tab.choose("#open", file)
    tab.wait("document.querySelectorAll('#departure').length === 1")
    assert tab.text(".verdict p") == hostile
    assert tab.text("#departure h3") == f"The implementation differs: {hostile}"
    assert tab.js("document.querySelectorAll('img, main script').length") == 0
    assert tab.js("document.title") == "Lock · Quorate"


def test_one_of_several_initial_states_is_chosen(tab: Tab) -> None:
    with quorate.explore(Choice, sizes=SIZES) as served:
        tab.open(served.url)
        tab.wait("document.querySelector('#initial')?.value === '1'")
        settled(tab)
        tab.click(".initial [aria-label='The next one']")
        tab.wait("document.querySelector('#initial').value === '2'")
        settled(tab)
        assert tab.text("td .value") == "False" and "of 2" in tab.text(".initial")
        tab.open("about:blank")
        tab.requests.clear()


def test_the_state_graph_is_drawn_in_three_ways(tab: Tab) -> None:
    take(tab, "ask(n0)")
    tab.key("g")
    tab.wait("document.querySelectorAll('.graph .node').length > 3")
    assert tab.js("document.querySelector('.node.here text').textContent") == "ask(n0)"
    tab.click("#view-whole")
    tab.wait("document.querySelectorAll('.graph circle').length === 9")
    assert "9 states" in tab.text(".hint")
    assert tab.js("document.querySelectorAll('.graph .node.bad').length") == 1
    tab.click(".graph .node.bad")
    tab.wait("document.querySelector('#where').innerText === 'step 4 of 4'")
    tab.wait("document.querySelector('.pane-state').innerText.includes('violated here')")
    tab.click("#view-classes")
    tab.click("#expression")
    tab.wait("document.querySelectorAll('.completions li').length === 7")
    tab.click(".completions li:last-child")  # it_is_held
    tab.wait("document.querySelectorAll('.graph rect').length === 2")
    tab.type("#expression", "len(self.se")
    tab.wait("document.querySelector('.completions')?.innerText.startsWith('len(self.sent[Ask])')")
    for key in ("ArrowDown", "Enter"):
        tab.key(key)
    tab.wait("document.querySelectorAll('.graph rect').length === 5")
    assert "in 5 classes" in tab.text(".hint")
    tab.click(".chip")
    tab.wait("document.querySelectorAll('.graph rect').length === 3")
    tab.type("#expression", "{m.n for m in self.sent[Ask]")
    tab.key("Enter")
    mistake = tab.wait("document.querySelector('.mistake')?.innerText")
    assert "'{' was never closed" in mistake and "<expression>:1:1" in mistake
    tab.js("document.querySelector('#expression').select()")
    tab.call("Input.insertText", text="{m.n for m in self.sent[Ask]}")
    tab.key("Enter")
    tab.wait("document.querySelectorAll('.graph rect').length === 4")
    assert tab.js("document.querySelector('.mistake')") is None
    tab.complaints.clear()  # the browser tells of the answer 400


def test_what_leads_to_a_state_is_drawn_and_gone_to(tab: Tab) -> None:
    for title in ("ask(n0)", "ask(n1)"):
        take(tab, title)
    tab.key("g")
    tab.click("#view-near")
    tab.wait("document.querySelectorAll('.node.before').length > 0")
    assert "of the 9 states lead" in tab.text(".pane-graph .hint")
    tab.click(".node.before")
    tab.wait(
        "!document.querySelector('.node.before.here') && "
        "document.querySelector('.node.here title').textContent.includes('you are here')"
    )
    settled(tab)


def test_what_was_looked_at_is_counted(tab: Tab) -> None:
    take(tab, "ask(n0)")
    take(tab, "take(n0)")
    tab.click("#tab-coverage")
    said = tab.wait("document.querySelector('.coverage')?.closest('.pane').innerText")
    assert "3 states visited" in said and "it_is_held reached" in said


@pytest.mark.parametrize("width", [400, 700, 1001, 1400])
def test_nothing_is_wider_than_the_window(tab: Tab, width: int) -> None:
    for title in VIOLATED:
        take(tab, title)
    tab.look(width, 800, dark=width == 700)
    panes = ["steps", "state", "run", "graph", "coverage"] if width <= 1000 else ["run", "graph"]
    for pane in panes:
        tab.click(f"#tab-{pane}{'-narrow' if width <= 1000 else ''}")
        tab.wait("!document.querySelector('.pane:not(.narrow-hidden) .empty')")
        assert tab.js("document.documentElement.scrollWidth <= innerWidth"), pane
        assert tab.js("document.documentElement.scrollHeight <= innerHeight"), pane
