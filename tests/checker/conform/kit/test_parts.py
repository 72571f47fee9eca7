"""The parts of the kit, one by one."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from quorate.kit import (
    Binding,
    Clock,
    Contradiction,
    DeepCopies,
    Disk,
    EventLoop,
    Processes,
    Record,
    Refusal,
    Unrealisable,
    Wire,
)

# ------------------------------------------------------------ bindings


def ballots() -> Binding:
    return Binding(["b1", "b2", "b3"], ordered=True, fixed={"never": None})


def test_a_binding_goes_both_ways() -> None:
    bound = ballots()
    assert bound.bind("b2", (5, "x")) == "b2"
    assert bound.bind("b2", (5, "x")) == "b2"
    assert (bound.element((5, "x")), bound.identifier("b2")) == ("b2", (5, "x"))
    assert (bound.element(None), bound.identifier("never")) == ("never", None)
    assert "b2" in bound and "b1" not in bound
    assert dict(bound) == {"never": None, "b2": (5, "x")}


def test_a_contradiction_is_said_in_words() -> None:
    bound = ballots()
    bound.bind("b2", 5)
    with pytest.raises(Contradiction, match=r"^b2 is 5 in the code, and now 6$"):
        bound.bind("b2", 6)
    with pytest.raises(Contradiction, match=r"^5 stands for b2, and now for b3$"):
        bound.bind("b3", 5)
    said = "^b2 is above b1, but the code has 5 for b2 and 7 for b1$"
    with pytest.raises(Contradiction, match=said):
        bound.bind("b1", 7)
    said = "^b2 is below b3, but the code has 5 for b2 and 4 for b3$"
    with pytest.raises(Contradiction, match=said):
        bound.bind("b3", 4)
    with pytest.raises(Contradiction, match=r"^the code has 9, which stands for nothing here$"):
        bound.element(9)
    with pytest.raises(Contradiction, match=r"^never is None in the code, and now 0$"):
        bound.bind("never", 0)
    with pytest.raises(Unrealisable, match="nothing yet that stands for b3"):
        bound.identifier("b3")
    with pytest.raises(ValueError, match="b9 is none of b1, b2, b3"):
        bound.bind("b9", 9)
    assert dict(bound) == {"never": None, "b2": 5}


def test_without_an_order_any_identifier_will_do() -> None:
    bound = Binding(["r0", "r1"])
    bound.bind("r0", "zzz")
    bound.bind("r1", "aaa")
    assert dict(bound) == {"r0": "zzz", "r1": "aaa"}


# ------------------------------------------------------------ the wire


class Note:
    """A message that its sender goes on to change."""

    def __init__(self, text: str) -> None:
        self.text = text


def show(message: Note, source: str, target: str) -> Record | None:
    return Record("Note", (("text", message.text),)) if message.text else None


def test_what_is_sent_is_caught_as_it_was_then() -> None:
    wire, note = Wire(show), Note("hello")
    record = Record("Note", (("text", "hello"),))
    wire.send(note, "a", "b")
    note.text = "changed"
    assert wire.taken() == {record}
    assert wire.taken() == frozenset()
    delivered = wire.caught(record, "b")
    assert (delivered.source, delivered.message.text) == ("a", "hello")
    delivered.message.text = "changed"
    assert wire.caught(record).message.text == "hello"
    with pytest.raises(Unrealisable, match="no Note like this to c"):
        wire.caught(record, "c")
    wire.send(Note("hello"), "a", "b")
    assert wire.taken() == {record}  # sent again
    assert wire.sent == {record}
    wire.send(Note(""), "a")
    assert wire.taken() == frozenset()
    assert len(wire.beyond) == 1


# ------------------------------------------------------------ time


def test_timers_go_off_in_order() -> None:
    clock, seen = Clock(100), []
    clock.call_later(2, seen.append, "late")
    clock.call_later(1, seen.append, "first")
    clock.call_later(1, seen.append, "second")
    clock.call_later(1, seen.append, "never").cancel()
    clock.call_at(101, lambda: clock.call_later(0.5, lambda: seen.append(clock.time())))
    assert clock.next() == 101
    clock.advance(1.75)
    assert (seen, clock.time()) == (["first", "second", 101.5], 101.75)
    clock.advance(5)
    assert seen[-1] == "late"
    assert clock.next() is None


# ------------------------------------------------------------ asyncio


def test_a_loop_runs_until_nothing_is_left() -> None:
    loop, seen = EventLoop(), []

    async def work(name: str) -> str:
        seen.append(f"{name} begins")
        await asyncio.sleep(10)
        seen.append(f"{name} at {loop.time():g}")
        return name

    async def both() -> list[str]:
        return await asyncio.gather(work("a"), work("b"))

    task = loop.run(both())
    assert seen == ["a begins", "b begins"]
    loop.advance(9)
    assert not task.done()
    loop.advance(1)
    assert seen[2:] == ["a at 10", "b at 10"]
    assert task.result() == ["a", "b"]


def test_asyncio_by_itself_works_on_it() -> None:
    async def work() -> Any:
        queue: asyncio.Queue[int] = asyncio.Queue(1)
        async with asyncio.TaskGroup() as group:
            group.create_task(queue.put(1))
            taken = group.create_task(queue.get())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await asyncio.Event().wait()
        squared = await asyncio.to_thread(lambda: 7**2)
        return taken.result(), squared, asyncio.get_running_loop().time()

    assert EventLoop().run_until_complete(work()) == (1, 49, 3)
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()


def test_what_fails_in_a_loop_is_raised() -> None:
    loop = EventLoop()

    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        loop.run(fails())
    loop.call_soon(int, "x")
    with pytest.raises(ValueError, match="invalid literal"):
        loop.pump()
    with pytest.raises(RuntimeError, match="waits for what never comes"):
        loop.run_until_complete(loop.create_future())


# ------------------------------------------------------------ disks and processes


def test_a_crash_loses_what_is_not_synced() -> None:
    with Disk() as disk, disk.watched():
        with (disk.folder / "log").open("wb") as file:
            file.write(b"one ")
            file.flush()
            os.fsync(file.fileno())
            file.write(b"two")
            file.flush()
            (disk.folder / "never").write_text("synced")
            old = disk.folder
            (disk.folder / "log").rename(disk.folder / "renamed")
            disk.crash()
            assert disk.folder != old
            assert [p.name for p in disk.folder.iterdir()] == ["renamed"]
            assert (disk.folder / "renamed").read_bytes() == b"one "
            with (disk.folder / "renamed").open("ab") as again:
                again.write(b"three")
            file.write(b" too late")  # by what was alive then
        disk.crash(torn=2)
        assert (disk.folder / "renamed").read_bytes() == b"one th"
        disk.sync(disk.folder / "renamed")
        disk.crash()
        assert (disk.folder / "renamed").read_bytes() == b"one th"
    assert not disk.folder.exists()
    assert not hasattr(os.fsync, "__qualname__") or "synced" not in os.fsync.__qualname__


def test_a_dead_process_does_nothing() -> None:
    started: list[str] = []
    stopped: list[str] = []

    def start(name: str) -> str:
        started.append(name)
        return f"{name} #{started.count(name)}"

    processes = Processes(["p", "q"], start, stopped.append)
    processes.kill("p")
    processes.kill("p")
    with pytest.raises(Refusal, match=r"^p is dead$"):
        processes["p"]
    assert (list(processes), dict(processes.items())) == (["p", "q"], {"q": "q #1"})
    assert (processes.is_alive("p"), processes.is_alive("q")) == (False, True)
    processes.restart("p")
    processes.restart("q")
    assert (processes["p"], processes["q"]) == ("p #2", "q #2")
    processes.close()
    assert stopped == ["p #1", "q #1", "p #2", "q #2"]


# ------------------------------------------------------------ copies


class Copied(DeepCopies):
    shared = ("table",)

    def __init__(self) -> None:
        self.held, self.table = [1], [2]
        self.call = self.add

    def add(self, x: int) -> None:
        self.held.append(x)


def test_an_adapter_is_copied_whole_and_again() -> None:
    adapter = Copied()
    table, copy = adapter.table, adapter.snapshot()
    adapter.call(2)
    adapter.restore(copy)
    adapter.call(3)
    assert adapter.held == [1, 3]
    adapter.restore(copy)
    assert adapter.held == [1]
    assert adapter.table is table
