"""Every form in which people hold images: found, with the official images; or the line it ends with."""

import io
import os
import pickle
import re
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.core.errors import UserError
from pipeline.core.images import CLASSES
from pipeline.data import binary, cifar10, cifar100, identity, imagefolder, sources
from pipeline.data.settings import DataConfig

BATCHES = [*cifar10.TRAIN, cifar10.TEST]


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """A download fails the test."""
    monkeypatch.setattr(sources, "download", lambda directory: pytest.fail("tried to download"))


def packed(source, target, ending=".tar.gz"):
    """The folder in an archive of this ending."""
    if ending == ".zip":
        with zipfile.ZipFile(target, "w") as file:
            for path in source.iterdir():
                file.write(path, f"{source.name}/{path.name}")
    else:
        with tarfile.open(target, "w:gz") as tar:
            tar.add(source, arcname=source.name)
    return target


def png_bytes(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "png")
    return buffer.getvalue()


def unpacked(batches, out):
    shutil.copytree(batches[0] / cifar10.FOLDER, out / cifar10.FOLDER)


def unpacked_without_its_folder(batches, out):
    shutil.copytree(batches[0] / cifar10.FOLDER, out, dirs_exist_ok=True)


def one_level_up(batches, out):
    shutil.copytree(batches[0] / cifar10.FOLDER, out / "torchvision" / cifar10.FOLDER)


def archive(batches, out):
    packed(batches[0] / cifar10.FOLDER, out / "cifar-10-python.tar.gz")


def archive_in_a_folder_that_is_read_only(batches, out):
    archive(batches, out)
    out.chmod(0o500)


def archive_as_keras_keeps_it(batches, out):
    packed(batches[0] / cifar10.FOLDER, out / "cifar-10-batches-py.tar.gz")


def archive_packed_again_as_zip(batches, out):
    packed(batches[0] / cifar10.FOLDER, out / "mine.zip", ".zip")


def archive_itself(batches, out):
    return packed(batches[0] / cifar10.FOLDER, out / "download.tgz")


def binary_files(batches, out):
    folder = out / binary.FOLDER
    folder.mkdir()
    for number, name in enumerate(BATCHES):
        part = slice(10 * number, 10 * number + 10)
        rows = batches[1][part].transpose(0, 3, 1, 2).reshape(10, 3072)
        np.concatenate([batches[2][part, None].astype(np.uint8), rows], axis=1).tofile(folder / f"{name}.bin")
    return None


def binary_archive(batches, out):
    binary_files(batches, out)
    packed(out / binary.FOLDER, out / "cifar-10-binary.tar.gz")
    shutil.rmtree(out / binary.FOLDER)


def parquet_of_hugging_face(batches, out):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    (out / "plain_text").mkdir()
    for name, part in (("train", slice(50)), ("test", slice(50, None))):
        images = [{"bytes": png_bytes(image), "path": None} for image in batches[1][part]]
        table = pa.table({"img": images, "label": batches[2][part]})
        pyarrow.parquet.write_table(table, out / "plain_text" / f"{name}-00000-of-00001.parquet")


def image_folder(batches, out, test="test"):
    for name, part in (("train", slice(50)), (test, slice(50, None))):
        for number, (image, label) in enumerate(zip(batches[1][part], batches[2][part], strict=True)):
            path = out / name / CLASSES[label] / f"{number:04d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)


def image_folder_with_val(batches, out):
    image_folder(batches, out, "val")


def npz_as_keras(batches, out):
    images, labels = batches[1:]
    np.savez(
        out / "cifar10.npz", x_train=images[:50], y_train=labels[:50, None], x_test=images[50:], y_test=labels[50:]
    )


def npz_channels_first(batches, out):
    images, labels = batches[1].transpose(0, 3, 1, 2), batches[2]
    np.savez_compressed(out / "mine.npz", images=images[:50], labels=labels[:50], test_images=images[50:])
    return out / "mine.npz"


def kaggle(batches, out, sample="sampleSubmission.csv", nested=""):
    images, labels = batches[1:]
    for part, chosen in (("train", images[:50]), ("test", images[50:])):
        folder = out / part / (part if nested else "")
        folder.mkdir(parents=True)
        for number, image in enumerate(chosen, start=1):
            Image.fromarray(image).save(folder / f"{number}.png")
    rows = "".join(f"{number},{CLASSES[label]}\n" for number, label in enumerate(labels[:50], start=1))
    (out / "trainLabels.csv").write_text("id,label\n" + rows)
    (out / sample).write_text("id,label\n" + "".join(f"{n},cat\n" for n in range(1, 11)))


def kaggle_nested(batches, out):
    kaggle(batches, out, sample="sample_submission.csv", nested="yes")


def kaggle_as_archives(batches, out):
    py7zr = pytest.importorskip("py7zr")
    kaggle(batches, out)
    for part in ("train", "test"):
        with py7zr.SevenZipFile(out / f"{part}.7z", "w") as file:
            file.writeall(out / part, part)
        shutil.rmtree(out / part)


FORMS = {
    unpacked: "cifar10",
    unpacked_without_its_folder: "cifar10",
    one_level_up: "cifar10",
    archive: "cifar10",
    archive_in_a_folder_that_is_read_only: "cifar10",
    archive_as_keras_keeps_it: "cifar10",
    archive_packed_again_as_zip: "cifar10",
    archive_itself: "cifar10",
    binary_files: "cifar10-binary",
    binary_archive: "cifar10-binary",
    parquet_of_hugging_face: "parquet",
    image_folder: "imagefolder",
    image_folder_with_val: "imagefolder",
    npz_as_keras: "npz",
    npz_channels_first: "npz",
    kaggle: "kaggle",
    kaggle_nested: "kaggle",
    kaggle_as_archives: "kaggle",
}


@pytest.fixture
def small_sums(batches, monkeypatch, tmp_path):
    """MD5s of the small binary files, instead of the published ones."""
    (tmp_path / "sums").mkdir()
    binary_files(batches, tmp_path / "sums")
    folder = tmp_path / "sums" / binary.FOLDER
    from pipeline.data.archives import md5_of

    monkeypatch.setattr(binary, "MD5", {name: md5_of(folder / name) for name in binary.MD5})


@pytest.mark.parametrize("form", FORMS)
def test_a_form_gives_the_official_images(batches, small_sums, tmp_path, form):
    out = tmp_path / "theirs"
    out.mkdir()
    named = form(batches, out) or out
    before = sorted(path for path in out.rglob("*") if ".image-cache" not in path.parts)
    config = DataConfig(directory=str(named))
    dataset = sources.load(config)
    assert dataset.layout == FORMS[form]
    np.testing.assert_array_equal(dataset.test_images, batches[1][50:])
    np.testing.assert_array_equal(dataset.test_ids, np.arange(1, 11))
    order = np.lexsort(dataset.train_images.reshape(50, -1).T[:8])
    official = np.lexsort(batches[1][:50].reshape(50, -1).T[:8])
    np.testing.assert_array_equal(dataset.train_images[order], batches[1][:50][official])
    np.testing.assert_array_equal(dataset.train_labels[order], batches[2][:50][official])
    assert dataset.train_labels.dtype == np.int64
    assert [*dataset.classes] == [*CLASSES]
    # What was there is there, and a resumed run finds the same.
    assert before == sorted(path for path in out.rglob("*") if ".image-cache" not in path.parts)
    assert sources.exact_config(config, dataset).source == FORMS[form]
    assert "download" not in dataset.origin.split(str(named))[0]
    out.chmod(0o700)


@pytest.mark.parametrize("form", [parquet_of_hugging_face, image_folder])
def test_encoded_images_are_decoded_once(batches, tmp_path, form):
    (tmp_path / "theirs").mkdir()
    form(batches, tmp_path / "theirs")
    first = sources.load(DataConfig(directory=str(tmp_path / "theirs")))
    cached = {path: path.stat().st_ino for path in tmp_path.rglob("*.npy")}
    again = sources.load(DataConfig(directory=str(tmp_path / "theirs")))
    assert len(cached) == 2
    assert cached == {path: path.stat().st_ino for path in tmp_path.rglob("*.npy")}
    np.testing.assert_array_equal(first.train_images, again.train_images)
    np.testing.assert_array_equal(first.test_images, again.test_images)


LABELLED = [form for form in FORMS if FORMS[form] != "kaggle" and form is not npz_channels_first]


@pytest.mark.parametrize("form", LABELLED)
def test_a_tutor_gets_the_test_labels_of_a_form(batches, small_sums, tmp_path, form):
    out = tmp_path / "theirs"
    out.mkdir()
    config = DataConfig(directory=str(form(batches, out) or out))
    dataset = sources.load(config)
    np.testing.assert_array_equal(sources.test_labels(config, dataset), batches[2][50:])
    out.chmod(0o700)


def refusal(directory):
    """The one line with which the images of a folder or file are refused."""
    with pytest.raises(UserError) as raised:
        sources.load(DataConfig(directory=str(directory)))
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_damaged_archive_stops_with_both_sums_and_stays(batches, tmp_path):
    path = packed(batches[0] / cifar10.FOLDER, tmp_path / "cifar-10-python.tar.gz")
    for content in (path.read_bytes()[:-20000], b"<html>quota exceeded</html>", b""):
        path.write_bytes(content)
        assert re.search(
            rf"damaged: MD5 [0-9a-f]{{32}}, expected {cifar10.ARCHIVE_MD5}; .*copy the archive again", refusal(tmp_path)
        )
        assert "damaged: MD5" in refusal(path)
        assert path.read_bytes() == content


def test_a_batch_that_was_changed_in_an_archive_is_named(batches, tmp_path):
    folder = batches[0] / cifar10.FOLDER
    (folder / "data_batch_3").write_bytes(b"x")
    packed(folder, tmp_path / "cifar-10-python.tar.gz")
    assert re.search(
        rf"data_batch_3 in it is damaged: MD5 \w+, expected {cifar10.MD5['data_batch_3']}", refusal(tmp_path)
    )


def test_an_archive_without_a_batch_names_it(batches, tmp_path):
    folder = batches[0] / cifar10.FOLDER
    (folder / "test_batch").unlink()
    packed(folder, tmp_path / "cifar-10-python.tar.gz")
    assert "it lacks test_batch" in refusal(tmp_path)


def test_what_lies_there_is_said(tmp_path):
    for name in ("a.txt", "b.txt", "c.txt", "d.txt", "e.txt"):
        (tmp_path / name).touch()
    assert re.search(r"it holds a\.txt, b\.txt, c\.txt, d\.txt and 1 more", refusal(tmp_path))
    assert "it is a file" in refusal(tmp_path / "a.txt")


def test_a_7z_archive_that_is_damaged_or_lacks_an_image_is_named(batches, tmp_path):
    kaggle_as_archives(batches, tmp_path)
    content = (tmp_path / "test.7z").read_bytes()
    (tmp_path / "test.7z").write_bytes(content[: len(content) // 2])
    assert re.search(r"test\.7z: this archive is damaged", refusal(tmp_path))
    (tmp_path / "test.7z").write_bytes(content)
    with (tmp_path / "sampleSubmission.csv").open("a") as file:
        file.write("11,cat\n")
    assert re.search(r"test\.7z lacks 1 images of the table of ids, such as 11\.png", refusal(tmp_path))


def test_a_damaged_parquet_or_npz_is_named(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "train-0.parquet").write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    assert re.search(r"has train\*\.parquet, but no test", refusal(tmp_path))
    (tmp_path / "test-0.parquet").write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    assert re.search(r"train-0\.parquet: this Parquet file is damaged", refusal(tmp_path))
    (tmp_path / "x.npz").write_bytes(b"PK")
    assert re.search(r"x\.npz: this \.npz file is damaged", refusal(tmp_path / "x.npz"))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": np.zeros((2, 32, 32, 3), np.uint8)}, "holds x_train; its train labels must be called y_train"),
        ({"x_train": np.zeros((2, 32, 32, 3))}, "float64 2 x 32 x 32 x 3; expected uint8"),
        ({"x_train": np.zeros((2, 32, 32), np.uint8)}, "uint8 2 x 32 x 32; expected"),
        ({"x_train": np.zeros((2, 8, 8, 3), np.uint8), "y_train": np.zeros(3, int)}, "3 of int64; expected 2 class"),
        ({"x_train": np.zeros((2, 8, 8, 3), np.uint8), "y_train": np.array([0, -1])}, "2 of int64; expected 2 class"),
        ({"x_train": np.zeros((2, 8, 8, 3), np.uint8), "y_train": np.zeros(2)}, "2 of float64; expected 2 class"),
    ],
)
def test_an_npz_of_other_arrays_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "mine.npz", **arrays)
    assert re.search(message, refusal(tmp_path))


@pytest.mark.parametrize(("highest", "names"), [(9, CLASSES), (8, tuple("012345678")), (10, (*"0123456789", "10"))])
def test_ten_classes_without_names_are_cifar_10s(tmp_path, highest, names):
    images, labels = np.zeros((3, 8, 8, 3), np.uint8), np.array([0, highest, 1])
    np.savez(tmp_path / "mine.npz", x_train=images, y_train=labels, x_test=images)
    dataset = sources.load(DataConfig(directory=str(tmp_path)))
    assert dataset.classes == names
    # Ten classes do not make it CIFAR-10.
    assert dataset.name == "npz"


def own_images(folder, side=(20, 20), classes=("cow", "hen", "pig")):
    for part, count in (("train", 4), ("val", 2)):
        for number, name in enumerate(classes):
            (folder / part / name).mkdir(parents=True)
            for index in range(count):
                image = np.full((side[index % 2], side[index % 2], 3), 40 * number + index, np.uint8)
                Image.fromarray(image).save(folder / part / name / f"{name}-{number}-{index}.png")


def test_any_image_folder_of_square_images_is_a_competition_of_its_own_classes(tmp_path, capsys):
    own_images(tmp_path)
    dataset = sources.load(DataConfig(directory=str(tmp_path)))
    assert (dataset.name, dataset.classes) == ("imagefolder", ("cow", "hen", "pig"))
    assert dataset.train_images.shape == (12, 20, 20, 3)
    assert dataset.train_images[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 40, 41, 42, 43, 80, 81, 82, 83]
    assert dataset.train_labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert dataset.test_ids.tolist() == [1, 2, 3, 4, 5, 6]
    assert "ids count them in the order of their paths" in capsys.readouterr().err


def test_images_of_several_sizes_or_unknown_classes_are_named(tmp_path):
    own_images(tmp_path, side=(20, 24))
    assert re.search(r"cow-0-1\.png: the image is 24 x 24, expected 20 x 20, as the first", refusal(tmp_path))
    shutil.rmtree(tmp_path / "train")
    shutil.rmtree(tmp_path / "val")
    own_images(tmp_path)
    (tmp_path / "val" / "pig").rename(tmp_path / "val" / "dog")
    config = DataConfig(directory=str(tmp_path))
    with pytest.raises(UserError, match="dog is not a class of the training images; allowed: cow, hen, pig"):
        sources.test_labels(config, sources.load(config))
    shutil.rmtree(tmp_path / "val")
    assert "has train/ by class, but no images in test, val" in refusal(tmp_path)


@pytest.mark.parametrize("archived", [False, True])
def test_cifar_100_has_fine_and_coarse_labels(tmp_path, monkeypatch, archived):
    draw = np.random.default_rng(0)
    folder = tmp_path / "in" / cifar100.FOLDER
    folder.mkdir(parents=True)
    rows = draw.integers(256, size=(12, 3072), dtype=np.uint8)
    part = {"data": rows, "fine_labels": list(range(12)), "coarse_labels": [n % 3 for n in range(12)]}
    names = {"fine_label_names": [f"f{n}" for n in range(12)], "coarse_label_names": ["x", "y", "z"]}
    for name, value in (("train", part), ("test", part), ("meta", names)):
        (folder / name).write_bytes(pickle.dumps(value))
    from pipeline.data.archives import md5_of

    monkeypatch.setattr(cifar100, "MD5", {name: md5_of(folder / name) for name in cifar100.MD5})
    if archived:
        packed(folder, tmp_path / "in" / "cifar-100-python.tar.gz")
        shutil.rmtree(folder)
    expected = {"auto": (12, list(range(12))), "cifar100-coarse": (3, [n % 3 for n in range(12)])}
    for source, (count, labels) in expected.items():
        config = DataConfig(source=source, directory=str(tmp_path / "in"))
        dataset = sources.load(config)
        assert len(dataset.classes) == count
        assert dataset.train_labels.tolist() == sources.test_labels(config, dataset).tolist() == labels
        np.testing.assert_array_equal(dataset.train_images[5, :, :, 1].ravel(), rows[5, 1024:2048])


def test_the_sums_of_cifar_100_are_those_that_torchvision_publishes():
    from torchvision.datasets import CIFAR10, CIFAR100

    meta = [[CIFAR100.meta["filename"], CIFAR100.meta["md5"]]]
    assert dict(CIFAR100.train_list + CIFAR100.test_list + meta) == cifar100.MD5
    assert (CIFAR10.tgz_md5, CIFAR100.tgz_md5) == (cifar10.ARCHIVE_MD5, cifar100.ARCHIVE_MD5)


def test_the_order_of_images_does_not_change_what_they_are(batches):
    images, labels = batches[1:]
    order = np.random.default_rng(0).permutation(60)
    assert identity.fingerprint(images[order], labels[order]) == identity.fingerprint(images, labels)
    assert identity.fingerprint(images[order], labels) != identity.fingerprint(images, labels)


def test_ids_are_the_numbers_in_the_names_and_begin_at_1():
    ids, order = imagefolder._ids([Path(f"test/{name}.png") for name in ("0_ship", "10_cat", "9_dog")])
    assert (ids.tolist(), order.tolist()) == ([1, 10, 11], [0, 2, 1])


REAL = cifar10.find_dataset(Path(os.environ.get("DATA_DIR") or "data").absolute())


@pytest.mark.slow
@pytest.mark.skipif(REAL is None, reason="needs the official batches in DATA_DIR")
@pytest.mark.parametrize("form", [binary_files, npz_as_keras, archive])
def test_the_real_images_in_other_forms_are_known_as_cifar_10(form, tmp_path):
    whole = cifar10.load(REAL, "a test")
    labels = np.concatenate([whole.train_labels, cifar10.test_labels(REAL)])
    images = np.concatenate([whole.train_images, whole.test_images])
    if form is npz_as_keras:
        np.savez(tmp_path / "c.npz", x_train=images[:50000], y_train=labels[:50000], x_test=images[50000:])
    elif form is archive:
        packed(REAL, tmp_path / "cifar-10-python.tar.gz")
    else:
        for number, name in enumerate(BATCHES):
            part = slice(10000 * number, 10000 * (number + 1))
            rows = images[part].transpose(0, 3, 1, 2).reshape(-1, 3072)
            np.concatenate([labels[part, None].astype(np.uint8), rows], 1).tofile(tmp_path / f"{name}.bin")
    dataset = sources.load(DataConfig(directory=str(tmp_path)))
    assert dataset.name == "cifar10"
    np.testing.assert_array_equal(dataset.train_images, whole.train_images)


def test_the_log_line_says_whether_the_archive_is_the_published_one(tmp_path):
    from pipeline.data import archives

    place = tmp_path / "images.tar.gz"
    place.write_bytes(b"packed")
    form = archives.OfficialFiles({}, (), archives.md5_of(place))
    assert archives.origin(form, place, "CIFAR-10").endswith(f"in the archive {place}, as published")
    place.write_bytes(b"packed again")
    assert archives.origin(form, place, "CIFAR-10").endswith("packed again, each file inside verified")
    assert archives.origin(form, tmp_path, "CIFAR-10") == f"CIFAR-10 (MD5 verified) in {tmp_path}"
