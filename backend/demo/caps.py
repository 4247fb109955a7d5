"""The printer's safe: inner codes under the caps, which the product gives out once and does not keep."""

import csv
import io
import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Caps:
    """Inner code by serial. With a folder they outlive the story's process; a run that was lost on the way stays lost,
    and its bottles are then never opened, as with a real printer."""

    folder: Path | None = None
    _codes: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, run_file: str | None) -> None:
        """Put a run into the safe; None, when the product gave it out before, takes out what was put in then."""
        path = self.folder and self.folder / f"{name}.csv"
        if run_file is None:
            run_file = path.read_text("utf-8") if path and path.exists() else ""
        elif path:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
                file.write(run_file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        self._codes.update((row["serial"], row["inner"]) for row in csv.DictReader(io.StringIO(run_file)))

    def find(self, serial: str) -> str | None:
        """The code under a bottle's cap."""
        return self._codes.get(serial)
