"""A competition's files: the same images come back, the labels lie on one side only, both or nothing."""

import csv
import json
import stat

import numpy as np
import pytest

from pipeline.core.errors import UserError
from pipeline.core.images import CLASSES
from pipeline.data import kaggle, stand_in
from pipeline.data.settings import DataConfig
from pipeline.data.sources import load
from pipeline.practice import files
from pipeline.practice.files import SOLUTION

pytestmark = pytest.mark.usefixtures("no_data_directory")


def read(path):
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.fixture
def competition(batches, tmp_path):
    files.write_competition(tmp_path / "competition", DataConfig(directory=str(batches[0])))
    return tmp_path / "competition"


def test_the_public_folder_gives_the_same_images_again(competition, batches):
    before = load(DataConfig(directory=str(batches[0])))
    after = load(DataConfig(directory=str(competition / "public")))
    for field in ("train_images", "train_labels", "test_images", "test_ids"):
        np.testing.assert_array_equal(getattr(after, field), getattr(before, field))
    assert after.name == before.name == "cifar10"


def test_the_solution_has_the_labels_of_the_test_batch(competition, batches):
    rows = read(competition / "private" / SOLUTION)
    assert [row["id"] for row in rows] == [str(number) for number in range(1, 11)]
    assert [CLASSES.index(row["label"]) for row in rows] == batches[2][50:].tolist()


def test_the_sample_has_the_ids_and_one_label(competition):
    assert (competition / "public" / kaggle.SAMPLE).read_bytes().startswith(b"id,label\n1,cat\n2,cat\n")
    rows = read(competition / "public" / kaggle.SAMPLE)
    assert {row["label"] for row in rows} == {"cat"}
    assert len(rows) == 10


def test_the_solution_is_its_owners_alone_and_nothing_public_has_it(competition):
    assert stat.S_IMODE((competition / "private" / SOLUTION).stat().st_mode) == 0o600
    assert stat.S_IMODE((competition / "private").stat().st_mode) == 0o700
    secret = (competition / "private" / SOLUTION).read_bytes()
    assert all(secret not in path.read_bytes() for path in (competition / "public").rglob("*") if path.is_file())


def test_both_sides_are_labelled_with_the_source(competition):
    for side in ("public", "private"):
        assert json.loads((competition / side / "dataset.json").read_text()) == {"name": "cifar10"}


def test_the_stand_ins_labels_are_those_it_was_drawn_with(tmp_path, monkeypatch):
    monkeypatch.setattr(stand_in, "draw", lambda split: stand_in.scenes.draw(split, count=20))
    dataset = files.write_competition(tmp_path / "competition", DataConfig(source="stand-in"))
    images, labels = stand_in.draw("test")
    np.testing.assert_array_equal(dataset.test_images, images)
    rows = read(tmp_path / "competition" / "private" / SOLUTION)
    assert [CLASSES.index(row["label"]) for row in rows] == labels.tolist()


def test_a_folder_without_test_labels_is_refused(kaggle_folder, tmp_path):
    with pytest.raises(UserError, match="there are no test labels in Kaggle's layout"):
        files.write_competition(tmp_path / "competition", DataConfig(directory=str(kaggle_folder[0])))
    assert not (tmp_path / "competition").exists()


def test_what_is_already_there_is_left_alone(competition, batches):
    solution = (competition / "private" / SOLUTION).read_bytes()
    with pytest.raises(UserError, match="already exists"):
        files.write_competition(competition, DataConfig(directory=str(batches[0])))
    assert (competition / "private" / SOLUTION).read_bytes() == solution


def test_a_full_disk_leaves_nothing(batches, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_write_private", full)
    with pytest.raises(UserError, match=r"cannot write it.*No space left"):
        files.write_competition(tmp_path / "competition", DataConfig(directory=str(batches[0])))
    assert not list(tmp_path.glob("competition*"))


def test_the_leftover_of_a_killed_call_is_replaced(batches, tmp_path):
    (tmp_path / "competition.partial" / "public").mkdir(parents=True)
    files.write_competition(tmp_path / "competition", DataConfig(directory=str(batches[0])))
    assert [path.name for path in tmp_path.glob("competition*")] == ["competition"]
