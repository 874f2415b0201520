"""What `explain` says and draws: signs, scale, numbers, the cases that hide the difference."""

import numpy as np
import pytest
import scipy.signal
import torch

from pipeline.convolution import convolve, drawing
from pipeline.convolution.explain import apply_both, explain, interpretation, notes
from pipeline.convolution.pictures import IMAGES, KERNELS, read_array


def both(image, kernel):
    return apply_both(read_array(image, IMAGES), read_array(kernel, KERNELS))


@pytest.mark.parametrize("kernel", ["F", "sobel", "1 2; 3 4", "1 2 3 4"])
def test_the_arrays_are_scipys_and_those_of_convolve(kernel):
    explained = both("seven", kernel)
    x, w = explained.image.numpy(), explained.kernel.numpy()
    np.testing.assert_allclose(explained.convolution, scipy.signal.convolve(x, w, "same"), atol=1e-12)
    np.testing.assert_allclose(explained.correlation, scipy.signal.correlate(x, w, "same"), atol=1e-12)
    assert torch.equal(explained.convolution, convolve(explained.image, explained.kernel, "same"))
    assert torch.equal(explained.difference, explained.convolution - explained.correlation)


@pytest.mark.parametrize(
    ("image", "kernel", "words"),
    [
        ("dots", "F", "On each bright dot convolution leaves the kernel itself"),
        ("seven", "F", "Convolution is cross-correlation with the turned kernel"),
        ("1 1 0 0; 0 0 0 0", "1 2", "Convolution is cross-correlation with the turned kernel"),
        ("seven", "sobel", "A half turn negates this kernel: convolution is -1 times cross-correlation"),
        ("dots", "blur", "so both operators agree"),
        ("0 0; 0 0", "1 2", "with this image both operators give the same"),
    ],
)
def test_the_sentence_fits_the_case(image, kernel, words):
    assert words in interpretation(both(image, kernel))


def test_even_kernels_say_their_padding():
    assert notes(both("seven", "F")) == []
    (said,) = notes(both("seven", "1 2 3; 4 5 6"))
    assert "pads rows with zeros, 1 before and 0 after, columns 1 before and 1 after" in said
    assert "'lead'" in said


def test_the_numbers_and_the_sign_stand_in_the_terminal(tmp_path):
    said = explain("1 2; 3 4", "0 0 0; 0 1 0; 0 0 0", tmp_path / "p.png")
    assert "convolution − cross-correlation" in said
    assert " · 1 2" in said
    assert " · 4 3" in said
    assert max(map(len, said.splitlines())) <= 110


def test_one_scale_tells_a_result_from_twice_the_result():
    """For Sobel the difference is twice the convolution: its panel must not look the same."""
    explained = both("seven", "sobel")
    assert torch.equal(explained.difference, 2 * explained.convolution)
    figure = drawing.figure(explained.inputs, explained.results, "")
    images = [axes.images[0] for axes in figure.axes if axes.images]
    assert len({image.get_clim() for image in images[3:]}) == 1
    middle, right = (image.to_rgba(image.get_array()) for image in images[4:])
    assert np.abs(middle - right).max() > 0.2


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_pictures_as_png_svg_and_pdf(tmp_path, ending, start):
    explain("1 2", "0 0 0; 0 1 0", tmp_path / f"p.{ending}")
    assert (tmp_path / f"p.{ending}").read_bytes().startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [f"p.{ending}"]
