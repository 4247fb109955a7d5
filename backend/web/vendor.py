"""Browser libraries: copied from node_modules into static/vendor, each file held to a SHA-256 in `vendor.lock`.

`python -m backend.web.vendor` copies and checks; `--lock` writes the lock anew after a library was exchanged in
package.json. A folder carries its library's version, so its files may be cached for ever.
"""

import hashlib
import json
import posixpath
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "node_modules"
LOCK = Path(__file__).with_name("vendor.lock")
TARGET = Path(__file__).parent / "static" / "vendor"

ENTRIES = (
    "@noble/curves/secp256k1.js",
    "@noble/curves/LICENSE",
    "@noble/hashes/sha2.js",
    "@noble/hashes/sha3.js",
    "@noble/hashes/LICENSE",
    "chart.js/dist/chart.umd.min.js",
    "chart.js/LICENSE.md",
    "zxing-wasm/dist/es/reader/index.js",
    "zxing-wasm/dist/reader/zxing_reader.wasm",
    "zxing-wasm/LICENSE",
)
_IMPORT = re.compile(r"""^((?:import|export)\s+(?:[\w\s{}*,$]+?\sfrom\s*)?["'])([^"']+)(["'])""", re.MULTILINE)
_LINE = re.compile(r"([0-9a-f]{64})  ((?:@[^@/]+/)?[^@/]+)@([^/]+)/(.+)")


class VendorDiffers(Exception):
    """A file of node_modules is not the one that was locked."""


def package_of(path: str) -> tuple[str, str]:
    """Package and path in it: '@noble/hashes/sha2.js' -> ('@noble/hashes', 'sha2.js')."""
    parts = path.split("/")
    size = 2 if path.startswith("@") else 1
    return "/".join(parts[:size]), "/".join(parts[size:])


def target_of(path: str, versions: dict[str, str]) -> str:
    """Where a file goes: '@noble/hashes/sha2.js' -> 'noble-hashes-2.4.0/sha2.js'."""
    package, rest = package_of(path)
    return f"{package.lstrip('@').replace('/', '-')}-{versions[package]}/{rest}"


def imports_of(path: str, text: str) -> list[str]:
    """Files that a module imports, as paths below node_modules."""
    found = [name for _, name, _ in _IMPORT.findall(text)]
    return [
        posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) if name.startswith(".") else name
        for name in found
    ]


def rewritten(path: str, text: str, versions: dict[str, str]) -> str:
    """The module with imports by package name turned into relative ones: browsers know no packages, and the content
    policy forbids the inline import map that would tell them."""
    here = posixpath.dirname(target_of(path, versions))

    def relative(match: re.Match[str]) -> str:
        name = match[2]
        if name.startswith("."):
            return match[0]
        return f"{match[1]}{posixpath.relpath(target_of(name, versions), here)}{match[3]}"

    return _IMPORT.sub(relative, text)


def closure(entries: tuple[str, ...], read: Callable[[str], str]) -> list[str]:
    """The entries and everything they import."""
    waiting, found = list(entries), set[str]()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imports_of(path, read(path)) if path.endswith(".js") else []
    return sorted(found)


def _version(package: str) -> str:
    return str(json.loads((MODULES / package / "package.json").read_text("utf-8"))["version"])


def lock() -> str:
    """The text of the lock for what node_modules holds now."""
    paths = closure(ENTRIES, lambda path: (MODULES / path).read_text("utf-8"))
    lines = []
    for path in paths:
        package, rest = package_of(path)
        lines.append(
            f"{hashlib.sha256((MODULES / path).read_bytes()).hexdigest()}  {package}@{_version(package)}/{rest}"
        )
    return "\n".join(lines) + "\n"


def read_lock(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Hashes by path, and versions by package."""
    hashes, versions = {}, {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise VendorDiffers(f"vendor.lock holds a line that is none: {line!r}")
        hashes[f"{match[2]}/{match[4]}"], versions[match[2]] = match[1], match[3]
    return hashes, versions


def copy(target: Path = TARGET) -> int:
    """Copy what the lock names, all or nothing; returns the number of files.

    Raises:
        VendorDiffers: a file is missing or is another one.
    """
    hashes, versions = read_lock(LOCK.read_text("utf-8"))
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for path, wanted in hashes.items():
        source = MODULES / path
        content = source.read_bytes() if source.is_file() else b""
        if hashlib.sha256(content).hexdigest() != wanted:
            raise VendorDiffers(f"{path} is not the file that vendor.lock names; run npm ci")
        place = fresh / target_of(path, versions)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".js"):
            content = rewritten(path, content.decode(), versions).encode()
        place.write_bytes(content)
    shutil.rmtree(target, ignore_errors=True)
    fresh.replace(target)
    return len(hashes)


def main(arguments: list[str]) -> int:
    """Copy, or write the lock."""
    if arguments == ["--lock"]:
        LOCK.write_text(lock(), "utf-8")
        return 0
    try:
        copy()
    except VendorDiffers as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
