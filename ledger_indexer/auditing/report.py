"""The report of an audit, and the error that ends one."""

from dataclasses import dataclass, field


class Difference(Exception):
    """Mirror and chain disagree; the words name block, transaction and row."""


@dataclass(slots=True)
class Report:
    """What was compared, and what could not be; ``difference`` is the first one found, in words."""

    first: int = 0
    last: int = 0
    blocks: int = 0
    receipts: int = 0
    logs: int = 0
    balances: int = 0
    difference: str | None = None
    unchecked: list[str] = field(default_factory=list)

    def add_unchecked(self, what: str) -> None:
        """Add, once, something that could not be checked."""
        if what not in self.unchecked:
            self.unchecked.append(what)
