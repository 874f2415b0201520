"""Trains one recipe in one process or two; test_distributed.py runs it: `python distributed.py FOLDER DEVICES SHARE`.

With a share below 1 each process trains on the hardest images of its part of the batch.
"""

import sys
from pathlib import Path

import torch

from pipeline.optim.build import OptimConfig
from pipeline.selection import SelectionConfig
from pipeline.train import train
from tests import tiny


def main(folder: Path, devices: int, share: float) -> None:
    """Lightning starts this script once more for each further process."""
    strategy = "ddp" if devices > 1 else "auto"
    recipe = tiny.recipe(
        train={"length": "8 steps", "devices": devices, "strategy": strategy},
        model=tiny.ModelConfig(name="sequence_rows"),
        optim=OptimConfig(kind="sgd", lr=0.05),
        selection=SelectionConfig(share=share, widths=(4, 8, 8), update_every=2),
    )
    trained = train(recipe, tiny.dataset(), folder)
    state = trained.model.state_dict()
    if trained.selection:
        proxy = trained.selection.network.named_parameters()
        state |= {f"proxy.{name}": value.detach() for name, value in proxy}
    torch.save(state, folder / f"rank{trained.global_rank}-of-{devices}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
