"""The demo makes its folder anew, and deletes nothing that is not its own."""

from __future__ import annotations

import pytest

from xrm_platform.cli.demo.folder import MARKER, fresh_folder
from xrm_platform.cli.given import Ungiven
from xrm_platform.problems import Conflicting


def test_a_folder_is_made_where_there_is_none(tmp_path):
    with fresh_folder(tmp_path / "a" / "b") as folder:
        assert sorted(path.name for path in folder.iterdir()) == [MARKER, "arrived", "caldav", "platform"]


def test_what_a_former_demo_made_is_gone_and_the_rest_stays(tmp_path):
    with fresh_folder(tmp_path / "demo") as folder:
        (folder / "platform" / "xrm.db").write_text("old")
    (folder / "notes.txt").write_text("mine")

    with fresh_folder(folder):
        assert not (folder / "platform" / "xrm.db").exists()
        assert (folder / "notes.txt").read_text() == "mine"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "platform").mkdir()
    (tmp_path / "platform" / "precious").write_text("mine")

    with pytest.raises(Ungiven), fresh_folder(tmp_path):
        pass
    assert (tmp_path / "platform" / "precious").read_text() == "mine"


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")

    for path in (tmp_path / "file", tmp_path / "file" / "inside"):
        with pytest.raises(Ungiven), fresh_folder(path):
            pass


def test_two_demos_do_not_share_a_folder(tmp_path):
    with fresh_folder(tmp_path / "demo") as folder:
        (folder / "platform" / "xrm.db").write_text("in use")
        with pytest.raises(Conflicting), fresh_folder(folder):
            pass
        assert (folder / "platform" / "xrm.db").exists()
