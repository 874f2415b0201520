"""An archive is unpacked once, and read from the cache from then on."""

import hashlib
import os

import pytest

from pipeline.data import archive_cache

FILES = {"a.bin": b"first", "b.bin": b"second"}
MD5 = {name: hashlib.md5(content).hexdigest() for name, content in FILES.items()}


class Archive:
    """A file that counts how often it is unpacked."""

    def __init__(self, path) -> None:
        self.path, self.reads = path, 0
        path.write_bytes(b"archive")

    def read(self):
        self.reads += 1
        yield from FILES.items()

    def files(self) -> dict[str, bytes]:
        return dict(archive_cache.cached_files(self.path, MD5, self.read))


@pytest.fixture
def archive(tmp_path, monkeypatch) -> Archive:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Archive(tmp_path / "some.tar.gz")


def caches(tmp_path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache" / "cifar10-competition-kit").glob("*"))


def test_the_second_time_it_is_not_unpacked(archive, tmp_path):
    assert archive.files() == archive.files() == FILES
    assert archive.reads == 1
    assert len(caches(tmp_path)) == 1


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"x"), lambda path: path.unlink()])
def test_a_damaged_cache_is_made_again(archive, tmp_path, damage):
    archive.files()
    (folder,) = (tmp_path / "cache" / "cifar10-competition-kit").iterdir()
    damage(folder / "b.bin")
    assert archive.files() == archive.files() == FILES
    assert archive.reads == 2


def test_a_changed_archive_makes_a_new_cache_and_the_old_one_goes(archive, tmp_path):
    archive.files()
    before = caches(tmp_path)
    os.utime(archive.path, (1, 1))
    assert archive.files() == FILES
    assert archive.reads == 2
    assert len(caches(tmp_path)) == 1
    assert caches(tmp_path) != before


def test_without_a_place_to_write_there_is_no_cache(archive, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder would be")
    assert archive.files() == archive.files() == FILES
    assert archive.reads == 2


def test_an_archive_that_turns_out_damaged_leaves_no_cache(archive, tmp_path):
    def read():
        yield "a.bin", FILES["a.bin"]
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        dict(archive_cache.cached_files(archive.path, MD5, read))
    assert caches(tmp_path) == []
