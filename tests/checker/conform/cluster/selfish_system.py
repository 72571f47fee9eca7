"""A system in which every node decides for itself: a program of one's own, which talks in lines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from quorate.kit import Clients, Place, System, lines

NODE = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        client, _ = server.accept()
        client.sendall(sys.argv[2].encode() + b"\\n")
        client.close()
"""


class Selfish(System):
    name = "selfish"
    nodes = ("n0", "n1")
    framing = staticmethod(lines())

    def __init__(self, program: str = sys.executable) -> None:
        self.program = program

    def command(self, place: Place) -> Sequence[str]:
        return [self.program, "-c", NODE, str(place.listen[1]), place.node]

    async def work(self, clients: Clients) -> None:
        while True:
            for node, address in clients.addresses.items():
                try:
                    reader, writer = await asyncio.open_connection(*address)
                    line = (await reader.readline()).decode().strip()
                    writer.close()
                except OSError:
                    continue
                if line:
                    clients.witness.told(f"the client of {node}", line)
            await asyncio.sleep(0.01)

    async def read(self, clients: Clients) -> None:
        return
