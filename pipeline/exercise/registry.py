"""All exercises in the order of the sheets."""

from pipeline.core.errors import UserError

from .exercise import Exercise
from .tasks import (
    cell_chain,
    cell_jacobian,
    convolution_input_gradient,
    convolution_layer,
    convolution_weight_gradient,
    convolve_by_hand,
    correlate_by_hand,
    correlate_complex,
    gradient_bound,
    jacobian_product,
    linear_jacobian,
    lstm_step,
    matrix_power,
    power_limit,
    rnn_gradient,
    rnn_terms,
    sigmoid_jacobian,
    strided_correlation,
    truncated_gradient,
)

EXERCISES: dict[str, Exercise] = {
    module.EXERCISE.name: module.EXERCISE
    for module in (
        correlate_by_hand,
        convolve_by_hand,
        strided_correlation,
        correlate_complex,
        convolution_layer,
        convolution_weight_gradient,
        convolution_input_gradient,
        linear_jacobian,
        sigmoid_jacobian,
        rnn_gradient,
        rnn_terms,
        truncated_gradient,
        matrix_power,
        power_limit,
        jacobian_product,
        gradient_bound,
        lstm_step,
        cell_jacobian,
        cell_chain,
    )
}


def find(name: str) -> Exercise:
    """The exercise of this name, with hyphens or, as in Python, underscores; raises UserError for an unknown one."""
    name = name.replace("_", "-")
    if name not in EXERCISES:
        raise UserError(f"there is no exercise {name!r}; choose one of: {', '.join(EXERCISES)}")
    return EXERCISES[name]
