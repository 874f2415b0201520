"""Correlation and convolution, told apart: N-D functions, layers, matrix forms, gradients and their identities.

The folder needs only torch (and matplotlib to draw), so it can be lifted into another project as it is.
"""

from .convert import convert_convention, fold, with_operation
from .errors import ConvolutionError
from .functional import conv_nd, conv_transpose_nd, flip
from .gradients import adjoint, input_gradient, weight_gradient
from .identities import Identity, verify_identities
from .matrix import convolution_matrix
from .modules import (
    Convolution1d,
    Convolution2d,
    Convolution3d,
    ConvolutionTranspose1d,
    ConvolutionTranspose2d,
    ConvolutionTranspose3d,
    CrossCorrelation1d,
    CrossCorrelation2d,
    CrossCorrelation3d,
    CrossCorrelationTranspose1d,
    CrossCorrelationTranspose2d,
    CrossCorrelationTranspose3d,
    FFTConvolution1d,
    FFTConvolution2d,
    FFTConvolution3d,
)
from .signal import convolve, correlate, correlation_lags
from .spectrum import lipschitz_constant, singular_values

__all__ = [
    "Convolution1d",
    "Convolution2d",
    "Convolution3d",
    "ConvolutionError",
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
    "Identity",
    "adjoint",
    "conv_nd",
    "conv_transpose_nd",
    "convert_convention",
    "convolution_matrix",
    "convolve",
    "correlate",
    "correlation_lags",
    "flip",
    "fold",
    "input_gradient",
    "lipschitz_constant",
    "singular_values",
    "verify_identities",
    "weight_gradient",
    "with_operation",
]
