"""China's 34 provinces as a grid of tiles, with flows as arcs. No boundary is drawn, so none can be wrong. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot

PITCH, SIZE = 44, 40
COLUMNS, ROWS = 8, 8
TILES: Mapping[str, tuple[int, int, str, str]] = {
    "23": (7, 0, "黑", "HL"),
    "65": (0, 1, "新", "XJ"),
    "15": (4, 1, "蒙", "NM"),
    "11": (5, 1, "京", "BJ"),
    "21": (6, 1, "辽", "LN"),
    "22": (7, 1, "吉", "JL"),
    "63": (1, 2, "青", "QH"),
    "62": (2, 2, "甘", "GS"),
    "64": (3, 2, "宁", "NX"),
    "14": (4, 2, "晋", "SX"),
    "13": (5, 2, "冀", "HE"),
    "12": (6, 2, "津", "TJ"),
    "54": (1, 3, "藏", "XZ"),
    "51": (2, 3, "川", "SC"),
    "61": (3, 3, "陕", "SN"),
    "41": (4, 3, "豫", "HA"),
    "37": (5, 3, "鲁", "SD"),
    "32": (6, 3, "苏", "JS"),
    "50": (3, 4, "渝", "CQ"),
    "42": (4, 4, "鄂", "HB"),
    "34": (5, 4, "皖", "AH"),
    "31": (6, 4, "沪", "SH"),
    "53": (2, 5, "云", "YN"),
    "52": (3, 5, "黔", "GZ"),
    "43": (4, 5, "湘", "HN"),
    "36": (5, 5, "赣", "JX"),
    "33": (6, 5, "浙", "ZJ"),
    "45": (3, 6, "桂", "GX"),
    "44": (4, 6, "粤", "GD"),
    "35": (5, 6, "闽", "FJ"),
    "71": (6, 6, "台", "TW"),
    "46": (3, 7, "琼", "HI"),
    "82": (4, 7, "澳", "MO"),
    "81": (5, 7, "港", "HK"),
}
"""Province (first two digits of GB/T 2260): column, row, one character, two letters."""
_BEND = 0.24


@dataclass(frozen=True)
class Tile:
    """One province on the grid; `seen` cases there, `level` 0 to 3 for its shade."""

    province: str
    x: int
    y: int
    zh: str
    en: str
    seen: int
    level: int
    home: bool


@dataclass(frozen=True)
class Arc:
    """A flow from the home province; `path` is SVG, `width` in user units."""

    province: str
    path: str
    width: float
    seen: int


@dataclass(frozen=True)
class TileMap:
    """All tiles and the arcs over them."""

    tiles: tuple[Tile, ...]
    arcs: tuple[Arc, ...]
    width: int = COLUMNS * PITCH
    height: int = ROWS * PITCH
    size: int = SIZE


def tile_map(home: str, seen: Mapping[str, int]) -> TileMap:
    """The map of one dealer: `home` province, and cases seen by province."""
    most = max(seen.values(), default=0)
    tiles = tuple(
        Tile(
            province,
            column * PITCH,
            row * PITCH,
            zh,
            en,
            seen.get(province, 0),
            -(-3 * seen.get(province, 0) // most) if most else 0,
            province == home,
        )
        for province, (column, row, zh, en) in TILES.items()
    )
    arcs = tuple(
        Arc(province, _path(home, province), round(1.5 + 3.0 * count / most, 1), count)
        for province, count in sorted(seen.items(), key=lambda each: (-each[1], each[0]))
        if count and province != home and province in TILES and home in TILES
    )
    return TileMap(tiles, arcs)


def _centre(province: str) -> tuple[float, float]:
    column, row, _, _ = TILES[province]
    return column * PITCH + SIZE / 2, row * PITCH + SIZE / 2


def _path(start: str, end: str) -> str:
    """A curve that leaves and reaches the tiles near their edges, so that their characters stay readable."""
    (x1, y1), (x2, y2) = _centre(start), _centre(end)
    length = hypot(x2 - x1, y2 - y1)
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    bend = _BEND * length
    cx, cy = (x1 + x2) / 2 + dy * bend, (y1 + y2) / 2 - dx * bend
    sx, sy = _towards(x1, y1, cx, cy, SIZE * 0.42)
    ex, ey = _towards(x2, y2, cx, cy, SIZE * 0.55)
    return f"M{sx:.1f} {sy:.1f}Q{cx:.1f} {cy:.1f} {ex:.1f} {ey:.1f}"


def _towards(x: float, y: float, to_x: float, to_y: float, by: float) -> tuple[float, float]:
    length = hypot(to_x - x, to_y - y) or 1.0
    return x + (to_x - x) / length * by, y + (to_y - y) / length * by
