"""conv_nd against scipy and against the definition written out, over the grid of its arguments."""

import functools
import itertools

import numpy as np
import pytest
import scipy.signal
import torch
import torch.nn.functional as F

from pipeline import convolution as C

F64 = torch.float64
METHODS = ["direct", "fft", "unfold"]
NUMPY_PAD = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def tensors(dims, kernel, groups=1, dtype=F64, seed=0, size=7):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(2, 4, *[size + axis for axis in range(dims)], generator=generator, dtype=dtype)
    w = torch.randn(6, 4 // groups, *kernel, generator=generator, dtype=dtype)
    return x, w, torch.randn(6, generator=generator, dtype=dtype)


@functools.cache
def expected_of(case, operation):
    """What scipy gives for a case of GRID; each method is compared with it."""
    dims, kernel, stride, dilation, groups, mode = case
    return by_scipy(
        *tensors(dims, kernel, groups), operation=operation, stride=stride, pads=[(2, 1)] * dims, dilation=dilation,
        groups=groups, mode=mode,
    )  # fmt: skip


def by_scipy(x, w, bias, *, operation, stride, pads, dilation, groups, mode):
    """Channel by channel with scipy.signal; numpy pads the image and spreads the kernel."""
    x, w, bias = x.numpy(), w.numpy(), bias.numpy()
    dims = w.ndim - 2
    spread = np.zeros(w.shape[:2] + tuple(dilation * (k - 1) + 1 for k in w.shape[2:]), w.dtype)
    spread[(..., *[slice(None, None, dilation)] * dims)] = w
    apply = {
        "cross_correlation": lambda a, k: scipy.signal.correlate(a, k.conj(), "valid"),
        "convolution": lambda a, k: scipy.signal.convolve(a, k, "valid"),
    }[operation]
    padded = np.pad(x, [(0, 0), (0, 0), *pads], mode=NUMPY_PAD[mode])
    width, per_group = w.shape[1], w.shape[0] // groups
    planes = [
        [
            sum(apply(image[(o // per_group) * width + c], spread[o, c]) for c in range(width)) + bias[o]
            for o in range(w.shape[0])
        ]
        for image in padded
    ]
    return torch.from_numpy(np.array(planes)[(..., *[slice(None, None, stride)] * dims)].copy())


KERNELS = {1: [(3,), (4,)], 2: [(3, 3), (2, 4)], 3: [(3, 2, 3)]}
GRID = [
    (dims, kernel, stride, dilation, groups, mode)
    for dims in (1, 2, 3)
    for kernel, stride, dilation, groups, mode in itertools.product(KERNELS[dims], (1, 2), (1, 2), (1, 2), NUMPY_PAD)
]


@pytest.mark.parametrize("operation", ["cross_correlation", "convolution"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_grid_against_scipy(dims, method, operation):
    for case in [case for case in GRID if case[0] == dims]:
        _, kernel, stride, dilation, groups, mode = case
        x, w, bias = tensors(dims, kernel, groups)
        pads = [(2, 1)] * dims
        result = C.conv_nd(
            x, w, bias, stride, pads, dilation, groups, operation=operation, padding_mode=mode, method=method
        )
        assert relative(result, expected_of(case, operation)) < 1e-12, case[1:]


def relative(result, expected):
    assert result.shape == expected.shape
    return ((result - expected).abs().max() / expected.abs().max()).item()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-5), (torch.bfloat16, 3e-2), (torch.float16, 4e-3)])
def test_precision_of_each_dtype(method, dtype, bound):
    x, w, bias = tensors(2, (3, 3), dtype=dtype)
    expected = C.conv_nd(x.double(), w.double(), bias.double(), padding="same", operation="convolution")
    result = C.conv_nd(x, w, bias, padding="same", operation="convolution", method=method)
    assert result.dtype == dtype
    assert relative(result.double(), expected) < bound


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("conjugate", [False, True])
def test_complex_kernels_conjugate_only_on_request(method, conjugate):
    x, w, bias = tensors(2, (3, 2), dtype=torch.complex128)
    expected = by_scipy(
        x, w.conj().resolve_conj() if conjugate else w, bias, operation="cross_correlation", stride=1,
        pads=[(0, 0)] * 2, dilation=1, groups=1, mode="zeros",
    )  # fmt: skip
    assert relative(C.conv_nd(x, w, bias, method=method, conjugate=conjugate), expected) < 1e-12
    assert relative(C.conv_nd(x, w, bias, method=method, conjugate=not conjugate), expected) > 0.1


def test_no_flip_channel_flip_and_transpose_are_each_wrong():
    x, w, _ = tensors(2, (3, 3), size=8)
    expected = by_scipy(
        x, w, torch.zeros(6), operation="convolution", stride=1, pads=[(0, 0)] * 2, dilation=1, groups=1, mode="zeros"
    )
    wrong = {"no flip": w, "channels too": w.flip(1, 2, 3), "transpose": w.mT, "one axis": w.flip(3)}
    for name, kernel in wrong.items():
        assert relative(F.conv2d(x, kernel), expected) > 0.1, name


@pytest.mark.parametrize(("anchor", "start"), [("lead", 4 // 2), ("trail", 3 // 2), (0, 0), (3, 3)])
@pytest.mark.parametrize("operation", ["cross_correlation", "convolution"])
def test_anchor_of_an_even_kernel(anchor, start, operation):
    """'full' pads k - 1 before, so 'same' with `start` before is the slice of it from k - 1 - start."""
    x, w, _ = tensors(1, (4,))
    full = C.conv_nd(x, w, padding="full", operation=operation)
    same = C.conv_nd(x, w, padding="same", operation=operation, anchor=anchor)
    assert relative(same, full[..., 3 - start : 3 - start + x.shape[-1]]) < 1e-12


def test_lead_is_scipys_same_and_trail_is_torchs():
    x, w, _ = tensors(2, (4, 2))
    image, kernel = x[:1, :1], w[:1, :1]
    scipys = torch.from_numpy(scipy.signal.convolve(image[0, 0].numpy(), kernel[0, 0].numpy(), "same"))
    lead = C.conv_nd(image, kernel, padding="same", operation="convolution", anchor="lead")[0, 0]
    trail = C.conv_nd(image, kernel, padding="same", operation="convolution", anchor="trail")[0, 0]
    assert relative(lead, scipys) < 1e-12
    assert relative(trail, scipys) > 0.1
    torchs = F.conv2d(F.pad(image, (0, 1, 1, 2)), kernel)
    assert relative(C.conv_nd(image, kernel, padding="same"), torchs) < 1e-12


@pytest.mark.parametrize("kernel", [(3, 3), (4, 2)])
def test_strided_same_keeps_every_other_place_of_same(kernel):
    x, w, _ = tensors(2, kernel)
    full = C.conv_nd(x, w, padding="same")
    assert relative(C.conv_nd(x, w, padding="same", stride=2), full[..., ::2, ::2]) < 1e-12


def test_fft_of_more_kernels_than_are_transformed_at_a_time():
    x, w, bias = tensors(2, (4, 3), groups=2, size=800)
    assert relative(C.conv_nd(x, w, bias, method="fft", groups=2), C.conv_nd(x, w, bias, groups=2)) < 1e-12


@pytest.mark.parametrize("method", METHODS)
def test_unbatched_input(method):
    x, w, bias = tensors(2, (3, 3))
    assert relative(C.conv_nd(x[0], w, bias, method=method), C.conv_nd(x, w, bias)[0]) < 1e-12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": torch.ones(1, 3, 8, 8)}, r"input \(1, 3, 8, 8\) has 3 channels and the weight \(6, 4, 3, 3\).*takes 4"),
        ({"x": torch.ones(1, 4, 2, 2)}, r"kernel \(3, 3\).*more than the padded input \(2, 2\).*pad more"),
        ({"x": torch.ones(1, 4, 8, 8, dtype=torch.int64)}, r"input is torch.int64.*call .float\(\) first"),
        ({"x": torch.ones(8, 8)}, r"input \(8, 8\) has 2 axes"),
        ({"x": torch.ones(1, 4, 8, 8, dtype=F64)}, "torch.float64 and the weight torch.float32"),
        ({"padding": 8, "padding_mode": "reflect"}, r"reflect padding .* wraps more than once .*\(7, 7\).*replicate"),
        ({"padding": 9, "padding_mode": "circular"}, "wraps more than once"),
        ({"padding": "valid "}, "choose 'valid', 'same', 'full'"),
        ({"padding": (1, 2, 3)}, "padding has 3 entries"),
        ({"padding": ((1, 2),)}, r"one \(before, after\) pair"),
        ({"padding": -1}, "at least 0"),
        ({"stride": 0}, "at least 1"),
        ({"groups": 4}, "groups=4 takes 16"),
        ({"padding_mode": "zero"}, "choose one of zeros, reflect"),
        ({"operation": "conv"}, "choose one of cross_correlation, convolution"),
        ({"method": "winograd"}, "choose one of direct, fft, unfold, auto"),
        ({"padding": "same", "anchor": "middle"}, "choose 'lead', 'trail'"),
        ({"padding": "same", "anchor": 3}, r"anchor 3 lies outside the kernel \(3, 3\): it must be 0 to 2"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", METHODS)
def test_errors_name_the_shapes_and_the_fix(arguments, message, method):
    arguments = {"x": torch.ones(1, 4, 8, 8), "method": method, **arguments}
    with pytest.raises(C.ConvolutionError, match=message) as caught:
        C.conv_nd(arguments.pop("x"), torch.ones(6, 4, 3, 3), **arguments)
    assert "\n" not in str(caught.value)


def test_transposed_errors_name_the_fix():
    x, w = torch.ones(1, 4, 8, 8), torch.ones(4, 6, 3, 3)
    with pytest.raises(C.ConvolutionError, match="'same' is not defined for a transposed layer: give numbers"):
        C.conv_transpose_nd(x, w, padding="same", operation="convolution")
    with pytest.raises(C.ConvolutionError, match=r"4 channels and the weight \(5, 6, 3, 3\) takes 5"):
        C.conv_transpose_nd(x, torch.ones(5, 6, 3, 3))


def test_mistakes_are_said_in_one_line():
    for call in (
        lambda: C.ConvolutionTranspose2d(3, 4, 3)(torch.ones(8, 8)),
        lambda: C.conv_nd(torch.ones(1, 1, 8), torch.ones(1, 1, 3), stride=1.5),
        lambda: C.Convolution2d(1, 1, 3, padding=1.0)(torch.ones(1, 8, 8)),
    ):
        with pytest.raises(C.ConvolutionError, match="give") as error:
            call()
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("fill", [0.5, 1])
def test_a_fill_is_cut_off_to_the_inputs_type(fill):
    ones = torch.ones(4, dtype=torch.int64)
    found = C.convolve(ones, ones[:3], "same", fillvalue=fill)
    assert found.tolist() == ([2, 3, 3, 2] if fill == 0.5 else [3, 3, 3, 3])
    assert C.convolve(ones.bool(), ones[:3].bool(), "same", fillvalue=1).dtype == C.convolve(
        ones.bool(), ones[:3].bool(), "same"
    ).dtype  # fmt: skip
