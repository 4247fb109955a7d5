"""What must hold of every file of the project, whatever is in it."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_MARKERS = re.compile(rb"^(<{7} |={7}\r?$|>{7} |\|{7} )", re.MULTILINE)


def test_no_file_holds_two_versions_of_itself() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    names = [name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]
    assert len(names) > 500
    unmerged = [name for name in names if len(_MARKERS.findall((ROOT / name).read_bytes())) > 1]
    assert not unmerged
