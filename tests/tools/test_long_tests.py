"""The list of long tests: measured by a plugin, and no name in it is stale."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import long_tests

ROOT = Path(__file__).parents[2]
LISTED = (ROOT / "tests" / "long_tests.txt").read_text().splitlines()
MEASURED = """
import time
import pytest

def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

@pytest.mark.parametrize("number", range(3))
def test_long_in_all(number):
    busy(0.1)

def test_short():
    time.sleep(0.4)
"""
SHARED = """
import pytest
from test_some import busy

@pytest.fixture(scope="module")
def made():
    busy(0.3)

def test_one(made):
    pass

def test_other(made):
    pass
"""


def test_cpu_time_of_all_parameters_counts_and_a_slow_fixture_lists_its_file(tmp_path):
    (tmp_path / "test_some.py").write_text(MEASURED)
    (tmp_path / "test_shared.py").write_text(SHARED)
    script = f"""
import sys, pathlib, pytest
sys.path.insert(0, {str(ROOT)!r})
from tests.tools import long_tests
long_tests.RECORD = pathlib.Path("long.txt")
long_tests.RECORD.write_text("test_other.py::test_not_run\\ntest_some.py::test_short\\n")
sys.exit(pytest.main(["-q", "-p", "tests.tools.long_tests", "--rootdir", ".", "test_some.py", "test_shared.py"]))
"""
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    listed = (tmp_path / "long.txt").read_text().split()
    assert listed == ["test_other.py::test_not_run", "test_shared.py", "test_some.py::test_long_in_all"]


def test_every_name_in_the_list_is_a_test():
    def exists(name: str) -> bool:
        file, _, function = name.partition("::")
        path = ROOT / file
        found = re.search(rf"^def {function}\(" if function else "", path.read_text(), re.MULTILINE)
        return path.is_file() and found is not None

    assert [name for name in LISTED if not exists(name)] == []
    assert sorted(set(LISTED)) == LISTED


def test_a_name_in_the_list_marks_its_test(request: pytest.FixtureRequest):
    """This very run: the marks that conftest.py has given."""
    for item in request.session.items:
        names = {item.nodeid.partition("[")[0], item.nodeid.partition("::")[0]}
        assert (item.get_closest_marker("long") is not None) == bool(names & set(LISTED))


def test_the_limit_leaves_most_tests_in():
    assert long_tests.LIMIT <= 1
    assert 0 < len(LISTED) < 800
