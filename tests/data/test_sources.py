"""The order of the sources: directory, download, stand-in; and what stops it."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline import cli
from pipeline.core.errors import UserError
from pipeline.core.images import CLASSES, Dataset
from pipeline.data import cifar10, download, kaggle, sources, stand_in
from pipeline.data.download import DownloadError
from pipeline.data.settings import DataConfig
from pipeline.data.sources import load


@pytest.fixture(autouse=True)
def small_stand_in(monkeypatch):
    """The stand-in, 20 images a split."""
    monkeypatch.setattr(stand_in, "draw", lambda split: stand_in.scenes.draw(split, count=20))


@pytest.fixture
def no_network(monkeypatch):
    def fail(directory):
        raise DownloadError("download of CIFAR-10 failed: no network")

    monkeypatch.setattr(sources, "download", fail)


def test_the_directory_of_the_config_comes_before_the_environments(batches, kaggle_folder, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(kaggle_folder[0]))
    found = load(DataConfig(directory=str(batches[0])))
    assert (found.name, found.origin.endswith("(data.directory)")) == ("cifar10", True)
    found = load(DataConfig())
    assert (found.name, found.origin.endswith("(DATA_DIR)")) == ("kaggle", True)


def test_the_default_directory_is_data(batches, tmp_path):
    batches[0].rename(tmp_path / "data")
    assert load(DataConfig()).origin.endswith("found in data (the default)")


def test_without_data_it_is_downloaded_into_the_directory(batches, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "download", lambda directory: batches[0] / cifar10.FOLDER)
    dataset = load(DataConfig())
    assert dataset.name == "cifar10"
    assert "downloaded, since data (the default) had no data" in dataset.origin


def test_without_network_it_is_the_stand_in_with_a_banner(no_network, capsys):
    dataset = load(DataConfig())
    assert dataset.name == "stand-in"
    assert "data (the default) has no data; download of CIFAR-10 failed: no network" in dataset.origin
    assert dataset.origin in capsys.readouterr().err


def test_the_stand_in_can_be_asked_for(batches, capsys):
    dataset = load(DataConfig(source="stand-in", directory=str(batches[0])))
    assert dataset.name == "stand-in"
    assert "STAND-IN DATA" in capsys.readouterr().err


def test_cifar10_forbids_the_stand_in(no_network, capsys):
    with pytest.raises(UserError, match=r"data\.source is cifar10.*no network; set DATA_DIR.*--data\.source stand-in"):
        load(DataConfig(source="cifar10"))
    assert capsys.readouterr().err == ""


def test_a_download_can_be_forbidden(monkeypatch):
    monkeypatch.setattr(sources, "download", lambda directory: pytest.fail("tried to download"))
    with pytest.raises(UserError, match=r"data\.download is false"):
        load(DataConfig(source="cifar10", download=False))


def test_damaged_batches_are_an_error_and_never_the_stand_in(batches, no_network):
    (batches[0] / cifar10.FOLDER / "data_batch_4").write_bytes(b"")
    with pytest.raises(UserError, match=r"data_batch_4.*damaged"):
        load(DataConfig(directory=str(batches[0])))


def test_batches_of_a_download_that_was_cut_off_are_mended(batches, tmp_path, monkeypatch):
    damaged = tmp_path / "damaged"
    (damaged / cifar10.FOLDER).mkdir(parents=True)
    (damaged / download.WORK).mkdir()
    monkeypatch.setattr(sources, "download", lambda directory: batches[0] / cifar10.FOLDER)
    assert "repaired after a broken download" in load(DataConfig(directory=str(damaged))).origin


def test_a_leftover_that_cannot_be_mended_says_both(batches, no_network):
    (batches[0] / download.WORK).mkdir()
    (batches[0] / cifar10.FOLDER / "data_batch_4").unlink()
    with pytest.raises(UserError, match=r"data_batch_4: cannot read.*leftover.*no network"):
        load(DataConfig(directory=str(batches[0])))


def test_a_directory_that_does_not_exist_is_a_slip(no_network, monkeypatch):
    monkeypatch.setenv("DATA_DIR", "/no/such/folder")
    with pytest.raises(UserError, match=r"/no/such/folder \(DATA_DIR\) is not a folder or a file"):
        load(DataConfig())


def test_a_directory_of_something_else_is_a_slip(tmp_path, no_network):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(UserError, match=r"it holds holiday\.jpg; it reads cifar-10-batches-py or .* a Kaggle folder"):
        load(DataConfig(directory=str(tmp_path)))


def test_a_named_directory_that_is_empty_is_downloaded_into_and_never_the_stand_in(tmp_path, no_network, capsys):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty \(data\.directory\) has no images: it is empty; download .*no network"):
        load(DataConfig(directory=str(tmp_path / "empty")))
    assert "STAND-IN" not in capsys.readouterr().err


def test_kaggle_is_not_replaced_by_anything_else(batches, tmp_path):
    with pytest.raises(UserError, match="Kaggle folder"):
        load(DataConfig(source="kaggle", directory=str(batches[0])))
    with pytest.raises(UserError, match=r"data\.source is kaggle, but data \(the default\)"):
        load(DataConfig(source="kaggle"))


def test_a_prepared_stand_in_is_not_taken_silently(kaggle_folder, capsys):
    (kaggle_folder[0] / kaggle.ORIGIN).write_text('{"name": "stand-in"}')
    assert load(DataConfig(directory=str(kaggle_folder[0]))).name == "stand-in"
    assert "STAND-IN DATA" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"data\.source is kaggle, but the images are the stand-in"):
        load(DataConfig(source="kaggle", directory=str(kaggle_folder[0])))


def test_a_limit_keeps_the_first_training_images(batches):
    config = DataConfig(directory=str(batches[0]))
    whole, part = load(config), load(replace(config, train_limit=15))
    np.testing.assert_array_equal(part.train_images, whole.train_images[:15])
    np.testing.assert_array_equal(part.train_labels, whole.train_labels[:15])
    np.testing.assert_array_equal(part.test_images, whole.test_images)
    assert "the first 15 training images" in part.origin


@pytest.mark.parametrize(
    ("field", "value"),
    [("source", "imagenet"), ("validation", -1), ("split_seed", -1), ("train_limit", 9), ("folds", 1), ("fold", -1),
     ("fold", 1)],
)  # fmt: skip
def test_a_value_out_of_range_names_its_key(field, value):
    with pytest.raises(ValueError, match=rf"data\.{field} is '?{value}'?; allowed: "):
        DataConfig(**{field: value})


def test_a_value_at_the_end_of_its_range_is_valid():
    assert DataConfig(train_limit=10).train_limit == 10
    assert not DataConfig(validation=0).holds_out
    assert DataConfig(validation=1).holds_out
    assert DataConfig(validation=0, folds=2, fold=1).holds_out
    with pytest.raises(ValueError, match=r"data\.fold is 2; allowed: 0 to 1, below data\.folds"):
        DataConfig(folds=2, fold=2)


@pytest.mark.parametrize(("source", "has"), [("auto", True), ("cifar10", True), ("stand-in", True), ("kaggle", False)])
def test_a_source_may_have_test_labels_unless_it_is_kaggles(source, has):
    assert DataConfig(source=source).has_test_labels == has


def test_three_levels_of_folders_are_searched_nearest_first_without_hidden_ones(tmp_path):
    (tmp_path / "a" / "b" / "c" / "d").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "z").mkdir()
    found = [str(folder.relative_to(tmp_path)) for folder in sources._folders(tmp_path)]
    assert found == [".", "a", "z", "a/b", "a/b/c"]


def test_two_hundred_folders_are_searched(tmp_path):
    for number in range(150):
        (tmp_path / f"{number:03}" / "below").mkdir(parents=True)
    found = [str(folder.relative_to(tmp_path)) for folder in sources._folders(tmp_path)]
    assert (len(found), found[-1]) == (1 + 200, "049/below")


def pinned_after_loading(config):
    """The pinned config; loading it in another folder, without the environment, gives the same images."""
    taken = load(config)
    pinned = sources.exact_config(config, taken)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir("/")
        patch.delenv("DATA_DIR", raising=False)
        again = load(pinned)
    assert again.name == taken.name
    np.testing.assert_array_equal(again.train_images, taken.train_images)
    return pinned


def test_a_pinned_config_leads_to_the_same_images_and_no_others(batches, kaggle_folder, tmp_path, monkeypatch):
    real, prepared = batches[0], kaggle_folder[0]
    monkeypatch.setenv("DATA_DIR", str(real))
    assert pinned_after_loading(DataConfig()).source == "cifar10"
    assert pinned_after_loading(DataConfig(directory=str(prepared))).source == "kaggle"
    (prepared / kaggle.ORIGIN).write_text('{"name": "cifar10"}')
    assert pinned_after_loading(DataConfig(directory=str(prepared))).source == "kaggle"
    (prepared / kaggle.ORIGIN).write_text('{"name": "stand-in"}')
    assert pinned_after_loading(DataConfig(directory=str(prepared))).source == "auto"


def test_of_a_folder_with_both_layouts_the_one_that_was_taken_is_pinned(batches, kaggle_folder):
    for path in kaggle_folder[0].iterdir():
        path.rename(batches[0] / path.name)
    both = str(batches[0])
    for asked, taken in (("auto", "cifar10"), ("cifar10", "cifar10"), ("kaggle", "kaggle")):
        assert pinned_after_loading(DataConfig(source=asked, directory=both)).source == taken


def test_the_drawn_stand_in_is_pinned_as_such(tmp_path, no_network):
    assert pinned_after_loading(DataConfig()).source == "stand-in"


def test_images_that_a_sweep_is_to_take_are_taken_and_never_the_stand_in_instead(tmp_path, no_network, capsys):
    (tmp_path / "empty").mkdir()
    for kind in ("--seeds", "--trials"):
        words = ["sweep", kind, "1", "--data.source", "cifar10", "--data.directory", str(tmp_path / "empty")]
        assert cli.main([*words, "--log.runs", str(tmp_path / "runs")]) == 2
        assert "data.source is cifar10, but" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_images_of_an_unknown_name_are_refused(kaggle_folder):
    (kaggle_folder[0] / "dataset.json").write_text('{"name": "imagenet"}')
    with pytest.raises(UserError, match=r"named imagenet; allowed: cifar10, .*kaggle, stand-in"):
        load(DataConfig(directory=str(kaggle_folder[0])))


def test_a_source_is_a_module_and_a_line_in_the_registry(tmp_path, monkeypatch):
    """A folder of numpy files, found after the sources that are there, with labels to make a competition from."""

    class Arrays:
        NAME, SIGNS, HAS_TEST_LABELS = "arrays", "images.npy", True

        @staticmethod
        def find_dataset(directory):
            return directory if (directory / "images.npy").is_file() else None

        @staticmethod
        def load(folder, why):
            images = np.load(folder / "images.npy")
            labels = np.arange(len(images)) % 10
            return Dataset(
                name="arrays", origin=why, classes=CLASSES, train_images=images, train_labels=labels,
                test_images=images[:5], test_ids=np.arange(1, 6), layout="arrays",
            )  # fmt: skip

        @staticmethod
        def test_labels(directory):
            return np.arange(5)

    monkeypatch.setitem(sources.SOURCES, "arrays", Arrays)
    np.save(tmp_path / "images.npy", np.zeros((20, 32, 32, 3), dtype=np.uint8))
    for source in ("auto", "arrays"):
        config = DataConfig(source=source, directory=str(tmp_path))
        dataset = load(config)
        assert (dataset.name, len(dataset.train_images)) == ("arrays", 20)
        assert sources.exact_config(config, dataset).source == "arrays"
        assert sources.test_labels(config, dataset).tolist() == [0, 1, 2, 3, 4]
    (tmp_path / "images.npy").unlink()
    with pytest.raises(UserError, match=r"does not hold images\.npy"):
        load(DataConfig(source="arrays", directory=str(tmp_path)))
