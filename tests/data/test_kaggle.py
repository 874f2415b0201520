"""Kaggle's layout: images and labels by id, and one line for everything that does not fit together."""

import re
import sys

import numpy as np
import pytest

from pipeline.core.errors import UserError
from pipeline.data import kaggle


def load(folder):
    return kaggle.load(kaggle.find_dataset(folder), why="a test")


def refusal(folder):
    """The one line with which loading the folder fails; no half-written file is left."""
    with pytest.raises(UserError) as raised:
        load(folder)
    assert "\n" not in str(raised.value)
    assert not list(folder.rglob("*.partial"))
    return str(raised.value)


def test_images_and_labels_belong_together(kaggle_folder):
    folder, images, labels = kaggle_folder
    dataset = load(folder)
    np.testing.assert_array_equal(dataset.train_images, images[:20])
    np.testing.assert_array_equal(dataset.train_labels, labels)
    np.testing.assert_array_equal(dataset.test_images, images[20:])
    np.testing.assert_array_equal(dataset.test_ids, np.arange(1, 13))
    assert dataset.name == "kaggle"


def test_the_order_of_the_rows_does_not_matter(kaggle_folder):
    folder, images, labels = kaggle_folder
    header, *rows = (folder / kaggle.LABELS).read_text().splitlines()
    (folder / kaggle.LABELS).write_text("\n".join([header, *reversed(rows)]))
    dataset = load(folder)
    np.testing.assert_array_equal(dataset.train_images, images[:20])
    np.testing.assert_array_equal(dataset.train_labels, labels)


def test_a_folder_without_any_of_its_parts_is_not_kaggles(tmp_path):
    assert kaggle.find_dataset(tmp_path) is None


def test_the_name_that_prepare_wrote_is_kept(kaggle_folder):
    (kaggle_folder[0] / "dataset.json").write_text('{"name": "stand-in"}')
    assert load(kaggle_folder[0]).name == "stand-in"
    (kaggle_folder[0] / "dataset.json").write_text('{"name": "../elsewhere"}')
    assert re.search(r"dataset\.json: must be .*cifar10, kaggle or stand-in", refusal(kaggle_folder[0]))


def test_an_archive_without_its_reader_says_how_to_unpack_it(kaggle_folder, tmp_path, monkeypatch):
    folder = kaggle_folder[0]
    (folder / "test").rename(tmp_path / "elsewhere")
    assert "no folder test/" in refusal(folder)
    (folder / "test.7z").write_bytes(b"7z")
    monkeypatch.setitem(sys.modules, "py7zr", None)
    assert re.search(r"test\.7z is not unpacked: in .* run `7z x test\.7z`.*pip install '\.\[data\]'", refusal(folder))


@pytest.mark.parametrize(("part", "table"), [("train", "trainLabels.csv"), ("test", "sampleSubmission.csv")])
def test_a_missing_image_is_named(kaggle_folder, part, table):
    (kaggle_folder[0] / part / "7.png").unlink()
    assert re.search(rf"{part} lacks 1 image \(7\.png\) that {table} lists", refusal(kaggle_folder[0]))


def test_an_image_without_a_label_is_named(kaggle_folder):
    rows = (kaggle_folder[0] / kaggle.LABELS).read_text().splitlines()
    (kaggle_folder[0] / kaggle.LABELS).write_text("\n".join(rows[:-5]))
    line = "holds 5 images (16.png, 17.png, 18.png, ...) that trainLabels.csv does not list"
    assert line in refusal(kaggle_folder[0])


def test_three_images_are_all_named(kaggle_folder):
    rows = (kaggle_folder[0] / kaggle.LABELS).read_text().splitlines()
    (kaggle_folder[0] / kaggle.LABELS).write_text("\n".join(rows[:-3]))
    assert "holds 3 images (18.png, 19.png, 20.png) that trainLabels.csv does not list" in refusal(kaggle_folder[0])


@pytest.mark.parametrize(("name", "is_valid"), [("a", True), ("x" * 40, True), ("x" * 41, False), ("", False)])
def test_a_name_has_up_to_forty_characters(tmp_path, name, is_valid):
    (tmp_path / "dataset.json").write_text(f'{{"name": "{name}"}}')
    if is_valid:
        assert kaggle._name(tmp_path / "dataset.json") == name
    else:
        with pytest.raises(UserError, match="with a name such as"):
            kaggle._name(tmp_path / "dataset.json")


def test_a_folder_without_images_is_named(kaggle_folder):
    for image in (kaggle_folder[0] / "test").iterdir():
        image.unlink()
    assert "test holds no PNG image" in refusal(kaggle_folder[0])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id,label", "name,label", r"trainLabels\.csv: the first line must be id,label"),
        ("\n3,", "\n2,", "line 4: id 2 occurs twice"),
        ("\n3,", "\n3.0,", r"line 4: '3\.0,.*' is not a positive id"),
        ("\n3,", "\n0,", "line 4: '0,.*' is not a positive id"),
        ("\n3,", "\n\u0663,", "line 4: '\u0663,.*' is not a positive id"),
        ("\n3,", "\nx,", "line 4: 'x,.*' is not a positive id"),
        ("\n3,", "\n3,3,", "line 4: .* is not a positive id and a label"),
        ("\n3,horse", "\n3,zebra", "unknown class 'zebra' of id 3; allowed: airplane, "),
        ("\n20,", "\n21,", r"lacks 1 image \(21\.png\)"),
    ],
)
def test_a_wrong_line_of_the_labels_is_named(kaggle_folder, old, new, message):
    path = kaggle_folder[0] / kaggle.LABELS
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert re.search(message, refusal(kaggle_folder[0]))


@pytest.mark.parametrize(("content", "message"), [(b"\xff\xfe\x00", "not a CSV"), (None, "No such file")])
def test_a_table_that_cannot_be_read_is_named(kaggle_folder, content, message):
    path = kaggle_folder[0] / kaggle.SAMPLE
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert re.search(rf"sampleSubmission\.csv: .*{message}", refusal(kaggle_folder[0]))


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_truncated_image_is_named(kaggle_folder, part):
    path = kaggle_folder[0] / part / "5.png"
    path.write_bytes(path.read_bytes()[:1000])
    assert re.search(rf"{part}/5\.png: the image is damaged", refusal(kaggle_folder[0]))
