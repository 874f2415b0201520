"""The optimizers by name. Needs no torch: the name leads to the function that loads it."""

from pkgutil import resolve_name

from pipeline.own import parts

# A new optimizer: a function that follows Rule in pipeline/optim/rules.py, and its line here.
RULES = {
    "muon": "pipeline.optim.rules:muon",
    "sgd": "pipeline.optim.rules:sgd",
    "adamw": "pipeline.optim.rules:adamw",
}


def check_kind(kind: str) -> None:
    """Raise ValueError, with the known names, for an unknown optimizer."""
    if kind not in RULES and not parts.is_own(kind):
        raise ValueError(f"optim.kind is {kind}; allowed: {', '.join(RULES)}, or your own as ./FILE.py:NAME")


def rule(kind: str):
    """The Rule of this name; raises ValueError for an unknown one."""
    check_kind(kind)
    return resolve_name(RULES[kind])
