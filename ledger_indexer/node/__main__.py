"""`python -m ledger_indexer.node`."""

from ledger_indexer.node.cli import app

if __name__ == "__main__":
    app()
