"""Files are there whole or not at all, and a failed write is one line for the user."""

import errno
import os

import pytest

from pipeline.core.errors import UserError
from pipeline.core.files import write_text, write_whole


def test_text_is_written_in_utf8_with_lf_into_new_folders(tmp_path):
    path = write_text(tmp_path / "new" / "folder" / "a.txt", "é\nb\n")
    assert path.read_bytes() == b"\xc3\xa9\nb\n"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def fill_the_disk(path):
    path.write_text("half of the new")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fill_the_disk_as_torch_says_it(path):
    try:
        fill_the_disk(path)
    except OSError:
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0") from None


def fill_the_disk_as_torch_finds_it_later(path):
    path.write_text("half of the new")
    raise RuntimeError("[enforce fail at inline_container.cc:671] . unexpected pos 254528 vs 254416")


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        (fill_the_disk, "No space left on device"),
        (fill_the_disk_as_torch_says_it, "No space left on device"),
        (fill_the_disk_as_torch_finds_it_later, "the disk is probably full"),
    ],
)
def test_a_full_disk_leaves_the_old_file_and_no_temporary_one(tmp_path, fail, words):
    path = write_text(tmp_path / "a.txt", "old")
    with pytest.raises(UserError, match=rf"cannot write .*a\.txt: .*{words}; free space") as error:
        write_whole(path, fail)
    assert "\n" not in str(error.value)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = write_text(tmp_path / "a.txt", "old")

    def interrupted(temporary):
        temporary.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(path, interrupted)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot write .*file/below/a\.txt: (Not a directory|File exists)"):
        write_text(tmp_path / "file" / "below" / "a.txt", "x")


def test_readers_never_see_the_temporary_text(tmp_path):
    path = write_text(tmp_path / "a.txt", "old")
    seen = []

    def slowly(temporary):
        temporary.write_text("new")
        seen.append(path.read_text())

    write_whole(path, slowly)
    assert seen == ["old"]
    assert path.read_text() == "new"
