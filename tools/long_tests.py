"""Write tests/long_tests.txt: the tests that `make test-fast` leaves out, since they take a second or more.

make test ARGS="--junitxml=build/tests.xml"
python -m tools.long_tests build/tests.xml
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

RECORD = Path(__file__).parents[1] / "tests" / "long_tests.txt"
LIMIT = 1.0


def main(arguments: list[str]) -> int:
    """Read pytest's JUnit file and write the list; the exit code."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    long = sorted(name for name, seconds in seconds_of(Path(arguments[0])).items() if seconds >= LIMIT)
    RECORD.write_text("".join(f"{name}\n" for name in long))
    print(f"{RECORD}: {len(long)} tests of {LIMIT:g} s or more")
    return 0


def seconds_of(junit: Path) -> Counter:
    """Seconds of each test function, all its parameters together: tests/x/test_y.py::test_z."""
    total: Counter = Counter()
    for case in ElementTree.parse(junit).iter("testcase"):
        file = case.attrib["classname"].replace(".", "/") + ".py"
        total[f"{file}::{case.attrib['name'].partition('[')[0]}"] += float(case.attrib["time"])
    return total


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
