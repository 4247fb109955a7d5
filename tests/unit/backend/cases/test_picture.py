"""What the map and the carton's way show."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.cases.carton_stops import Stop, kilometres, stops
from backend.cases.tiles import TILES, tile_map

NOW = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)
PLACES = {"510100": (30.66, 104.06), "310000": (31.23, 121.47)}


def test_the_grid_has_all_34_provinces_each_on_its_own_tile() -> None:
    assert len(TILES) == 34
    assert len({(column, row) for column, row, _, _ in TILES.values()}) == 34


def test_the_darkest_tile_is_where_most_was_seen() -> None:
    shown = {tile.province: tile.level for tile in tile_map("51", {"31": 9, "44": 2, "51": 0}).tiles}
    assert (shown["31"], shown["44"], shown["11"]) == (3, 1, 0)


def test_every_far_province_gets_an_arc_from_home_the_broadest_first() -> None:
    arcs = tile_map("51", {"31": 9, "44": 2, "51": 3}).arcs
    assert [arc.province for arc in arcs] == ["31", "44"]
    assert arcs[0].width > arcs[1].width


def test_a_dealer_without_a_known_home_has_a_map_without_arcs() -> None:
    assert tile_map("", {"31": 9}).arcs == ()


def test_chengdu_and_shanghai_are_some_1660_km_apart() -> None:
    assert kilometres(PLACES["510100"], PLACES["310000"]) == pytest.approx(1660, abs=15)


def test_readings_in_a_row_at_one_place_are_one_stop() -> None:
    events = [Stop("reading", NOW + timedelta(hours=h), "310000", readings=1) for h in range(3)]
    (stop,) = stops(events, PLACES)
    assert stop.readings == 3
    assert stop.last_at == NOW + timedelta(hours=2)


def test_distance_and_speed_are_measured_from_the_place_before() -> None:
    received = Stop("receive", NOW, "510100", who="dealer")
    read = Stop("reading", NOW + timedelta(hours=100), "310000", readings=1)
    _, far = stops([read, received], PLACES)
    assert far.km == pytest.approx(1660, abs=15)
    assert far.km_h == pytest.approx(16.6, abs=0.2)
    assert not far.too_fast


def test_a_code_that_outruns_a_plane_was_copied() -> None:
    events = [Stop("reading", NOW + timedelta(hours=h), p, readings=1) for h, p in ((0, "510100"), (1, "310000"))]
    assert stops(events, PLACES)[1].too_fast
