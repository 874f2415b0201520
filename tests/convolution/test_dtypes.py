"""Every pair of dtypes that scipy takes: the same result dtype and the same values; what numpy lacks; fills."""

import itertools

import numpy as np
import pytest
import scipy.signal
import torch

from pipeline import convolution as C
from pipeline.convolution.dtypes import KNOWN, result_dtype

NAMES = (
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip
PAIRS = list(itertools.product(NAMES, NAMES))


def drawn(name, *shape):
    """Values that wrap a small integer when they are summed, negative where the dtype allows it."""
    random = np.random.default_rng(len(name))
    if name == "bool":
        return random.integers(0, 2, shape).astype(bool)
    if name.startswith("uint"):
        return random.integers(0, 200, shape).astype(name)
    values = random.integers(-9, 100, shape)
    return (values + 1j * random.integers(-9, 9, shape)).astype(name) if "complex" in name else values.astype(name)


def same(found, expected, exact):
    """Whether dtype, shape and values agree; the values but for rounding if not `exact`."""
    if (found.dtype, found.shape) != (expected.dtype, expected.shape):
        return False
    if exact:
        return np.array_equal(found, expected)
    step = max(np.finfo(expected.dtype).eps, 1e-7)
    return np.abs(found - expected).max(initial=0) <= 8 * step * np.abs(expected).max(initial=1)


@pytest.mark.parametrize("method", ["direct", "fft", "overlap_add", "auto"])
@pytest.mark.parametrize("name", ["convolve", "correlate"])
def test_every_pair_of_dtypes_is_scipys(name, method):
    for first, second in PAIRS:
        a, b = drawn(first, 7), drawn(second, 3)
        expected = getattr(scipy.signal, name)(a, b, method="direct")
        found = getattr(C, name)(torch.from_numpy(a), torch.from_numpy(b), method=method).numpy()
        assert same(found, expected, exact=expected.dtype.kind in "bui"), (first, second)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_promotion_is_numpys(first, second):
    ours = result_dtype(getattr(torch, first), getattr(torch, second))
    assert str(ours).removeprefix("torch.") == np.result_type(np.dtype(first), np.dtype(second)).name


def test_pairs_without_axes_and_empty_ones():
    for first, second in PAIRS:
        a, b = drawn(first), drawn(second)
        found = C.convolve(torch.from_numpy(np.asarray(a)), torch.from_numpy(np.asarray(b))).numpy()
        assert same(found, np.multiply(a, b), exact=found.dtype.kind in "bui"), (first, second)
        dtype = np.result_type(np.dtype(first), np.dtype(second))
        for shapes in ((0, 3), (3, 0), (0, 0)):
            empty = (torch.from_numpy(drawn(n, s)) for n, s in zip((first, second), shapes, strict=True))
            for mode in ("full", "same", "valid"):
                found = C.correlate(*empty, mode).numpy() if mode == "full" else found
                assert found.dtype == dtype


def test_a_large_unsigned_number_stays_itself():
    large = torch.tensor([2**64 - 2, 1], dtype=torch.uint64)
    one = torch.ones(1, dtype=torch.uint64)
    for method in ("direct", "auto"):
        assert C.convolve(large, one, method=method).tolist() == [2**64 - 2, 1]


def test_float16_beside_int64_does_not_overflow():
    found = C.convolve(torch.tensor([7.0], dtype=torch.float16), torch.tensor([10_000]))
    assert found.dtype == torch.float64
    assert found.tolist() == [70_000.0]


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
@pytest.mark.parametrize("method", ["direct", "fft", "overlap_add", "auto"])
@pytest.mark.parametrize("name", ["convolve", "correlate"])
def test_complex32_is_computed_wider_and_given_back(name, method):
    a, b = (torch.from_numpy(drawn("complex64", n) / 100) for n in (9, 3))
    found = getattr(C, name)(a.to(torch.complex32), b.to(torch.complex32), method=method)
    assert found.dtype == torch.complex32
    expected = getattr(scipy.signal, name)(a.numpy(), b.numpy())
    assert np.abs(found.to(torch.complex64).numpy() - expected).max() < 4e-3 * np.abs(expected).max()


@pytest.mark.parametrize("dtype", [d for d in KNOWN if not str(d).startswith("torch.uint")])
def test_bfloat16_is_promoted_to_a_dtype_that_holds_both(dtype):
    both = result_dtype(torch.bfloat16, dtype)
    assert both == result_dtype(dtype, torch.bfloat16)
    assert torch.promote_types(both, dtype) == both


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_dtypes_that_do_not_add_are_refused(dtype):
    with pytest.raises(C.ConvolutionError, match=r"in2 is torch\.float8.*in2\.float\(\)"):
        C.convolve(torch.ones(3), torch.ones(2).to(dtype))


def test_sparse_tensors_are_refused():
    with pytest.raises(C.ConvolutionError, match=r"in1\.to_dense\(\)"):
        C.correlate(torch.ones(3).to_sparse(), torch.ones(2))


INTEGERS = ["uint8", "int8", "uint16", "int16", "int32", "int64"]


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning", "ignore::RuntimeWarning")  # scipy's
@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("fill", [-1, 300, 255, 1.5, -0.5, 70_000, np.nan, np.inf, 1e20, 1 + 1j, -129])
def test_a_fill_is_taken_or_refused_as_scipy_does(name, fill):
    ones = np.ones((3, 3), name)
    tensors = torch.from_numpy(ones), torch.from_numpy(ones)
    try:
        expected = scipy.signal.convolve2d(ones, ones, fillvalue=fill)
    except ValueError:
        with pytest.raises(C.ConvolutionError, match="could not cast `fillvalue`"):
            C.convolve(*tensors, fillvalue=fill)
    else:
        assert np.array_equal(C.convolve(*tensors, fillvalue=fill).numpy(), expected)


@pytest.mark.parametrize("fill", [10**30, "zero", [1, 2]])
def test_a_fill_that_is_not_one_number_is_refused(fill):
    with pytest.raises(C.ConvolutionError, match="`fillvalue`"):
        C.convolve(torch.ones(3), torch.ones(2), fillvalue=fill)


@pytest.mark.parametrize("fill", [0.7, np.float64(0.7), [0.7], torch.tensor(0.7, dtype=torch.float64)])
def test_a_fill_keeps_its_digits(fill):
    found = C.convolve(torch.zeros(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64), fillvalue=fill)
    assert found.tolist() == [0.7, 0.0, 0.7]
