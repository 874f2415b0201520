"""`try_answer`, which a notebook's reader calls."""

from pipeline.exercise.registry import find
from pipeline.exercise.trying import try_answer


def test_right_wrong_failing_and_unanswered(capsys):
    def linear_jacobian(x, W, layout):
        return W if layout == "numerator" else W.T

    try_answer(linear_jacobian)
    assert capsys.readouterr().out == "linear-jacobian: right\n"

    def linear_jacobian(x, W, layout):
        return W

    try_answer(linear_jacobian)
    assert "mistake: always the numerator layout\nIn denominator layout" in capsys.readouterr().out

    def linear_jacobian(x, W, layout):
        return W[9]

    try_answer(linear_jacobian)
    assert "the function fails\nIndexError" in capsys.readouterr().out

    def linear_jacobian(x, W, layout): ...

    try_answer(linear_jacobian)
    assert capsys.readouterr().out == "linear-jacobian: not answered yet\n"


def test_the_answer_cannot_change_the_inputs_that_judge_it(capsys):
    def sigmoid_jacobian(W, x):
        result = find("sigmoid-jacobian").solve(W, x)
        W *= 0
        return result

    try_answer(sigmoid_jacobian)
    assert capsys.readouterr().out == "sigmoid-jacobian: right\n"
