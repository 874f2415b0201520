"""Trains one recipe in one process and in two; run by test_distributed.py: `python distributed.py FOLDER DEVICES`."""

import sys
from pathlib import Path

import torch

from pipeline.optim.build import OptimConfig
from pipeline.train import train
from tests import tiny


def main(folder: Path, devices: int) -> None:
    """Lightning starts this script once more for each further process."""
    strategy = "ddp" if devices > 1 else "auto"
    recipe = tiny.recipe(
        train={"length": "8 steps", "devices": devices, "strategy": strategy},
        model=tiny.ModelConfig(name="sequence_rows"),
        optim=OptimConfig(kind="sgd", lr=0.05),
    )
    trained = train(recipe, tiny.dataset(), folder)
    torch.save(trained.model.state_dict(), folder / f"rank{trained.global_rank}-of-{devices}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
