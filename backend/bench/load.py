"""A client that costs little: requests written beforehand, sent over kept-alive connections, each timed."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Barrier, Thread
from urllib.parse import quote

import psycopg


@dataclass(frozen=True, slots=True)
class Timed:
    """What a load came to: seconds of each request in ascending order, and of all together."""

    each: tuple[float, ...]
    whole: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.each) / self.whole

    def quantile(self, share: float) -> float:
        """So much of all requests took this long or less, in seconds."""
        return self.each[min(len(self.each) - 1, int(share * len(self.each)))]


def post(host: str, path: str, body: bytes) -> bytes:
    """The bytes of a POST over a kept-alive connection."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(host: str, path: str, *, token: str | None = None) -> bytes:
    """The bytes of a GET; with a token, of a person's browser that asks for a page."""
    person = f"Accept: text/html\r\nAuthorization: Bearer {token}\r\n" if token else ""
    return f"GET {quote(path, safe='/?&=-')} HTTP/1.1\r\nHost: {host}\r\n{person}\r\n".encode()


def send(host: str, port: int, lanes: Sequence[Sequence[bytes]], expected: int) -> Timed:
    """Send the requests of each lane one after the other, the lanes side by side.

    Raises:
        ValueError: an answer has another status than expected; the message holds the answer.
    """
    return asyncio.run(_send(host, port, lanes, expected))


async def _send(host: str, port: int, lanes: Sequence[Sequence[bytes]], expected: int) -> Timed:
    opened = [await asyncio.open_connection(host, port) for _ in lanes]
    began = time.perf_counter()
    took = await asyncio.gather(*(_lane(*each, lane, expected) for each, lane in zip(opened, lanes, strict=True)))
    whole = time.perf_counter() - began
    for _, writer in opened:
        writer.close()
    return Timed(tuple(sorted(second for each in took for second in each)), whole)


async def _lane(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: Sequence[bytes], expected: int
) -> list[float]:
    took = []
    for request in requests:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        body = await reader.readexactly(length)
        took.append(time.perf_counter() - began)
        if int(head[9:12]) != expected:
            raise ValueError(f"answered {head[9:12].decode()}: {body[:500].decode(errors='replace')}")
    return took


def insert(url: str, lanes: int, each: int, size: int) -> Timed:
    """Bare rows of some size, each committed before the next, from so many connections: what the disk allows."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table if not exists bench_bare (id bigserial primary key, body bytea not null)")
    took: list[float] = []
    gate = Barrier(lanes + 1)

    def lane() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("select 1")
            gate.wait()
            for _ in range(each):
                began = time.perf_counter()
                connection.execute("insert into bench_bare (body) values (%s)", (b"x" * size,))
                took.append(time.perf_counter() - began)

    threads = [Thread(target=lane) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    gate.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    whole = time.perf_counter() - began
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop table bench_bare")
    return Timed(tuple(sorted(took)), whole)
