"""Simulated threads, one by one: what they wait for, time, chance, and how they end."""

from __future__ import annotations

import concurrent.futures
import queue
import random
import sys
import threading
import time
from typing import Any

import pytest

from quorate.checker.conform.kit.threads import Stuck
from quorate.kit import EventLoop, Host, Processes, Threads, Unrealisable, stand_in

HERE = sys.modules[__name__]
stand_in(HERE)


def test_a_thread_runs_until_it_waits_and_time_passes_on_demand() -> None:
    done: list[Any] = []

    def work(inbox: queue.Queue[Any]) -> None:
        while True:
            item = inbox.get()
            time.sleep(1)
            done.append((item, time.time()))

    threads, inbox = Threads(), queue.Queue[Any]()
    threads.run(lambda: threading.Thread(target=work, args=(inbox,), name="worker").start())
    threads.call(inbox.put, 1)
    threads.call(inbox.put, 2)
    assert (done, threads.waiting()) == ([], ["worker"])
    threads.advance(1)
    assert done == [(1, 1.0)]
    threads.advance(5)
    assert (done, threads.clock.time()) == ([(1, 1.0), (2, 2.0)], 6.0)
    threads.close()
    assert threads.waiting() == []


def test_the_same_steps_give_the_same_run() -> None:
    def race() -> list[Any]:
        found: list[Any] = []

        def run(name: str) -> None:
            for _ in range(3):
                time.sleep(random.random())
                found.append((name, random.randint(0, 99)))

        for name in "abc":
            threading.Thread(target=run, args=(name,)).start()
        return found

    first, second = Threads(seed=3), Threads(seed=3)
    one, other = first.call(race), second.call(race)
    first.advance(5)
    second.advance(5)
    assert one == other and len(one) == 9
    third = Threads(seed=4)
    different = third.call(race)
    third.advance(5)
    assert different != one


def test_locks_conditions_and_semaphores() -> None:
    def told() -> list[str]:
        condition, out = threading.Condition(), ["nothing"]

        def wait() -> None:
            with condition:
                condition.wait_for(lambda: len(out) > 1)
                out.append("seen")

        waiting = threading.Thread(target=wait)
        waiting.start()
        with condition:
            out.append("said")
            condition.notify_all()
        waiting.join()
        return out

    def in_turn() -> list[int]:
        lock, room, order = threading.RLock(), threading.Semaphore(1), list[int]()

        def enter(k: int) -> None:
            with room, lock, lock:
                time.sleep(1)
                order.append(k)

        each = [threading.Thread(target=enter, args=(k,)) for k in range(3)]
        for thread in each:
            thread.start()
        for thread in each:
            thread.join()
        return order

    threads = Threads()
    assert threads.call(told) == ["nothing", "said", "seen"]
    task = threads.run(in_turn)
    threads.advance(3)
    assert task.result() == [0, 1, 2]


def test_what_times_out() -> None:
    def wait() -> list[Any]:
        found: list[Any] = [threading.Event().wait(2), time.monotonic()]
        lock = threading.Lock()
        lock.acquire()
        found += [lock.acquire(timeout=1), lock.acquire(blocking=False)]
        with pytest.raises(queue.Empty):
            queue.Queue().get(timeout=1)
        full = queue.Queue[int](1)
        full.put(1)
        with pytest.raises(queue.Full):
            full.put(2, timeout=1)
        return [*found, time.monotonic()]

    threads = Threads()
    task = threads.run(wait)
    with pytest.raises(Stuck, match="still waits"):
        task.result()
    threads.advance(10)
    assert task.result() == [False, 2.0, False, False, 5.0]


def test_timers_and_executors() -> None:
    def work() -> list[int]:
        fired: list[int] = []
        threading.Timer(1, fired.append, (1,)).start()
        cancelled = threading.Timer(1, fired.append, (2,))
        cancelled.start()
        cancelled.cancel()
        with concurrent.futures.ThreadPoolExecutor(2) as executor:
            futures = [executor.submit(lambda k: (time.sleep(k), k)[1], k) for k in (3, 1, 2)]
        return fired + [f.result() for f in futures]

    threads = Threads()
    task = threads.run(work)
    threads.advance(5)
    assert task.result() == [1, 3, 1, 2]


def test_a_direct_call_may_wait_for_threads() -> None:
    threads, box = Threads(), queue.Queue[int]()
    with threads.entered():
        threading.Timer(3, box.put, (7,)).start()
        assert (box.get(), time.time()) == (7, 3.0)
        with pytest.raises(Stuck, match="waits for what never comes"):
            box.get()


def test_what_a_thread_raises_is_raised() -> None:
    threads = Threads()
    with pytest.raises(ZeroDivisionError):
        threads.run(lambda: threading.Thread(target=lambda: 1 / 0).start())


def test_a_thread_that_does_not_end_is_named() -> None:
    def forever() -> None:
        while True:
            try:
                time.sleep(1)
            except BaseException:
                continue

    threads = Threads()
    threads.run(lambda: threading.Thread(target=forever, name="stubborn").start())
    with pytest.raises(RuntimeError, match="the thread stubborn catches everything"):
        threads.close()


def test_a_class_that_derives_from_thread() -> None:
    threads = Threads()
    counter = threads.call(Counter)
    threads.call(counter.start)
    threads.advance(2.5)
    assert (counter.count, counter.is_alive()) == (3, True)
    threads.close()


class Counter(threading.Thread):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def run(self) -> None:
        while True:
            self.count += 1
            time.sleep(1)


def test_outside_of_any_host_nothing_is_told() -> None:
    for call in (time.time, random.random, lambda: random.choice([1])):
        with pytest.raises(RuntimeError, match=r"outside of Threads\.run"):
            call()
    assert isinstance(time.strftime("%Y"), str)  # what needs no clock is as it was


# ------------------------------------------------------------ processes


def test_time_passes_for_one_process_alone() -> None:
    class Node:
        def __init__(self) -> None:
            self.term, self.until = 0, time.time() + random.uniform(1, 2)
            threading.Thread(target=self.run).start()

        def run(self) -> None:
            while True:
                time.sleep(max(0.0, self.until - time.time()))
                if self.until < time.time():
                    self.term, self.until = self.term + 1, time.time() + 1

    nodes = Processes("ab", lambda name: Node(), host=Threads)
    nodes.until("a", lambda node: node.term == 2)
    assert nodes.each(lambda node: node.term) == {"a": 2, "b": 0}
    nodes.restart("a")
    assert nodes.each(lambda node: node.term) == {"a": 0, "b": 0}
    nodes.close()
    with pytest.raises(Unrealisable, match="waits for nothing"):
        Processes("a", lambda name: object(), host=Host).until("a", lambda _: False)


# ------------------------------------------------------------ datagrams


def test_datagrams_are_caught_and_delivered() -> None:
    import asyncio

    sent: list[Any] = []

    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            asyncio.get_running_loop().call_later(1, self.transport.sendto, data[::-1], addr)

    loop = EventLoop(send=lambda *datagram: sent.append(datagram))
    loop.call(loop.create_datagram_endpoint, Echo, ("s0", 1))
    loop.receive(b"ping", ("s1", 1), ("s0", 1))
    assert sent == []
    loop.advance(1)
    assert sent == [(b"gnip", ("s0", 1), ("s1", 1))]
