"""Brings evidence to the chain: records to the ledger, all else under the heads of an append-only log."""
