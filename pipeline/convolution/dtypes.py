"""The result dtype of two arrays by numpy's rules, which scipy follows, for torch's dtypes.

torch promotes differently: float16 with int64 stays float16, which overflows at 65504, and uint16 with int8 is not
supported. numpy takes the smallest dtype that can represent both. bfloat16 and complex32, which numpy lacks, follow the
same rule.
"""

import torch

from .errors import ConvolutionError

_UNSIGNED = {8: torch.uint8, 16: torch.uint16, 32: torch.uint32, 64: torch.uint64}
_SIGNED = {8: torch.int8, 16: torch.int16, 32: torch.int32, 64: torch.int64}
_BITS = {dtype: bits for table in (_UNSIGNED, _SIGNED) for bits, dtype in table.items()}
# The smallest floating dtype that represents every integer of this many bits, by numpy's rule.
_HOLDS = {8: torch.float16, 16: torch.float32, 32: torch.float64, 64: torch.float64}
_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_COMPLEX = {torch.float16: torch.complex32, torch.float32: torch.complex64, torch.float64: torch.complex128}
_PART = {dtype: part for part, dtype in _COMPLEX.items()}
KNOWN = (torch.bool, *_BITS, *_FLOATS, *_PART)


def result_dtype(first: torch.dtype, second: torch.dtype) -> torch.dtype:
    """The dtype that numpy's promotion gives for two arrays; both must be in KNOWN."""
    if first == second or second == torch.bool:
        return first
    if first == torch.bool:
        return second
    if first in _PART or second in _PART:
        part = result_dtype(_PART.get(first, first), _PART.get(second, second))
        return _COMPLEX[torch.float32 if part == torch.bfloat16 else part]
    if first in _FLOATS or second in _FLOATS:
        return torch.promote_types(*(_HOLDS[_BITS[dtype]] if dtype in _BITS else dtype for dtype in (first, second)))
    return _result_integer(first, second)


def _result_integer(first: torch.dtype, second: torch.dtype) -> torch.dtype:
    if first.is_signed == second.is_signed:
        return max(first, second, key=_BITS.__getitem__)
    signed, unsigned = (first, second) if first.is_signed else (second, first)
    bits = max(_BITS[signed], 2 * _BITS[unsigned])
    return _SIGNED.get(bits, torch.float64)


def is_integer(dtype: torch.dtype) -> bool:
    """Whether it is an integer or boolean dtype."""
    return not (dtype.is_floating_point or dtype.is_complex)


def computed_in(dtype: torch.dtype, *, exact: bool) -> torch.dtype:
    """The dtype in which to compute a result of this dtype.

    exact: integers stay integers; otherwise they become float64.
    """
    if is_integer(dtype):
        return torch.int64 if exact else torch.float64
    return torch.complex64 if dtype == torch.complex32 else dtype


def cast_result(result: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Cast to the result dtype; floating-point results of integers are rounded, and wrap around like integers."""
    if is_integer(dtype) and result.is_floating_point():
        result = result.round() if dtype == torch.uint64 else result.round().long()
    return result.to(dtype)


def fill_value(value, dtype: torch.dtype) -> complex:
    """The fill value as a number of this dtype; truncated to whole numbers for integers, as scipy does."""
    try:
        number = torch.as_tensor(value)
        if not isinstance(value, torch.Tensor) and not is_integer(
            number.dtype
        ):  # torch makes float32 of a Python float
            number = torch.as_tensor(value, dtype=torch.complex128 if number.is_complex() else torch.float64)
    except (RuntimeError, TypeError, ValueError, OverflowError):
        raise ConvolutionError(f"`fillvalue` is {value!r}; it must be a number that {dtype} holds") from None
    if number.numel() != 1:
        raise ConvolutionError(
            f"`fillvalue` must be scalar or an array with one element; its shape is {tuple(number.shape)}"
        )
    if number.is_complex() and not dtype.is_complex:
        raise ConvolutionError(f"could not cast `fillvalue` directly to the output dtype {dtype}: {value} is complex")
    found = number.item()
    if not is_integer(dtype):
        return found
    if dtype == torch.bool:
        return bool(found)
    limits = torch.iinfo(dtype)
    if not limits.min - 1 < found < limits.max + 1:
        raise ConvolutionError(
            f"could not cast `fillvalue` directly to the output dtype {dtype}: {value} is outside "
            f"{limits.min} to {limits.max}; give a fill within, or convert in1, for example in1.double()"
        )
    return int(found)
