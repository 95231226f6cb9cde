# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A relay between a sender in the kernel and its server. It keeps all that it reads. A test can
stop it from reading, so that the bytes stay in the socket as long as the test wants."""
import os
import select
import socket
import threading

from guest import address, waiting


class Pair:
    """One relayed connection. `got` is what its client has sent, from the first byte."""

    def __init__(self, client: socket.socket, port: int):
        self.client = client
        self.server = socket.create_connection(("127.0.0.1", port))
        self.got = bytearray()
        self.held = False
        self.src = address(client.getpeername())
        self.dst = address(client.getsockname())

    def waiting(self) -> int:
        """Bytes that the client has sent and nobody has read."""
        return waiting(self.client)

    def pass_on(self, source: socket.socket) -> bool:
        """Pass on the bytes that wait. Returns False at the end of the stream."""
        try:
            data = source.recv(1 << 20)
            if data and source is self.client:
                self.got += data
                self.server.sendall(data)
            elif data:
                self.client.sendall(data)
        except ConnectionError:
            data = b""
        return bool(data)

    def close(self) -> None:
        self.client.close()
        self.server.close()


class Relay:
    """A relay to a port of this host."""

    def __init__(self, port: int):
        self.to = port
        self.pairs: list[Pair] = []
        self.live: list[Pair] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.orders, self.give_orders = os.pipe()
        self.obeyed = threading.Semaphore(0)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while True:
            sources = {pair.server: pair for pair in self.live}
            sources |= {pair.client: pair for pair in self.live if not pair.held}
            ready, _, _ = select.select([self.orders, self.listener, *sources], [], [])
            if self.orders in ready:
                order = os.read(self.orders, 1)
                self.obeyed.release()
                if order == b"q":
                    return
                continue
            for source in ready:
                if source is self.listener:
                    self.pairs.append(Pair(self.listener.accept()[0], self.to))
                    self.live.append(self.pairs[-1])
                elif sources[source] in self.live and not sources[source].pass_on(source):
                    self.live.remove(sources[source])
                    sources[source].close()

    def order(self, what: bytes) -> None:
        """Give an order, and wait until it is obeyed."""
        os.write(self.give_orders, what)
        self.obeyed.acquire()

    def hold(self, pair: Pair) -> None:
        pair.held = True
        self.order(b"h")

    def release(self) -> None:
        for pair in self.pairs:
            pair.held = False
        self.order(b"r")

    def close(self) -> None:
        self.order(b"q")
        self.thread.join()
        for pair in self.live:
            pair.close()
        self.listener.close()
        os.close(self.orders)
        os.close(self.give_orders)
