"""One file and a class folder, judged through real processes."""

import pytest

from pipeline.core.errors import UserError
from pipeline.exercise.checking import check, check_class
from pipeline.exercise.registry import find
from pipeline.exercise.running import Limits

EXERCISE = find("sigmoid-jacobian")


def write(folder, name, body):
    (folder / name).write_text(f"import numpy as np\ndef sigmoid_jacobian(W, x):\n    {body}\n")
    return folder / name


def test_a_right_and_a_mistaken_file(tmp_path):
    right = write(tmp_path, "a.py", "y = 1 / (1 + np.exp(-W @ x)); return np.diag(y * (1 - y)) @ W")
    assert check(EXERCISE, right, 0, Limits()).verdict.right
    assert check(EXERCISE, write(tmp_path, "b.py", "return W"), 0, Limits()).verdict.mistake == "diag(s') forgotten"


def test_a_stopped_file_is_not_a_failing_function(tmp_path):
    endless = write(tmp_path, "a.py", "while True: pass")
    assert check(EXERCISE, endless, 0, Limits(seconds=0.5)).verdict.outcome == "stopped"


def test_a_class_is_judged_by_name_and_one_broken_file_stops_nobody(tmp_path):
    write(tmp_path, "zoe.py", "return W")
    (tmp_path / "ada.py").write_text("def")
    (tmp_path / "notes.txt").write_text("not an answer")
    said = []
    checked = check_class(EXERCISE, tmp_path, 0, Limits(), said.append)
    assert [(c.file.name, c.verdict.outcome) for c in checked] == [("ada.py", "error"), ("zoe.py", "mistake")]
    assert said == ["1 of 2: ada.py", "2 of 2: zoe.py"]


def test_an_empty_folder_is_a_users_mistake(tmp_path):
    with pytest.raises(UserError, match=r"contains no Python file; put one file NAME\.py"):
        check_class(EXERCISE, tmp_path, 0, Limits(), print)
