"""Reading all of CIFAR-10 in every form takes less than 1 GB, measured in a process of its own."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.core.images import CLASSES
from pipeline.data import binary, cifar10

ROOT = Path(__file__).parents[2]
REAL = cifar10.find_dataset(Path(os.environ.get("DATA_DIR") or "data").absolute())
MEASURE = """
import json, os, re, sys, time
from pipeline.data import sources
from pipeline.data.settings import DataConfig
# Not getrusage: its ru_maxrss begins with the parent's.
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024 / 1e6
busy = lambda: sum(os.times()[:4])  # CPU seconds, those of finished children too: other work does not change them
before, start, begun = peak(), time.perf_counter(), busy()
found = sources.load(DataConfig(directory=sys.argv[1], download=False))
print(json.dumps({"before": before, "peak": peak(), "seconds": time.perf_counter() - start,
                  "cpu": busy() - begun, "layout": found.layout,
                  "images": len(found.train_images) + len(found.test_images)}))
"""


def png(image) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def parts(whole, labels):
    """(name, images, labels) of the training and the test part."""
    return [("train", whole.train_images, labels[:50000]), ("test", whole.test_images, labels[50000:])]


def batches(whole, labels, out):
    (out / cifar10.FOLDER).symlink_to(REAL)


def archive(whole, labels, out):
    import tarfile

    with tarfile.open(out / "cifar-10-python.tar.gz", "w:gz", compresslevel=1) as tar:
        tar.add(REAL, arcname=cifar10.FOLDER)


def binary_files(whole, labels, out):
    images = np.concatenate([whole.train_images, whole.test_images])
    for number, name in enumerate((*binary.TRAIN, binary.TEST)):
        part = slice(10000 * number, 10000 * (number + 1))
        rows = images[part].transpose(0, 3, 1, 2).reshape(-1, 3072)
        np.concatenate([labels[part, None].astype(np.uint8), rows], 1).tofile(out / name)


def npz(whole, labels, out):
    (_, train, train_labels), (_, test, test_labels) = parts(whole, labels)
    np.savez(out / "cifar10.npz", x_train=train, y_train=train_labels, x_test=test, y_test=test_labels)


def parquet(whole, labels, out):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    for name, images, truth in parts(whole, labels):
        rows = [{"bytes": png(image), "path": None} for image in images]
        pyarrow.parquet.write_table(pa.table({"img": rows, "label": truth}), out / f"{name}-00000-of-00001.parquet")


def imagefolder(whole, labels, out):
    for name, images, truth in parts(whole, labels):
        for label in CLASSES:
            (out / name / label).mkdir(parents=True)
        for number, (image, label) in enumerate(zip(images, truth, strict=True)):
            (out / name / CLASSES[label] / f"{number:05d}.png").write_bytes(png(image))


def kaggle(whole, labels, out):
    for name, images, _ in parts(whole, labels):
        (out / name).mkdir()
        for number, image in enumerate(images, start=1):
            (out / name / f"{number}.png").write_bytes(png(image))
    rows = "".join(f"{number},{CLASSES[label]}\n" for number, label in enumerate(labels[:50000], start=1))
    (out / "trainLabels.csv").write_text("id,label\n" + rows)
    (out / "sampleSubmission.csv").write_text("id,label\n" + "".join(f"{n},cat\n" for n in range(1, 10001)))


def kaggle_archives(whole, labels, out):
    py7zr = pytest.importorskip("py7zr")
    import shutil

    kaggle(whole, labels, out)
    for name in ("train", "test"):
        with py7zr.SevenZipFile(out / f"{name}.7z", "w", filters=[{"id": py7zr.FILTER_COPY}]) as file:
            file.writeall(out / name, name)
        shutil.rmtree(out / name)


FORMS = [batches, archive, binary_files, npz, parquet, imagefolder, kaggle, kaggle_archives]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
@pytest.mark.skipif(REAL is None, reason="needs the official batches in DATA_DIR")
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_reading_it_takes_less_than_a_gigabyte(form, tmp_path):
    whole = cifar10.load(REAL, "a test")
    labels = np.concatenate([whole.train_labels, cifar10.test_labels(REAL)])
    form(whole, labels, tmp_path)
    for again in ("first", "again"):
        found = measured(tmp_path)
        print(f"\n{form.__name__}, {again}: {found}")
        assert found["images"] == 60000
        assert found["peak"] < 1000


def measured(folder) -> dict:
    """What a new process needs: MB before and at the peak, seconds, and what it found."""
    words = [sys.executable, "-c", MEASURE, str(folder)]
    said = subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    return json.loads(said.stdout.splitlines()[-1])
