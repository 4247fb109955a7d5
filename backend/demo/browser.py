"""`make test` needs a Chromium: found, or installed with apt where that is possible, or named."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> str | None:
    """Path of a Chromium on this machine: `JIULIAN_CHROMIUM`, or one of the usual names."""
    if named := os.environ.get("JIULIAN_CHROMIUM"):
        return named if Path(named).exists() else None
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def main() -> int:
    """Make sure that there is one; 1 and a sentence when there is none and none can be installed."""
    if find():
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        sys.stderr.write("Installing Chromium for the page tests …\n")
        packages = ["chromium", "fonts-noto-cjk"]
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
        subprocess.run(["apt-get", "install", "-y", "-qq", *packages], check=False, **quiet)  # type: ignore[call-overload]
        if find():
            return 0
    sys.stderr.write("Chromium is missing: install it (Debian: apt-get install chromium) or set JIULIAN_CHROMIUM.\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
