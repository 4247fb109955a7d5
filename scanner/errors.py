"""Errors of the scanner package."""


class ScannerError(ValueError):
    """Base of everything the scanner package refuses."""


class Malformed(ScannerError):
    """The input cannot be understood; `field` says where, `reason` says why.

    `field` is a JSON path in a document (`epcisBody.eventList[0].eventTime`), or an application identifier
    or a word for the text itself ("digital link") in a GS1 string.
    """

    def __init__(self, field: str, reason: str) -> None:
        # Field names come from strangers: short enough for a log line, and without half surrogate pairs.
        self.field = field[:300].encode("utf-8", "replace").decode() or "document"
        self.reason = reason
        super().__init__(f"{self.field}: {reason}")
