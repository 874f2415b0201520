"""Correlation and convolution, clearly distinguished: N-D functions, layers, matrix forms, gradients and identities.

The folder needs only torch (and matplotlib to draw), so it can be copied into another project.
"""

from importlib import import_module

# The public names, by module. They are imported when first used, so that a command's help does not wait for torch.
_PUBLIC = {
    "errors": ("ConvolutionError",),
    "functional": ("conv_nd", "conv_transpose_nd", "flip"),
    "signal": ("convolve", "correlate", "correlation_lags"),
    "modules": (
        "Convolution1d",
        "Convolution2d",
        "Convolution3d",
        "ConvolutionTranspose1d",
        "ConvolutionTranspose2d",
        "ConvolutionTranspose3d",
        "CrossCorrelation1d",
        "CrossCorrelation2d",
        "CrossCorrelation3d",
        "CrossCorrelationTranspose1d",
        "CrossCorrelationTranspose2d",
        "CrossCorrelationTranspose3d",
        "FFTConvolution1d",
        "FFTConvolution2d",
        "FFTConvolution3d",
    ),
    "convert": ("convert_convention", "fold_flips", "with_operation"),
    "gradients": ("adjoint", "input_gradient", "weight_gradient"),
    "matrix": ("convolution_matrix",),
    "spectrum": ("lipschitz_constant", "singular_values"),
    "identities": ("Identity", "verify_identities"),
    "identification": ("Identified", "identify"),
}
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}
__all__ = list(_MODULE_OF)


def __getattr__(name: str):
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
