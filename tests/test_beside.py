"""Every module has a test file beside it by name, or a line here that says which test file covers it.

`pipeline/data/png.py` is tested by `tests/data/test_png.py`, `leaderboard/scoring/split.py` by
`tests/leaderboard/scoring/test_split.py`. A test file of this list must import the module, directly or on the way.
"""

import re
from pathlib import Path

import pytest

from tests.test_structure import reachable, read_imports

ROOT = Path(__file__).parents[1]
PACKAGES = ("leaderboard", "pipeline")

# The modules without a test file of their own name, by the test file that covers them, both without their folder tests/
# and suffix. A name without a dot lies in the same package as the line above it says.
COVERED = {
    "runs/test_report": "pipeline.commands: report runs; pipeline.runs: held_out listing; "
    "pipeline.runs.report: charts facts page",
    "leaderboard/competition/test_exclusions": "leaderboard.standings: excluded",
    "leaderboard/competition/test_members": "leaderboard.competition: letters roster_file",
    "leaderboard/competition/test_group_commit": "leaderboard.competition: transaction",
    "leaderboard/commands/test_registry": "leaderboard.commands: entry gradebook team_grants team_members team_merges",
    "benchmark/test_peer": "pipeline.benchmark: paced",
    "commands/test_new": "pipeline.own: template",
    "commands/test_baseline": "pipeline.practice: baseline",
    "commands/test_benchmark": "pipeline.benchmark: augmentation history machine networks prediction tables",
    "commands/test_prepare": "pipeline.commands: source_options",
    "commands/test_sweep": "pipeline.sweeps: session sweep",
    "benchmark/test_convolution": "pipeline.commands: convolution; pipeline.benchmark: printing timing",
    "benchmark/test_recurrent": "pipeline.benchmark: monitor_trial",
    "convolution/commands/test_cli": "pipeline.convolution: text",
    "convolution/test_choice": "pipeline.convolution: windows",
    "convolution/test_explain": "pipeline.convolution: drawing pictures",
    "convolution/test_functional": "pipeline.convolution: errors geometry methods padding",
    "convolution/test_identification": "pipeline.convolution: probing",
    "convolution/test_identities": "pipeline.convolution: adjoint_statements grid statements",
    "core/test_files": "pipeline.core: errors",
    "data/stand_in/test_scenes": "pipeline.data.stand_in: objects",
    "data/test_forms": ""
    "pipeline.core: images; pipeline.data: archives binary cifar100 decoded identity imagefolder npz "
    "parquet registry settings sevenzip",
    "docs/test_commands": "pipeline.commands: train",
    "exercise/test_explorer": "pipeline.exercise.explorer: page",
    "exercise/test_judging": ""
    "pipeline.exercise.tasks: cell cell_chain cell_jacobian convolution_input_gradient convolution_layer "
    "convolution_weight_gradient convolve_by_hand correlate_by_hand correlate_complex elman "
    "gradient_bound jacobian_product linear_jacobian lstm_step matrix_power planes power_limit "
    "rnn_gradient rnn_terms sigmoid_jacobian strided_correlation truncated_gradient",
    "exercise/test_registry": "pipeline.exercise: arrays exercise",
    "exercise/test_running": "pipeline.exercise.running: call guard run",
    "exercise/test_sheets": ""
    "pipeline.exercise.sheets: latex markdown write; pipeline.exercise.sheets.notebooks: bptt flip "
    "layouts lstm notebook",
    "kernels/test_session": "pipeline.kernels: record",
    "kernels/test_algorithms": "pipeline.kernels: convolution dense gathered side_by_side",
    "leaderboard/audit/test_forgeries": "leaderboard.audit: tables",
    "leaderboard/audit/test_verification": ""
    "leaderboard.audit: replay; leaderboard.competition: folder; leaderboard.storage: archive "
    "audit_log database_errors",
    "leaderboard/benchmark/test_judging": "leaderboard.benchmark: files timing",
    "leaderboard/commands/test_cli": ""
    "leaderboard.core: text; "
    "leaderboard: cli; leaderboard.commands: audit backup benchmark details freeze "
    "inspect join login output select serve share "
    "standings tutor_token verdict",
    "leaderboard/commands/test_init": "leaderboard.competition: sample",
    "leaderboard/commands/test_submissions": "leaderboard.standings: listing",
    "leaderboard/commands/test_team": "leaderboard.competition: roster",
    "leaderboard/competition/test_creation": "leaderboard.competition: csv_files",
    "leaderboard/competition/test_entries": ""
    "leaderboard.competition: quota stored_files teams; leaderboard.core: errors",
    "leaderboard/competition/test_rescoring": "leaderboard.competition: scores",
    "leaderboard/competition/test_rule_edits": "leaderboard.commands: rules",
    "leaderboard/competition/test_sharing": "leaderboard.storage: shared",
    "leaderboard/page/test_publish": "leaderboard.competition: names; leaderboard.page: rendering",
    "leaderboard/rehearsal/test_term": "leaderboard.commands: rehearse; leaderboard.rehearsal: script",
    "leaderboard/report/test_report": "leaderboard.commands: report; leaderboard.report: mistakes rendering timeline",
    "leaderboard/report/test_svg": "leaderboard.report: charts",
    "leaderboard/scoring/test_solution": "leaderboard.table: trusted",
    "leaderboard/page/test_german": "leaderboard.page: german_rules",
    "leaderboard/server/web/test_clocks": "leaderboard.server.backend: signing",
    "leaderboard/server/launch/test_run": "leaderboard.server.backend: actors backend; "
    "leaderboard.server.core: settings; leaderboard.server.pipe: server; leaderboard.server.web: worker",
    "leaderboard/server/web/test_access": ""
    "leaderboard.competition: access; leaderboard.server.backend: boards facts participant public reports "
    "state tutor tutor_acts; leaderboard.server.web: boards responses uploads visitor",
    "leaderboard/server/web/test_api": "leaderboard.server.pipe: client frames; leaderboard.server.web: app body",
    "leaderboard/server/web/test_openapi": "leaderboard.server.web: schemas",
    "leaderboard/server/web/test_texts": "leaderboard.server.core: refusal; leaderboard.server.web: german "
    "german_phrases rendering tutor_texts",
    "leaderboard/standings/test_final": "leaderboard.competition: final_files",
    "leaderboard/standings/test_live": "leaderboard.standings: places",
    "leaderboard/submission/test_labels": "leaderboard.submission: diagnosis",
    "leaderboard/submission/test_validation": "leaderboard.submission: rows untrusted",
    "models/test_registry": "pipeline.models: resnet",
    "optim/test_build": "pipeline.optim: config groups",
    "own/test_parts": ""
    "pipeline.data: own; pipeline.optim: own; pipeline.own: calls network; pipeline.training: first_look "
    "loss own_step",
    "practice/test_board": "pipeline.commands: standings submit",
    "prediction/test_resumable": "pipeline.core: progress",
    "prediction/test_views": "pipeline.prediction: submission",
    "recurrent/diagnosis/test_diagnosis": "pipeline.recurrent: errors; pipeline.recurrent.diagnosis: findings rules",
    "recurrent/commands/test_cli": "pipeline.recurrent.notes: walk",
    "recurrent/notes/test_bptt": "pipeline.recurrent.notes: network",
    "recurrent/notes/test_slips": "pipeline.recurrent.notes: lstm matrices",
    "runs/test_old_run": "pipeline.runs: folder predictions session",
    "test_config": "pipeline.data: augment_settings; pipeline.models: settings; pipeline.optim: registry; "
    "pipeline.prediction: settings",
    "training/test_precision": "pipeline.core: hardware; pipeline.training: devices trainer",
    "training/test_train": "pipeline.training: checks guards; pipeline.training.callbacks: metrics progress stop",
}


def covered() -> dict[str, str]:
    """The test file of each module of the list."""
    groups = [(test, group) for test, text in COVERED.items() for group in text.split("; ")]
    parts = [(test, *group.split(": ")) for test, group in groups]
    return {f"{package}.{name}": test for test, package, names in parts for name in names.split()}


def modules() -> dict[str, Path]:
    """The modules by dotted name, without packages' own files and the entry points."""
    found = [path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {".".join(path.with_suffix("").parts): path for path in found if not path.name.startswith("__")}


def expected_test(module: Path) -> Path:
    """Where the test of a module lies by name."""
    package, *rooms = module.parts[:-1]
    above = ("leaderboard",) if package == "leaderboard" else ()
    return Path("tests", *above, *rooms, f"test_{module.name}")


def without_test(found: dict[str, Path], listed: dict[str, str], root: Path = ROOT) -> list[str]:
    return sorted(
        name for name, path in found.items() if name not in listed and not (root / expected_test(path)).is_file()
    )


def test_every_module_has_a_test_file_beside_it_or_a_line_here():
    assert without_test(modules(), covered()) == []


def test_the_list_has_no_module_that_is_gone_or_has_a_test_file_of_its_own():
    found, listed = modules(), covered()
    assert sorted(listed.keys() - found.keys()) == []
    assert [name for name in listed if (ROOT / expected_test(found[name])).is_file()] == []


def test_a_new_module_without_either_is_found():
    new = {"pipeline.data.new": Path("pipeline/data/new.py")}
    assert without_test(new, {}) == ["pipeline.data.new"]
    assert without_test(new, {"pipeline.data.new": "data/test_forms"}) == []


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    """The imports among all modules, with those by name: of modules in a text, and of what a package offers lazily."""
    arrows = read_imports(ROOT, (*PACKAGES, "tests"))
    for name in arrows:
        path = ROOT / Path(*name.split("."))
        source = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text()
        beside = f"{name.rpartition('.')[0]}."
        quoted = set(re.findall(r'"(?=([\w.]+)")', source))
        arrows[name] |= arrows.keys() & quoted
        arrows[name] |= {other for other in arrows if f"{other.removeprefix(beside)}.py" in quoted}  # run as a script
        if "import_module(" in source:
            offers = name if path.is_dir() else f"{name.rpartition('.')[0]}.commands"
            rooms = (f"{offers}.", f"{name.rpartition('.')[0]}." if name.endswith(".registry") else f"{offers}.")
            arrows[name] |= {other for other in arrows if other.startswith(rooms)}
    return arrows


def shared(test: str) -> set[str]:
    """The conftest modules that pytest loads for a test file."""
    parts = ("tests", *test.split("/"))
    found = [parts[:depth] for depth in range(1, len(parts)) if (ROOT / Path(*parts[:depth]) / "conftest.py").is_file()]
    return {".".join((*folder, "conftest")) for folder in found}


@pytest.mark.parametrize("test", COVERED)
def test_a_test_file_of_the_list_reaches_what_it_covers(test, imports):
    assert (ROOT / "tests" / f"{test}.py").is_file()
    starts = {".".join(("tests", *test.split("/")))} | shared(test)
    reached = set().union(*(reachable(imports, start) for start in starts))
    assert [name for name, by in covered().items() if by == test and name not in reached] == []
