"""The figures of a run say what they show: units, whose images, which mistakes come first."""

import numpy as np
import pandas as pd

from pipeline.runs import figures

CLASSES = ("cat", "dog", "frog")


def test_curves_name_their_images_and_units():
    metrics = pd.DataFrame(
        {
            "epoch": [1, 2],
            "train_accuracy": [0.2, 0.4],
            "validation_accuracy": [0.2, 0.35],
            "images_per_second": [99, 101],
        }
    )
    figure = figures.curves(metrics)
    figure.draw_without_rendering()
    _, accuracy, rate, speed = figure.axes
    assert [text.get_text() for text in accuracy.get_legend().get_texts()] == [
        "training images, augmented",
        "validation images",
    ]
    assert all(label.get_text().endswith(" %") for label in accuracy.get_yticklabels())
    assert rate.get_title() == "learning rate"
    assert speed.get_ylim()[0] == 0  # 2 % of speed must not look like a collapse


def test_mistakes_are_ordered_by_the_probability_of_the_true_class():
    table = np.array([[0.5, 0.3, 0.2], [0.9, 0.06, 0.04], [0.1, 0.2, 0.7]])
    figure = figures.mistakes(
        np.zeros((3, 4, 4, 3), np.uint8), np.array([1, 2, 2]), table, CLASSES, "validation images"
    )
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["said cat 90 %\nis frog 4 %", "said cat 50 %\nis dog 30 %"]
    assert "2 of 2 mistakes among 3" in figure.get_suptitle()
    assert "least probability" in figure.get_suptitle()


def test_the_confusion_is_shaded_in_proportion_with_a_scale_and_n():
    labels, predicted = np.array([0, 0, 0, 0, 1, 1, 2]), np.array([0, 0, 0, 1, 1, 1, 0])
    figure = figures.confusion(labels, predicted, CLASSES, "validation images")
    axis, scale = figure.axes
    shades = axis.images[0].get_array()
    np.testing.assert_allclose(shades[:3, :3], [[75, 25, 0], [0, 100, 0], [100, 0, 0]])
    assert axis.get_title() == "validation images: 71.43 % right of n = 7"
    assert "per cent" in scale.get_ylabel()
