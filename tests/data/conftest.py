"""No test of this folder sees the user's data."""

import pytest


@pytest.fixture(autouse=True)
def _no_data_directory(no_data_directory):
    pass
