"""Recurrent gradients: where the gradient of an nn.RNN, nn.LSTM or nn.GRU comes from, and what is wrong with it.

Needs only torch (matplotlib for drawing, Lightning for the monitor), so the folder can be copied into another project.
Names are imported when they are first used, so importing the package costs nothing.
"""

import importlib

_HOME = {
    "passes.cells": ("CellWeights", "linearize"),
    "analysis.decomposition": ("Decomposition", "decompose"),
    "diagnosis.diagnosis": ("Diagnosis", "diagnose"),
    "diagnosis.findings": ("CODES", "Finding", "Thresholds"),
    "errors": ("RecurrentError",),
    "analysis.expansion": ("Expansion", "expand"),
    "passes.initialization": ("chrono_", "forget_bias_", "orthogonal_", "spectral_radius_"),
    "analysis.jacobians": (
        "elementwise",
        "gru_cell_jacobian",
        "linear",
        "lstm_cell_jacobian",
        "rnn_cell_jacobian",
        "stacked_jacobian",
        "step_jacobian",
    ),
    "passes.modules": ("cell_weights",),
    "diagnosis.monitor": ("RNNGradientMonitor",),
    # No module may have the name of an entry: importing the module would replace the entry.
    "analysis.norms": ("LogNorms", "log_norms"),
    "analysis.products": ("JacobianProduct", "cell_to_cell_jacobian"),
    "passes.recording": ("Recording", "record", "record_step"),
    "analysis.spectra": (
        "eigen_power",
        "log_gradient_bound",
        "lyapunov_exponents",
        "matrix_spectrum",
        "power_limit",
    ),
    "passes.trajectory": ("Trajectory", "trace"),
}
_OWNER = {name: module for module, names in _HOME.items() for name in names}
__all__ = sorted(_OWNER)


def __getattr__(name: str):
    if name not in _OWNER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_OWNER[name]}"), name)


def __dir__() -> list[str]:
    return __all__
