"""The page's server: for this machine, for who has its address, and for the page alone."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate.checker.page import server
from quorate.checker.page.server import LARGEST_BYTES, PageServer

from .protocols import Lock
from .test_session import VIOLATED, Asking


class Page:
    """A page that is served, and plain requests to it."""

    def __init__(self, page: quorate.ExplorePage) -> None:
        self.url = page.url
        _, _, self.host, self.token, _ = page.url.split("/")

    def get(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Any:
        """The answer to a request; its text is in `text`."""
        connection = http.client.HTTPConnection(self.host, timeout=20)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Host": self.host, **given})
        answer: Any = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def ask(self, name: str, body: Any, **headers: str) -> Any:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content_Type": "application/json", **headers}
        return self.get(f"/{self.token}/api/{name}", "POST", sent, **given)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with quorate.explore(Lock, sizes={"Node": 2}) as served:
        yield Page(served)


def test_it_listens_on_this_machine_alone(page: Page) -> None:
    assert page.host.startswith("127.0.0.1:")
    address = socket.gethostbyname(socket.gethostname())
    if address.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError):
        socket.create_connection((address, int(page.host.split(":")[1])), timeout=5)


def test_the_page_and_a_question(page: Page) -> None:
    assert page.get(f"/{page.token}/").text.startswith("<!doctype html>")
    assert json.loads(page.ask("at", {"way": [0]}).text)["visited"] == 1


def test_without_the_token_there_is_nothing(page: Page) -> None:
    for path in ("/", "/app.js", "/api/at", f"/{page.token}", f"/{'x' * len(page.token)}/", "//"):
        for method in ("GET", "POST"):
            answer = page.get(path, method, b"{}", Content_Type="application/json")
            assert (answer.status, "another run" in answer.text) == (403, True)


def test_tokens_differ() -> None:
    urls = {quorate.explore(Lock, sizes={"Node": 1}) for _ in range(2)}
    assert len({page.url.split("/")[3] for page in urls}) == 2
    for page in urls:
        page.close()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:PORT", "127.0.0.1", "0.0.0.0:PORT"])
def test_a_name_that_resolves_to_this_machine_is_refused(page: Page, host: str) -> None:
    """DNS rebinding: the browser would send the name of the other site."""
    answer = page.get(f"/{page.token}/", Host=host.replace("PORT", page.host.split(":")[1]))
    assert answer.status == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_another_site_is_refused(page: Page, headers: dict[str, str]) -> None:
    assert page.ask("at", {"way": [0]}, **headers).status == 403
    assert page.get(f"/{page.token}/", **headers).status == 403


def test_the_page_itself_is_not(page: Page) -> None:
    own = {"Origin": f"http://{page.host}", "Sec_Fetch_Site": "same-origin"}
    assert page.ask("at", {"way": [0]}, **own).status == 200
    assert page.get(f"/{page.token}/", Sec_Fetch_Site="none").status == 200


def test_questions_are_posted_as_json(page: Page) -> None:
    assert page.get(f"/{page.token}/api/at").status == 404
    assert page.ask("at", {"way": [0]}, Content_Type="text/plain").status == 415
    assert page.get(f"/{page.token}/api/at", "PUT", b"{}").status == 501


@pytest.mark.parametrize(
    "path",
    ["../session.py", "..%2fsession.py", "%2e%2e/session.py", "/etc/passwd", "vendor/../../x"],
)
def test_no_other_file_is_read(page: Page, path: str) -> None:
    answer = page.get(f"/{page.token}/{path}")
    assert (answer.status, answer.text) == (404, "no such file")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"way": [0, 99]}', b"\xff", b'{"way": 1}'])
def test_a_bad_question_gets_one_clear_error(page: Page, body: bytes) -> None:
    answer = page.ask("at", body)
    assert answer.status == 400
    assert "\n" not in json.loads(answer.text)["error"]


@pytest.mark.parametrize(
    ("length", "status"),
    [
        (str(LARGEST_BYTES + 1), 413),
        ("9" * 5000, 413),  # Python refuses to read such a number
        ("-1", 411),
        ("1e3", 411),
        ("", 411),
    ],
)
def test_a_length_is_checked_before_a_body_is_read(page: Page, length: str, status: int) -> None:
    answer = page.ask("at", b"", Content_Length=length)
    assert answer.status == status


def test_a_body_without_its_length_is_refused(page: Page) -> None:
    sent = {"Content_Type": "application/json", "Transfer_Encoding": "chunked"}
    answer = page.get(f"/{page.token}/api/at", "POST", None, **sent)
    assert answer.status == 411


def raw(page: Page, text: str) -> bytes:
    """What the server says to these bytes, until it closes the connection."""
    host, port = page.host.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(text.replace("HOST", page.host).encode())
        said = b""
        while more := connection.recv(1 << 16):
            said += more
    return said


def test_without_the_token_no_body_is_awaited(page: Page) -> None:
    head = "Host: HOST\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
    assert b" 403 " in raw(page, f"POST /x/api/at HTTP/1.1\r\n{head}").splitlines()[0]


def test_a_client_that_stops_talking_is_let_go(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server._Handler, "timeout", 0.05)
    head = "Host: HOST\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    for text in ("", "POST", f"POST /{page.token}/api/at HTTP/1.1\r\n{head}"):
        assert raw(page, text) == b""
    assert page.ask("at", {"way": [0]}).status == 200


def test_a_client_that_drips_is_let_go(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PATIENCE", 0.1)
    host, port = page.host.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.settimeout(0.02)
        with pytest.raises(ConnectionError):
            for _ in range(1_000):
                connection.sendall(b"x")  # far less than a line, and always in time
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(1 << 16):
                        raise ConnectionError


def test_it_does_not_listen_beside_its_address(page: Page) -> None:
    """Of the loopback addresses one is enough: whoever names the other gets no answer."""
    port = int(page.host.split(":")[1])
    if socket.has_ipv6:
        with pytest.raises(OSError):
            socket.create_connection(("::1", port), timeout=5)
    assert page.get(f"/{page.token}/", Host=f"[::1]:{port}").status == 421
    assert page.get(f"/{page.token}/", Host=f"localhost:{port}").status == 200


def test_of_two_hosts_none_is_ours(page: Page) -> None:
    text = f"GET /{page.token}/ HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n"
    assert b" 421 " in raw(page, text).splitlines()[0]


def test_what_the_browser_may_do_with_it(page: Page) -> None:
    headers = page.get(f"/{page.token}/").headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    assert "connect-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers


def test_nothing_is_left_when_it_ends() -> None:
    before = set(threading.enumerate())
    with quorate.explore(Lock, sizes={"Node": 1}) as served:
        page = Page(served)
        silent = socket.create_connection(("127.0.0.1", int(page.host.split(":")[1])))
        page.ask("at", {"way": [0]})
    assert set(threading.enumerate()) <= before
    silent.close()
    with pytest.raises(OSError):
        page.ask("at", {"way": [0]})


def test_ctrl_c_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(server: PageServer) -> None:
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt

    monkeypatch.setattr(PageServer, "service_actions", interrupted)
    page = quorate.explore(Lock, sizes={"Node": 1})
    with pytest.raises(KeyboardInterrupt):
        page.serve()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", int(page.url.split(":")[2].split("/")[0])))


def test_a_port_that_is_taken(page: Page) -> None:
    port = int(page.host.split(":")[1])
    with pytest.raises(quorate.ArgumentError, match=f"port {port}: .*--port"):
        quorate.explore(Lock, sizes={"Node": 1}, port=port)


def test_a_trace_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "run.itf.json"
    ask = Asking()
    file.write_text(ask("save", way=ask.walked(*VIOLATED))["text"])
    with quorate.explore(trace=file) as served:
        opened = json.loads(Page(served).ask("protocol", {}).text)["opened"]
    assert opened["way"] == ask.walked(*VIOLATED)
    with pytest.raises(quorate.ArgumentError, match="nothing to explore"):
        quorate.explore()
