"""The console command `jiulian`: composes the parts. Each part is imported only when it is asked for."""

import os
import sys
from importlib import import_module

import typer

from backend.cli.lending import lend_settings
from backend.settings import WrongSettings, get_settings

_NAME = "jiulian"
_PARTS = {
    "demo": ("backend.demo.cli", "play a small brand's story on this machine and open the doors"),
    "run": ("backend.demo.running", "run the whole house on this machine; code that changes is loaded again"),
    "serve": ("backend.cli.serve", "run the web server"),
    "work": ("backend.cli.work", "run the worker: bundle, anchor, settle, score"),
    "index": ("backend.cli.index", "follow the chain into SQL; audit; reconcile with the books; rebuild"),
    "chain": ("ledger_indexer.node.cli", "run the embedded chain; status, snapshot, replay"),
    "codes": ("scanner.__main__", "make codes and label sheets"),
    "scan": ("scanner.__main__", "read codes from an image; sign events"),
    "units": ("backend.cli.units", "check the record of units against the captures; rebuild it"),
    "capture": ("backend.cli.capture", "capture EPCIS 2.0 documents of other systems"),
    "import": ("backend.cli.imports", "import sales tables"),
    "prove": ("backend.cli.prove", "export the proof of a capture, of a leaf, or of the evidence log's head"),
    "verify": ("backend.cli.verify", "check a proof file, without a database"),
    "risk": ("backend.cli.risk", "score, export and evaluate diversion data"),
    "status": ("backend.cli.status", "show how the house fares: queue, lanes, mirror, node, jobs"),
    "settings": ("backend.cli.settings", "list every setting with its default"),
    "people": ("backend.cli.people", "make log-ins on the machine itself: the first administrators"),
    "bench": ("backend.bench.cli", "measure, beside a baseline from the same run"),
}

_WITHOUT_SETTINGS = {"codes", "scan", "settings", "verify"}
"""Parts for people without a house, or who look for the right name; all others refuse wrong settings first."""


def _named(arguments: list[str]) -> list[str]:
    """The part that is asked for; all parts where a shell asks how to complete a word; else none."""
    if f"_{_NAME}_complete".upper() in os.environ:
        return list(_PARTS)
    return [argument for argument in arguments[:1] if argument in _PARTS]


def build(names: list[str]) -> typer.Typer:
    """The command with the named parts loaded; the others are listed by name and text alone."""
    app = typer.Typer(name=_NAME, help="Jiulian 酒链: the ledger nobody can quietly rewrite.", no_args_is_help=True)

    @app.callback()
    def _root(context: typer.Context) -> None:
        """Jiulian 酒链."""
        part = context.invoked_subcommand or ""
        if part not in _WITHOUT_SETTINGS and "--help" not in sys.argv:
            get_settings()
            context.default_map = {part: lend_settings(part)}

    for name, (module, text) in _PARTS.items():
        part: typer.Typer = import_module(module).app if name in names else typer.Typer()
        app.add_typer(part, name=name, help=text)
    return app


def main() -> None:
    """Entry point of the console command. Settings that cannot be are told in a line each; exit code 2."""
    try:
        build(_named(sys.argv[1:]))()
    except WrongSettings as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
