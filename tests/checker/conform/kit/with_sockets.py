"""Acceptors and a proposer as many are written: blocking sockets, a thread for each connection.

What `recv` returns is taken for one message. A lock is made while the module is imported.
"""

from __future__ import annotations

import json
import select
import selectors
import socket
import socketserver
import threading
from typing import Any

LOCK = threading.Lock()
CHANGED = threading.Condition(LOCK)


class Acceptor:
    lock = threading.RLock()

    def __init__(self, port: int) -> None:
        self.promised = 0
        self.server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind(("0.0.0.0", port))
        self.server.listen(5)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            connection, _ = self.server.accept()
            threading.Thread(target=self.process, args=(connection,)).start()

    def process(self, connection: socket.socket) -> None:
        with connection:
            ballot = json.loads(connection.recv(1024).decode())["prepare"]
            with self.lock, LOCK:
                new = self.is_new(ballot)
                self.promised = ballot if new else self.promised
                CHANGED.notify_all()
            connection.send(json.dumps({"promise" if new else "reject": ballot}).encode())

    def is_new(self, ballot: int) -> bool:
        return ballot > self.promised


class Hasty(Acceptor):
    """It promises whatever it is asked for."""

    def is_new(self, ballot: int) -> bool:
        return True


class Proposer:
    def __init__(self, ports: list[int]) -> None:
        self.ports, self.heard = ports, list[Any]()

    def prepare(self, ballot: int) -> None:
        for port in self.ports:
            threading.Thread(target=self.ask, args=(port, ballot)).start()

    def ask(self, port: int, ballot: int) -> None:
        try:
            with socket.create_connection(("localhost", port), timeout=5) as connection:
                connection.sendall(json.dumps({"prepare": ballot}).encode())
                connection.shutdown(socket.SHUT_WR)
                self.heard.append(json.loads(connection.recv(1024) or "null"))
        except OSError as error:
            self.heard.append(type(error).__name__)


class Gossip:
    """A loop over datagrams, as many again."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.heard: list[str] = []
        threading.Thread(target=self.listen).start()

    def say(self, word: str, port: int) -> None:
        self.socket.sendto(word.encode(), ("127.0.0.1", port))

    def listen(self) -> None:
        while True:
            data, (_, port) = self.socket.recvfrom(1024)
            self.heard.append(f"{data.decode()} of {port}")


class Lines(socketserver.StreamRequestHandler):
    """Answers each line in capitals: the library's own server, files and selectors."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


class LineServer:
    def __init__(self, port: int) -> None:
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Lines)
        threading.Thread(target=self.server.serve_forever).start()


class Loop:
    """A client that waits by `how`: select, poll or a selector."""

    def __init__(self, port: int, how: str) -> None:
        self.socket, self.heard = socket.create_connection(("127.0.0.1", port)), b""
        self.socket.setblocking(False)
        self.how = how
        threading.Thread(target=self.read).start()

    def read(self) -> None:
        while True:
            self.wait()
            try:
                self.heard += self.socket.recv(4)
            except BlockingIOError:
                continue

    def wait(self) -> None:
        if self.how == "select":
            select.select([self.socket], [], [], 10)
        elif self.how == "poll":
            poll = select.poll()
            poll.register(self.socket, select.POLLIN)
            poll.poll()
        else:
            with selectors.DefaultSelector() as selector:
                selector.register(self.socket, selectors.EVENT_READ)
                selector.select()
