"""Places for files: a share for each, and none is lost whatever becomes of a file."""

import gc
import io

import pytest

from backend.errors import Unavailable
from backend.web.downloads import SHARE, Downloads, FilesUnderWay


def test_nobody_takes_more_than_his_share_and_others_find_a_place() -> None:
    downloads = Downloads(20, 1)
    places = [downloads.take("one") for _ in range(SHARE)]
    with pytest.raises(FilesUnderWay):
        downloads.take("one")
    downloads.take("two")
    downloads.give_back(places[0])
    downloads.give_back(places[0])
    downloads.take("one")
    with pytest.raises(FilesUnderWay):
        downloads.take("one")


@pytest.mark.parametrize("at_once", [2, 3, 5])
def test_one_person_never_holds_all_places(at_once: int) -> None:
    downloads = Downloads(at_once, 1)
    with pytest.raises(FilesUnderWay):
        [downloads.take("one") for _ in range(at_once)]
    downloads.take("two")


def test_when_all_places_are_taken_the_next_one_waits() -> None:
    downloads = Downloads(4, 1)
    for who in ("one", "one", "two", "two"):
        downloads.take(who)
    with pytest.raises(Unavailable):
        downloads.take("three")


def test_an_answer_that_never_sets_out_gives_its_place_back() -> None:
    downloads, file = Downloads(1, 1), io.BytesIO(b"x")
    place = downloads.take("one")
    answer = downloads.answer(file, "x.csv", "text/csv", lambda: downloads.give_back(place))
    with pytest.raises(FilesUnderWay):
        downloads.take("one")
    del answer
    gc.collect()
    downloads.take("one")
