"""A 3x3 'same' convolution with a custom function for the weight gradient; the rest is torch's."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

# Gradient of the outputs, inputs, weight (for its shape and type) -> gradient of the weight.
WeightGradient = Callable[[Tensor, Tensor, Tensor], Tensor]


def convolve(images: Tensor, weight: Tensor, weight_gradient: WeightGradient) -> Tensor:
    """conv2d(images, weight, padding=1) of N x C x H x W and K x C x 3 x 3 of the same type."""
    return _Convolution.apply(images, weight, weight_gradient)


def torch_gradients(gradient: Tensor, images: Tensor, weight: Tensor, *needed: bool) -> tuple[Tensor | None, ...]:
    """torch's own gradients of the images and of the weight; None for one that is not needed."""
    one, none = [1, 1], [0, 0]
    return torch.ops.aten.convolution_backward(
        gradient, images, weight, None, one, one, one, False, none, 1, [*needed, False]
    )[:2]


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, images: Tensor, weight: Tensor, weight_gradient: WeightGradient) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.weight_gradient = weight_gradient
        return F.conv2d(images, weight, padding=1)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        images, weight = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        wants_images, wants_weight, _ = ctx.needs_input_grad
        to_images = torch_gradients(gradient, images, weight, True, False)[0] if wants_images else None
        return to_images, ctx.weight_gradient(gradient, images, weight) if wants_weight else None, None
