"""The printer's safe of the story: what was given out once is still there when the story goes on."""

from pathlib import Path

from backend.demo.caps import Caps

RUN = "gtin,batch,serial,inner,sscc\n06901234500011,B1,AAA,SECRET,1\n"


def test_codes_outlive_the_storys_process_and_only_its_owner_reads_them(tmp_path: Path) -> None:
    Caps(tmp_path / "caps").keep("B1", RUN)
    again = Caps(tmp_path / "caps")
    assert again.find("AAA") is None
    again.keep("B1", None)
    assert again.find("AAA") == "SECRET"
    assert (tmp_path / "caps" / "B1.csv").stat().st_mode & 0o077 == 0


def test_a_run_that_was_lost_leaves_its_bottles_closed(tmp_path: Path) -> None:
    caps = Caps(tmp_path)
    caps.keep("B2", None)
    assert caps.find("AAA") is None
