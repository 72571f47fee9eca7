"""`quorate.explore`: a page on this machine, to walk a protocol in a browser."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from quorate.checker.conform.replaying.recorded import protocol_of, sizes_of
from quorate.checker.errors import InputError
from quorate.checker.page.server import PageServer
from quorate.checker.page.session import PageSession
from quorate.model.language import Protocol, Sizes
from quorate.traces import Trace, read_trace

from ._check import loaded, sized


class ExplorePage:
    """A page that is served until it is closed: `url` is its address.

    `serve()` serves it here, until Ctrl-C; as a context it is served in the background.
    """

    def __init__(self, server: PageServer) -> None:
        self._server = server
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address, which holds the token that the page asks for."""
        return self._server.url

    def serve(self) -> None:
        """Answer until KeyboardInterrupt; then nothing is left running."""
        try:
            self._server.serve_forever()
        finally:
            self._server.server_close()

    def close(self) -> None:
        """End it, with all its threads."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ExplorePage({self.url})"


def explore(
    protocol: type[Protocol] | str | None = None,
    *,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    trace: Trace | str | PathLike[str] | None = None,
    port: int = 0,
) -> ExplorePage:
    """A page to walk a protocol: its states, what is possible in each and why the rest is not.

    With a `trace`, its run is opened; protocol, sizes and faults are then the trace's, unless they
    are given. The page listens on 127.0.0.1, on a free port or on `port`.

    Raises ModelError, SizeError, InputError, TraceError.
    """
    file = None if trace is None or isinstance(trace, Trace) else Path(trace)
    run = trace if isinstance(trace, Trace) or trace is None else read_trace(trace)
    if protocol is not None:
        target = loaded(protocol)
    elif run is not None:
        target = protocol_of(run, file)
    else:
        raise InputError("there is nothing to explore: expected a protocol or a trace")
    if run is not None and sizes is None and faults is None:
        chosen = sizes_of(run, target)
    else:
        chosen = sized(target, sizes, faults)
    return ExplorePage(PageServer(PageSession(target, chosen, run), port))
