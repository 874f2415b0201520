"""torch's own samples of its convolutions, run against this package: OpInfo for functions, module_db for layers.

A program of its own, since torch's test utilities freeze global settings. Prints a JSON line with counts of what was
tried and what failed. Arguments: the dtypes, and "flipped" to judge a package that forgot its flip, which must fail.
"""

import json
import sys
import warnings

import torch
from torch import nn
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_modules import module_db

from pipeline import convolution as C

warnings.simplefilter("ignore")
FLIPPED = "flipped" in sys.argv
DTYPES = [getattr(torch, name) for name in sys.argv[1:] if name != "flipped"]
EXACT = {"direct"}
BOUND = {torch.float64: 1e-11, torch.complex128: 1e-11, torch.float32: 1e-4, torch.complex64: 1e-4}


def turn(weight):
    """The kernels, flipped if the fault is planted."""
    return C.flip(weight) if FLIPPED else weight


def ours(op, sample, method):
    """The package's answer to a sample of F.conv*d or F.conv_transpose*d."""
    weight, *rest = sample.args
    if "transpose" in op.name:
        return C.conv_transpose_nd(sample.input, turn(weight), *rest, **sample.kwargs)
    return C.conv_nd(sample.input, turn(weight), *rest, **sample.kwargs, method=method)


def agree(found, expected, method):
    """Bit for bit by the direct method, within rounding by the others."""
    if method in EXACT or expected.dtype not in BOUND:
        return torch.equal(found, expected)
    scale = expected.abs().max().clamp_min(1).item() if expected.numel() else 1
    return found.shape == expected.shape and bool(((found - expected).abs() <= BOUND[expected.dtype] * scale).all())


def judge_functions():
    """(tried, failed) over the samples of every function, dtype and method."""
    tried, failed = 0, []
    for op in (op for op in op_db if op.name.startswith("nn.functional.conv")):
        methods = ["direct"] if "transpose" in op.name else ["direct", "fft", "unfold"]
        for dtype in (d for d in DTYPES if d in op.dtypes):
            for sample in op.sample_inputs("cpu", dtype):
                expected = op.op(sample.input, *sample.args, **sample.kwargs)
                for method in methods if dtype in BOUND else ["direct"]:
                    tried += 1
                    try:
                        good = agree(ours(op, sample, method), expected, method)
                    except C.ConvolutionError as error:
                        good = False
                        print(op.name, dtype, method, error, file=sys.stderr)
                    failed += [] if good else [f"{op.name} {dtype} {method}"]
    return tried, failed


def judge_errors():
    """(tried, failed): what torch calls an error is a ConvolutionError of one line."""
    tried, failed = 0, []
    for op in (op for op in op_db if op.name.startswith("nn.functional.conv") and op.error_inputs_func):
        for wrong in op.error_inputs("cpu"):
            if "not supported for strided" in wrong.error_regex:
                continue  # a strided "same" is one of the things that the package adds
            tried += 1
            try:
                ours(op, wrong.sample_input, "direct")
            except C.ConvolutionError as error:
                failed += [f"{op.name}: {error}"] if "\n" in str(error) else []
            else:
                failed.append(f"{op.name}: {wrong.error_regex} was taken")
    return tried, failed


def judge_layers():
    """(tried, failed) over the samples of every layer: as correlation, and converted to convolution."""
    tried, failed = 0, []
    plain = [info for info in module_db if info.module_cls.__name__.startswith("Conv")]
    for info in plain:
        for dtype in (d for d in DTYPES if d in info.dtypes):
            for sample in info.module_inputs_func(info, "cpu", dtype, requires_grad=False, training=True):
                made, call = sample.constructor_input, sample.forward_input
                module = info.module_cls(*made.args, **made.kwargs).to(dtype)
                expected = module(*call.args, **call.kwargs)
                tried += 1
                converted = C.convert_convention(nn.Sequential(module), to="convolution")[0]
                if FLIPPED:
                    converted.weight.data = C.flip(converted.weight.data)
                good = torch.equal(converted(*call.args, **call.kwargs), expected)
                failed += [] if good else [f"{info.name} {dtype} {made.args} {made.kwargs}"]
    return tried, failed


def main():
    """All three, as one JSON line."""
    torch.manual_seed(0)
    found = {"functions": judge_functions(), "errors": judge_errors(), "layers": judge_layers()}
    print(json.dumps({name: {"tried": tried, "failed": failed} for name, (tried, failed) in found.items()}))


if __name__ == "__main__":
    main()
