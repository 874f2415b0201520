"""Set before any test imports a library: no network, no account, one thread."""

import os

os.environ.update(
    NO_ALBUMENTATIONS_UPDATE="1",
    WANDB_MODE="disabled",
    WANDB_ERROR_REPORTING="false",
    HF_HUB_OFFLINE="1",
    OMP_NUM_THREADS="1",
    MPLBACKEND="Agg",
)
