"""The list of long tests: written from pytest's report, and no name in it is stale."""

import re
from pathlib import Path

from tools import long_tests

TESTS = Path(__file__).parents[1]
REPORT = """<testsuites><testsuite>
<testcase classname="tests.a.test_b" name="test_c[1]" time="0.6"/>
<testcase classname="tests.a.test_b" name="test_c[2]" time="0.5"/>
<testcase classname="tests.a.test_b" name="test_d" time="0.9"/>
</testsuite></testsuites>"""


def test_the_parameters_of_a_test_count_together(tmp_path, monkeypatch):
    (tmp_path / "tests.xml").write_text(REPORT)
    monkeypatch.setattr(long_tests, "RECORD", tmp_path / "long.txt")
    assert long_tests.main([str(tmp_path / "tests.xml")]) == 0
    assert (tmp_path / "long.txt").read_text() == "tests/a/test_b.py::test_c\n"


def test_every_name_in_the_list_is_a_test():
    stale = []
    for name in (TESTS / "long_tests.txt").read_text().splitlines():
        file, _, function = name.partition("::")
        path = TESTS.parent / file
        if not path.is_file() or not re.search(rf"^def {function}\(", path.read_text(), re.MULTILINE):
            stale.append(name)
    assert stale == []


def test_a_name_in_the_list_marks_its_test(request):
    """This very run: the marks that conftest.py has given."""
    listed = set((TESTS / "long_tests.txt").read_text().splitlines())
    for item in request.session.items:
        assert (item.get_closest_marker("long") is not None) == (item.nodeid.partition("[")[0] in listed)
