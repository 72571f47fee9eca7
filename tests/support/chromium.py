"""A headless Chromium, driven by the DevTools protocol over a pipe: no driver, no network.

https://chromedevtools.github.io/devtools-protocol/ describes the methods; `--remote-debugging-pipe`
reads messages from file 3 and writes to file 4, each ended by a zero byte.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")
PATIENCE = 20.0
"""Seconds until something that is awaited counts as missing: long, for busy machines."""


class Tab:
    """One page of the browser. `requests` are the addresses that it asked for."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read, self._rest = write, read, b""
        self._numbers = itertools.count(1)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._choosers: list[int] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session: str = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A method of the protocol, in this page."""
        return self._call(method, self._session, **parameters)

    def _call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != number:
            self._note(answer)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        found: dict[str, Any] = answer["result"]
        return found

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not (more := os.read(self._read, 1 << 16)):
                raise AssertionError("the browser has ended")
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def _note(self, event: dict[str, Any]) -> None:
        match event:
            case {"method": "Network.requestWillBeSent", "params": {"request": {"url": url}}}:
                self.requests.append(url)
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.complaints.append(json.dumps(details)[:500])
            case {"method": "Page.fileChooserOpened", "params": {"backendNodeId": node}}:
                self._choosers.append(node)
            case {"method": "Log.entryAdded", "params": {"entry": {"level": "error"} as entry}}:
                self.complaints.append(f"{entry['text']} {entry.get('url', '')}")

    def open(self, url: str) -> None:
        """Go to an address."""
        self.call("Page.navigate", url=url)

    def look(self, width: int, height: int, dark: bool = False) -> None:
        """The size of the window, and whether its owner likes it dark."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def js(self, expression: str) -> Any:
        """The value of an expression in the page."""
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            raise AssertionError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, expression: str) -> Any:
        """The value of an expression as soon as it is true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := self.js(expression):
                return found
            time.sleep(0.02)
        raise AssertionError(f"never true: {expression}\n{self.complaints}\n{self.text('#page')}")

    def text(self, selector: str) -> str:
        """What is to be read in an element; "" if there is none."""
        return str(self.js(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def click(self, selector: str) -> None:
        """Press the mouse on the middle of an element, which is scrolled into view."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.wait(f"!!{element}")
        x, y = self.js(
            f"(() => {{ const e = {element}; e.scrollIntoView({{block: 'nearest'}}); "
            "const r = e.getBoundingClientRect(); "
            "return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        where = {"x": x, "y": y, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **where)

    def key(self, key: str) -> None:
        """Press a key, by its name."""
        typed = {"text": key} if len(key) == 1 else {}
        if key == "Enter":
            typed = {"text": "\r"}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **typed)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def type(self, selector: str, text: str) -> None:
        """Click a field, and put a text where the caret is."""
        self.click(selector)
        self.call("Input.insertText", text=text)

    def select(self, selector: str, value: str) -> None:
        """Choose one of the options of an element."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.wait(f"!!{element}")
        self.js(
            f"(() => {{ const e = {element}; e.value = {json.dumps(value)}; "
            "e.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )

    def choose(self, selector: str, file: Path) -> None:
        """Click what asks for a file, and choose one."""
        self.call("Page.setInterceptFileChooserDialog", enabled=True)
        self.click(selector)
        self._until(lambda: self._choosers, "no file was asked for")
        self.call("DOM.setFileInputFiles", files=[str(file)], backendNodeId=self._choosers.pop())

    def download(self, selector: str, folder: Path) -> Path:
        """Click what gives a file, and wait for it."""
        self._call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        self.click(selector)
        self._until(lambda: [*folder.glob("*.json")], "no file was given")
        return next(folder.glob("*.json"))

    def _until(self, is_there: Callable[[], Any], otherwise: str) -> None:
        end = time.monotonic() + PATIENCE
        while not is_there():
            assert time.monotonic() < end, otherwise
            time.sleep(0.02)
            self.js("0")  # to read what the browser tells meanwhile

    def screenshot(self, file: Path) -> None:
        """Write what is to be seen as PNG."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        file.write_bytes(base64.b64decode(data))


@contextlib.contextmanager
def chromium() -> Iterator[Tab]:
    """A browser with one empty page, which ends with the context."""
    assert PROGRAM is not None, "there is no Chromium"
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = f'exec "$@" 3<&{to_read} 4>&{from_write}'
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        options += ["--no-first-run", "--disable-dev-shm-usage", f"--user-data-dir={profile}"]
        process = subprocess.Popen(
            ["bash", "-c", command, "bash", PROGRAM, *options, "about:blank"],
            pass_fds=(to_read, from_write),
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(from_write)
        try:
            yield Tab(to_write, from_read)
        finally:
            os.close(to_write)
            os.close(from_read)
            process.terminate()
            process.wait()
