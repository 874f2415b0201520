"""Read and check one submission file. Nothing here can see the labels, only the ids and the class names."""

from leaderboard.submission.expected import Expected, read_sample
from leaderboard.submission.problems import Problem, Report
from leaderboard.submission.validation import Submission, validate_bytes, validate_data, validate_file

__all__ = [
    "Expected",
    "Problem",
    "Report",
    "Submission",
    "read_sample",
    "validate_bytes",
    "validate_data",
    "validate_file",
]
