"""The page's server: on this machine, for who has the address, and for the page alone.

- It listens on 127.0.0.1 and nowhere else, not on ::1 either.
- Every path begins with a random token, so other users of the machine do not find it.
- The `Host` must be ours: a name that is made to resolve to 127.0.0.1 (DNS rebinding) is refused.
- What another site sends (`Origin`, `Sec-Fetch-Site`) is refused. Questions are POST requests with
  a type that browsers do not send across origins unasked.
- A question that is not there within some seconds is not waited for, however it comes.
- Files of the page are read when it starts. No path of a request is looked up on the disk.
"""

from __future__ import annotations

import contextlib
import json
import math
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from quorate.checker.errors import InputError
from quorate.errors import QuorateError
from quorate.model.language import StepError

from .session import PageSession

HOST = "127.0.0.1"
LARGEST_BYTES = 16 * 2**20
"""Of a request: a trace of thousands of steps fits."""
PATIENCE = 20.0
"""Seconds after which a connection that says nothing is closed, and one that says it slowly."""

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass
class RequestRefused(Exception):
    """A request that is not answered: the status, and why."""

    status: int
    why: str


class PageServer(ThreadingHTTPServer):
    """Serves one session. Closing it ends every connection and every thread.

    Raises InputError if the port is taken.
    """

    daemon_threads = False
    block_on_close = True

    def __init__(self, session: PageSession, port: int = 0) -> None:
        self.session = session
        self.token = secrets.token_urlsafe(24)
        self.assets = assets()
        self._open: dict[socket.socket, float] = {}
        """The connections, and until when each may send."""
        self._guarding = threading.Lock()
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise InputError(f"port {port}: {error.strerror}; choose another with --port") from None

    @property
    def url(self) -> str:
        """The address of the page, with its token."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._guarding:
            self._open[connection] = time.monotonic() + PATIENCE
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._guarding:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Called again and again while it serves: time is up for who sends byte by byte."""
        self._stop_reading(time.monotonic())

    def server_close(self) -> None:
        self._stop_reading(math.inf)
        super().server_close()

    def _stop_reading(self, now: float) -> None:
        """Take nothing more from connections whose time is up; answers under way are given."""
        with self._guarding:
            for connection, until in self._open.items():
                if until <= now:
                    with contextlib.suppress(OSError):  # it is closed already
                        connection.shutdown(socket.SHUT_RD)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no error worth telling."""


def assets() -> dict[str, tuple[str, bytes]]:
    """The files of the page by their paths, with their types."""
    return dict(_assets(files("quorate.checker.page") / "web", ""))


def _assets(folder: Traversable, prefix: str) -> list[tuple[str, tuple[str, bytes]]]:
    found = []
    for entry in folder.iterdir():
        path, suffix = f"{prefix}{entry.name}", entry.name[entry.name.rfind(".") :]
        if entry.is_dir():
            found += _assets(entry, f"{path}/")
        elif suffix in TYPES:
            found.append((path, (TYPES[suffix], entry.read_bytes())))
    return found


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    timeout = PATIENCE
    server_version = "quorate"
    sys_version = ""

    def do_GET(self) -> None:
        self._answered(self._asset)

    def do_POST(self) -> None:
        self._answered(self._question)

    def _answered(self, answer: Any) -> None:
        try:
            status, kind, body = answer(self._path())
        except RequestRefused as refusal:
            status, kind, body = refusal.status, "text/plain; charset=utf-8", refusal.why.encode()
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _path(self) -> str:
        """The path below the token. Raises RequestRefused."""
        port = self.server.server_port
        ours = (f"{HOST}:{port}", f"localhost:{port}")
        hosts = self.headers.get_all("Host", [])
        if len(hosts) != 1 or hosts[0] not in ours:
            raise RequestRefused(421, "this page is served to 127.0.0.1 alone")
        origin, site = self.headers.get("Origin"), self.headers.get("Sec-Fetch-Site")
        if origin is not None and origin not in [f"http://{host}" for host in ours]:
            raise RequestRefused(403, "another site asks for this page")
        if site not in (None, "same-origin", "none"):
            raise RequestRefused(403, "another site asks for this page")
        token, slash, path = self.path.partition("?")[0].removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode(), self.server.token.encode()) or not slash:
            raise RequestRefused(
                403,
                "This address belongs to another run of `quorate explore`. Open the address that "
                "the terminal shows now; what follows # in this one may be added to it.",
            )
        return path

    def _asset(self, path: str) -> tuple[int, str, bytes]:
        found = self.server.assets.get(path or "index.html")
        if found is None:
            raise RequestRefused(404, "no such file")
        return 200, *found

    def _question(self, path: str) -> tuple[int, str, bytes]:
        if self.headers.get("Content-Type") != "application/json":
            raise RequestRefused(415, "expected application/json")
        status, answer = self._answer(path.removeprefix("api/"), self._body())
        return status, "application/json", json.dumps(answer).encode()

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise RequestRefused(411, "expected the length of the question")
        if len(length) > 12 or int(length) > LARGEST_BYTES:
            raise RequestRefused(413, f"expected at most {LARGEST_BYTES} bytes")
        return self.rfile.read(int(length))

    def _answer(self, name: str, body: bytes) -> tuple[int, Mapping[str, Any]]:
        try:
            return 200, self.server.session.answer(name, body)
        except (QuorateError, StepError) as error:
            return 400, {"error": str(error)}
        except Exception as error:
            return 500, {"error": f"a bug of Quorate: {type(error).__name__}: {error}"}

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: an address holds the token."""
