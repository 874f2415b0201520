"""Images for the examples of the pages: few, random, in Kaggle's layout."""

import numpy as np
from PIL import Image

TRAINING, TEST = 1000, 20
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def write_images(folder):
    """A Kaggle folder of random images."""
    draw = np.random.default_rng(0)
    for part, count in (("train", TRAINING), ("test", TEST)):
        (folder / part).mkdir(parents=True)
        for number in range(1, count + 1):
            image = draw.integers(256, size=(32, 32, 3), dtype=np.uint8)
            Image.fromarray(image).save(folder / part / f"{number}.png", compress_level=0)
    rows = "".join(f"{number},{CLASSES[number % 10]}\n" for number in range(1, TRAINING + 1))
    (folder / "trainLabels.csv").write_text("id,label\n" + rows)
    (folder / "sampleSubmission.csv").write_text("id,label\n" + "".join(f"{n},cat\n" for n in range(1, TEST + 1)))
