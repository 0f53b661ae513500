"""Attachments on a disk that does not do what it should."""

from __future__ import annotations

import pytest

from xrm_platform.messaging import Files
from xrm_platform.messaging.files import FileMissing
from xrm_platform.problems import Unavailable


async def test_a_disk_that_takes_no_attachment_is_said(tmp_path):
    (tmp_path / "attachments").write_text("in the way")

    with pytest.raises(Unavailable, match="attachments_not_stored"):
        await Files(tmp_path / "attachments").put(b"content")


async def test_an_attachment_that_cannot_be_read_is_said(tmp_path):
    files = Files(tmp_path)
    stored = await files.put(b"content")
    (path,) = tmp_path.rglob(stored.sha256)
    path.unlink()
    path.mkdir()

    with pytest.raises(FileMissing, match="attachment_unreadable"):
        await files.get(stored.sha256)


async def test_nothing_is_left_beside_what_was_stored(tmp_path):
    stored = await Files(tmp_path).put(b"content")

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [stored.sha256]
