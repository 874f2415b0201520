"""The data module: where the rows go, where training goes on, what each process sees."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pipeline.data.augment import normalise
from pipeline.data.augment_settings import AugmentConfig
from pipeline.data.module import ImageModule, Plan
from pipeline.data.splits import Split
from tests import tiny


def module(step=0, rank=0, world=1, accumulate=1, validation=range(50, 60), **plan):
    """A module with a trainer that stands at a step."""
    data = ImageModule(
        tiny.dataset(),
        Split(np.arange(50), np.array(validation, dtype=int)),
        AugmentConfig(flip="none", translate=0),
        Plan(batch_size=10, accumulate=accumulate, total_steps=10, seed=0, **plan),
    )
    data.trainer = SimpleNamespace(
        strategy=SimpleNamespace(root_device=torch.device("cpu")),
        global_step=step,
        global_rank=rank,
        world_size=world,
    )
    return data


def equal(ours, theirs):
    return len(ours) == len(theirs) and all(
        torch.equal(a, b) for one, other in zip(ours, theirs, strict=True) for a, b in zip(one, other, strict=True)
    )


def test_an_epoch_shows_every_training_image_and_none_that_is_held_out():
    shown = torch.cat([images for images, _ in module().train_dataloader()])
    of = {tuple(normalise(image[None]).flatten()[:50].tolist()): i
          for i, image in enumerate(torch.from_numpy(tiny.dataset().train_images))}  # fmt: skip
    assert sorted(of[tuple(image.flatten()[:50].tolist())] for image in shown) == list(range(50))


@pytest.mark.parametrize("accumulate", [1, 2, 5])
def test_the_loader_is_as_long_as_its_parts(accumulate):
    loader = module(accumulate=accumulate).train_dataloader()
    assert len(loader) == len(list(loader)) == 5 * accumulate


def test_each_pass_goes_on_where_the_trainer_stands():
    data = module()
    loader = data.train_dataloader()
    whole = list(loader)
    data.trainer.global_step = 3
    assert equal(list(loader), whole[3:])
    data.trainer.global_step = 5
    assert len(list(loader)) == 5
    assert not equal(list(loader), whole)


def test_validation_images_come_once_in_order_and_unchanged():
    batches = list(module(validation_batch=4).val_dataloader())
    assert [len(labels) for _, labels in batches] == [4, 4, 2]
    images = torch.from_numpy(tiny.dataset().train_images[50:])
    assert torch.equal(torch.cat([part for part, _ in batches]), normalise(images))
    assert torch.cat([labels for _, labels in batches]).tolist() == tiny.dataset().train_labels[50:].tolist()


def test_processes_share_the_validation_images():
    shares = [torch.cat([labels for _, labels in module(rank=rank, world=3).val_dataloader()]) for rank in range(3)]
    assert sorted(map(len, shares)) == [3, 3, 4]
    assert sorted(torch.cat(shares).tolist()) == list(range(10))


def test_without_held_out_images_there_is_nothing_to_validate():
    assert module(validation=[]).val_dataloader() == []
