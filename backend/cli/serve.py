"""`jiulian serve`: the web server."""

import json
import logging
import os
import socket
from typing import Annotated

import typer
import uvicorn

from backend.app import create_app
from backend.cli.parts import console, migrated_database
from backend.db.engine import make_engine, make_sessions
from backend.settings import Settings, get_settings
from ledger_indexer import log_lines

app = typer.Typer()


def listening_socket(host: str, port: int, attempts: int = 50) -> socket.socket:
    """A listening socket on the port, or on the next free one; port 0: on any that is free.

    Raises:
        OSError: none of the `attempts` ports is free.
    """
    for candidate in range(port, port + attempts):
        # The protocol is named because asyncio sets TCP_NODELAY only where it reads TCP: without it answers wait 40 ms.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((host, candidate))
            opened.listen(256)
            return opened
        except OSError:
            opened.close()
    raise OSError(f"no free port from {port} to {port + attempts - 1} on {host}")


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the server's says what ours have not said: they tell a failed request with its id."""
    return not record.getMessage().startswith("Exception in ASGI application")


def announce(settings: Settings, text: str) -> None:
    """Say something to who looks on: a line for people, or one as all others where machines read them."""
    if settings.log.format == "json":
        logging.getLogger(__name__).info(text)
    else:
        console.print(text)


@app.callback(invoke_without_command=True)
def serve(
    host: Annotated[str | None, typer.Option(help="address to bind")] = None,
    port: Annotated[int | None, typer.Option(help="port to bind; the next free one when taken")] = None,
    descriptor: Annotated[int | None, typer.Option("--fd", help="listen on this open socket instead")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="announce the address as JSON")] = False,
) -> None:
    """Run the web server until it is told to stop."""
    settings = get_settings()
    log_lines.set_up(settings.log.format, settings.secrets)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    engine = make_engine(migrated_database(settings))
    if descriptor is not None:
        opened = socket.socket(fileno=descriptor)
    else:
        opened = listening_socket(host or settings.web.host, settings.web.port if port is None else port)
    bound_host, bound_port = opened.getsockname()[:2]
    if json_output:
        typer.echo(json.dumps({"http": f"http://{bound_host}:{bound_port}", "pid": os.getpid()}))
    announce(settings, f"Jiulian answers at http://{bound_host}:{bound_port}")
    config = uvicorn.Config(
        create_app(settings, make_sessions(engine)),
        log_config=None,  # its lines are written as ours are
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    uvicorn.Server(config).run(sockets=[opened])
