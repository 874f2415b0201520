"""Folders of PNGs: exact pixels, a cache that is used when valid and only then, damaged files by name."""

import functools
import os

import numpy as np
import pytest
from PIL import Image

from pipeline.core.errors import UserError
from pipeline.data import png

IMAGES = np.random.Generator(np.random.PCG64(2)).integers(256, size=(30, 32, 32, 3), dtype=np.uint8)
IDS = np.arange(1, 31)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "set" / "train"
    folder.mkdir(parents=True)
    for number, image in enumerate(IMAGES, start=1):
        Image.fromarray(image).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def built(monkeypatch):
    """Counts how often the images were decoded instead of taken from the cache."""
    calls = []
    fill = png._fill
    monkeypatch.setattr(png, "_fill", lambda *arguments: (calls.append(1), fill(*arguments)))
    return calls


def test_the_images_come_in_the_order_of_the_ids(folder):
    order = np.random.Generator(np.random.PCG64(3)).permutation(IDS)
    np.testing.assert_array_equal(png.read_folder(folder, order), IMAGES[order - 1])


def test_the_result_is_a_read_only_map_of_one_file(folder):
    images = png.read_folder(folder, IDS)
    assert isinstance(images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        images[0] = 0
    assert len(list((folder.parent / png.CACHE).iterdir())) == 1


def test_the_second_call_uses_the_cache(folder, built):
    first = png.read_folder(folder, IDS)
    np.testing.assert_array_equal(png.read_folder(folder, IDS), first)
    assert len(built) == 1


def test_a_changed_image_makes_a_new_cache_and_the_old_one_goes(folder, built):
    png.read_folder(folder, IDS)
    Image.fromarray(255 - IMAGES[4]).save(folder / "5.png")
    np.testing.assert_array_equal(png.read_folder(folder, IDS)[4], 255 - IMAGES[4])
    assert len(built) == 2
    assert len(list((folder.parent / png.CACHE).iterdir())) == 1


@pytest.mark.parametrize(
    "name", ["x.partial", ".partial", "a.b.partial", "a.x1.partial", "a.-7.partial", "a.1e3.partial",
             "a.99999999999999999999999.partial", "a.²3.partial", "a.0.partial", "folder.partial"]
)  # fmt: skip
def test_a_partial_file_of_another_origin_is_left_alone(folder, name):
    place = folder.parent / png.CACHE
    place.mkdir()
    stray = place / name
    stray.mkdir() if name.startswith("folder") else stray.write_bytes(b"somebody's")
    np.testing.assert_array_equal(png.read_folder(folder, IDS), IMAGES)
    assert stray.exists()


def test_a_time_of_change_alone_makes_the_cache_stale(folder, built):
    png.read_folder(folder, IDS)
    os.utime(folder / "5.png", ns=(0, 0))
    png.read_folder(folder, IDS)
    assert len(built) == 2


def test_a_truncated_cache_is_built_again(folder, built):
    png.read_folder(folder, IDS)
    (cache,) = (folder.parent / png.CACHE).iterdir()
    cache.write_bytes(cache.read_bytes()[:-1])
    np.testing.assert_array_equal(png.read_folder(folder, IDS), IMAGES)
    assert len(built) == 2


def test_what_a_killed_process_left_is_removed(folder):
    place = folder.parent / png.CACHE
    place.mkdir()
    # No process has this number: Linux ends at 2^22, macOS at 99998.
    (place / "train-0.npy.9999999.partial").write_bytes(b"half")
    (place / f"train-1.npy.{os.getpid()}.partial").write_bytes(b"a living one's")
    png.read_folder(folder, IDS)
    assert [path.name for path in place.glob("*.partial")] == [f"train-1.npy.{os.getpid()}.partial"]


def test_a_read_only_folder_is_cached_in_the_users_cache(folder, built, monkeypatch, tmp_path):
    # By permissions this cannot be tested as root.
    writable = png._writable
    monkeypatch.setattr(png, "_writable", lambda place: "user-cache" in place.parts and writable(place))
    png.read_folder(folder, IDS)
    np.testing.assert_array_equal(png.read_folder(folder, IDS), IMAGES)
    assert len(built) == 1
    assert len(list((tmp_path / "user-cache").rglob("train-*.npy"))) == 1


def test_no_room_for_the_cache_is_an_error_of_one_line(folder, monkeypatch):
    monkeypatch.setattr(png, "_writable", lambda place: False)
    with pytest.raises(UserError, match=r"no room for the image cache: .*image-cache and .*user-cache"):
        png.read_folder(folder, IDS)


def test_processes_read_the_same_as_one(folder, monkeypatch):
    monkeypatch.setattr(png, "CHUNK", 8)
    np.testing.assert_array_equal(png.read_folder(folder, IDS), IMAGES)


def test_an_error_in_a_process_is_the_users_error_and_leaves_nothing(folder, monkeypatch):
    monkeypatch.setattr(png, "CHUNK", 8)
    (folder / "20.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"train/20\.png: the image is damaged"):
        png.read_folder(folder, IDS)
    assert list((folder.parent / png.CACHE).iterdir()) == []


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (Image.new("RGB", (32, 31)), r"5\.png: the image is 32 x 31 RGB, expected 32 x 32 RGB"),
        (Image.new("L", (32, 32)), r"5\.png: the image is 32 x 32 L, expected 32 x 32 RGB"),
        (Image.new("RGB", (20_000, 1)), r"5\.png: the image is 20000 x 1 RGB"),
    ],
)
def test_an_image_of_another_shape_is_named(folder, image, message):
    image.save(folder / "5.png")
    with pytest.raises(UserError, match=message):
        png.read_folder(folder, IDS)


@pytest.mark.parametrize("keep", [0, 8, 20, 60, 1000, 3000])
def test_a_truncated_image_is_named_wherever_it_ends(folder, keep):
    path = folder / "5.png"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"5\.png: the image is damaged \(.+\)"):
        png.read_folder(folder, IDS)


def test_another_format_under_the_name_of_a_png_is_refused(folder):
    Image.fromarray(IMAGES[0]).save(folder / "5.png", format="JPEG")
    with pytest.raises(UserError, match=r"5\.png: the image is damaged"):
        png.read_folder(folder, IDS)


def test_a_killed_process_is_told_and_leaves_nothing(folder, monkeypatch):
    monkeypatch.setattr(png, "CHUNK", 8)
    monkeypatch.setattr(png, "_leave_interrupt_to_parent", functools.partial(os._exit, 1))
    with pytest.raises(UserError, match="a process that read it was killed"):
        png.read_folder(folder, IDS)
    assert list((folder.parent / png.CACHE).iterdir()) == []
