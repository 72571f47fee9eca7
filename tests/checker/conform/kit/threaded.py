"""An acceptor as many are written: a thread, an inbox, a lock, a timer, and a disk that takes time.

Answers are given by another thread, through a callback.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from queue import Queue
from typing import Any


class AcceptorThread(threading.Thread):
    def __init__(self, name: str, saved: dict[str, Any], answer: Callable[[Any], None]) -> None:
        super().__init__(name=name, daemon=True)
        self.inbox: Queue[Any] = Queue()
        self.saved, self.answer, self.lock = saved, answer, threading.Lock()
        self.promised, self.voted, self.value = saved.get(name, (0, 0, None))
        self.answers: Queue[Any] = Queue()
        threading.Thread(target=self.give_answers).start()

    def run(self) -> None:
        while (message := self.inbox.get()) is not None:
            with self.lock:
                getattr(self, message[0])(*message[1:])
        self.answers.put(None)

    def prepare(self, ballot: int) -> None:
        if ballot > self.promised:
            self.promised = ballot
            self.save()
            self.answers.put(("promise", self.name, ballot, self.voted, self.value))

    def accept(self, ballot: int, value: str) -> None:
        if ballot >= self.promised:
            self.promised, self.voted, self.value = ballot, ballot, value
            self.save()
            self.answers.put(("accepted", self.name, ballot, value))

    def save(self) -> None:
        time.sleep(random.uniform(0.001, 0.005))
        self.saved[self.name] = self.promised, self.voted, self.value

    def give_answers(self) -> None:
        while (answer := self.answers.get()) is not None:
            with self.lock:
                self.answer(answer)


class Hasty(AcceptorThread):
    """It answers while it still saves."""

    def save(self) -> None:
        threading.Timer(0.5, super().save).start()


class Forgetful(AcceptorThread):
    """It votes, and does not know for what."""

    def accept(self, ballot: int, value: str) -> None:
        if ballot >= self.promised:
            self.promised, self.voted = ballot, ballot
            self.save()
            self.answers.put(("accepted", self.name, ballot, value))


class Leaking(AcceptorThread):
    """It is helped by a module that starts threads of its own."""

    def save(self) -> None:
        helped(super().save)


def helped(call: Callable[[], None]) -> None:
    real = __import__("threading")
    real.Thread(target=real.Event().wait, args=(5,), daemon=True, name="a helper").start()
    call()
