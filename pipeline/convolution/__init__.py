"""Correlation and convolution, told apart: N-D functions, layers, matrix forms, gradients and their identities.

The folder needs only torch (and matplotlib to draw), so it can be lifted into another project as it is.
"""

from .convert import convert_convention, fold, with_operation
from .errors import ConvolutionError
from .functional import conv_nd, conv_transpose_nd, flip
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
    "conv_nd",
    "conv_transpose_nd",
    "convert_convention",
    "convolve",
    "correlate",
    "correlation_lags",
    "flip",
    "fold",
    "with_operation",
]
