"""Own parts by name: found in files and packages, typed by their signatures, refused by name."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from pipeline.core import duration
from pipeline.core.errors import UserError
from pipeline.data.augment_settings import AugmentConfig
from pipeline.data.own import own_augment
from pipeline.models import registry
from pipeline.models.settings import ModelConfig
from pipeline.optim.build import optimizer_and_schedule
from pipeline.optim.config import OptimConfig
from pipeline.own import calls, parts
from pipeline.training import own_step
from pipeline.training.loss import LossConfig
from tests import tiny

NET = """
from torch import nn
from shapes import SIZE

class Net(nn.Module):
    def __init__(self, width: int = 4, classes: int = 3, names: tuple[str, ...] = ()):
        super().__init__()
        self.width, self.names = width, names
        pool = nn.AdaptiveAvgPool2d(1)
        self.body = nn.Sequential(nn.Conv2d(3, width, SIZE), pool, nn.Flatten(), nn.Linear(width, classes))
    def forward(self, images):
        return self.body(images)

def small(num_classes):
    return Net(2, num_classes)

BUILT = Net()
number = 3
"""


@pytest.fixture
def net(tmp_path, monkeypatch):
    """mynet.py, with a module beside it that it imports; the folder is the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mynet.py").write_text(NET)
    (tmp_path / "shapes.py").write_text("SIZE = 3\n")
    return tmp_path


def build(name, classes=7, **own):
    return registry.build(ModelConfig(name=name, own=own), classes)


def test_a_class_or_function_of_a_file_makes_the_network(net):
    assert build("./mynet.py:Net", width="8").width == 8
    assert build("mynet.py:Net")(torch.zeros(2, 3, 9, 9)).shape == (2, 7)
    assert build("mynet.py:small").width == 2
    assert build("mynet:Net", names=["a"]).names == ("a",)


def test_torchvisions_networks_are_told_the_classes():
    assert build("torchvision.models:squeezenet1_1").classifier[1].out_channels == 7


@pytest.mark.parametrize(
    ("name", "own", "message"),
    [
        ("./mynet.py:Nett", {}, "there is no 'Nett' in it; it has Net"),
        ("./no.py:Net", {}, r"no such file; write \./FILE\.py:CLASS"),
        ("nomodule:Net", {}, "importing it failed: ModuleNotFoundError"),
        ("./mynet.py:Net", {"widht": 3}, r"model\.own\.widht is not an argument of Net; it takes: width"),
        ("./mynet.py:Net", {"classes": 3}, r"7, got 3|classes"),
        ("./mynet.py:Net", {"width": "wide"}, r"model\.own of Net: .*int.*wide"),
        ("./mynet.py:BUILT", {}, "a network that is built already"),
        ("./mynet.py:number", {}, "which is a int; name a class or a function"),
        ("builtins:dict", {}, "which gives a dict; it must give a torch.nn.Module"),
        ("mynet.py", {}, r"your own as \./FILE\.py:CLASS"),
    ],
)
def test_a_wrong_name_or_argument_is_one_line(net, name, own, message):
    if "classes" in own:
        assert build(name, **own)(torch.zeros(1, 3, 9, 9)).shape == (1, 3)  # the user's word counts
        return
    with pytest.raises(UserError, match=message) as raised:
        build(name, **own)
    assert "\n" not in str(raised.value)


def test_an_error_in_the_file_names_its_line(net):
    (net / "mynet.py").write_text("import torch\n\nx = 1 / 0\n")
    with pytest.raises(UserError, match=r"importing it failed \(line 3\): ZeroDivisionError"):
        build("./mynet.py:Net")
    (net / "mynet.py").write_text("import torch\ndef\n")
    with pytest.raises(UserError, match=r"\(line 2\): SyntaxError"):
        build("./mynet.py:Net")


def test_a_changed_file_is_read_again_with_what_it_imports(net):
    assert build("./mynet.py:Net").body[0].kernel_size == (3, 3)
    (net / "shapes.py").write_text("SIZE = 5\n")
    (net / "mynet.py").write_text(NET + "\n# changed\n")
    assert build("./mynet.py:Net").body[0].kernel_size == (5, 5)
    root, files = parts.files_of("./mynet.py:Net", "model.name")
    assert (root, [file.name for file in files]) == (net, ["mynet.py", "shapes.py"])


OTHERS = """
import torch

def sign(network, lr, scale: float = 1.0):
    return torch.optim.SGD(network.parameters(), lr=lr * scale)

def square(progress):
    return (1 - progress) ** 2

def focal(logits, targets, gamma: float = 2.0):
    log = logits.log_softmax(1).gather(1, targets[:, None])
    return (-((1 - log.exp()) ** gamma) * log).mean()

class Smooth(torch.nn.Module):
    def __init__(self, label_smoothing: float):
        super().__init__()
        self.share = label_smoothing
    def forward(self, logits, targets):
        return torch.nn.functional.cross_entropy(logits, targets, label_smoothing=self.share)

def noisy(images):
    return images + torch.randn_like(images)

def halved(images):
    return images[::2]

def nothing(progress):
    return float("nan")

def below_zero(progress):
    return -1.0 if progress == 0.5 else 1.0
"""


@pytest.fixture
def others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "others.py").write_text(OTHERS)
    return "./others.py"


RUN = duration.Run(batch_size=10, steps_per_epoch=5, total_steps=11)


def test_an_optimizer_is_torchs_class_or_a_function(others):
    network = nn.Linear(2, 2)
    config = OptimConfig(kind="torch.optim:RAdam", lr=0.3, own={"eps": "1e-5"}, schedule="constant")
    optimizer, _ = optimizer_and_schedule(network, config, RUN)
    assert isinstance(optimizer, torch.optim.RAdam)
    assert [(group["lr"], group["eps"]) for group in optimizer.param_groups] == [(0.3, 1e-5)] * 2
    config = OptimConfig(kind=f"{others}:sign", lr=0.3, own={"scale": 2}, schedule=f"{others}:square")
    optimizer, schedule = optimizer_and_schedule(network, config, RUN)
    rates = []
    for _ in range(11):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx([0.6 * (1 - step / 11) ** 2 for step in range(11)])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"kind": "torch:zeros"}, r"torch:zeros|zeros"),
        ({"kind": "torch.optim:RAdam", "own": {"epps": 1}}, r"optim\.own\.epps is not an argument of RAdam"),
        ({"schedule": "./others.py:nothing"}, "gives nan at progress 0.0"),
        ({"schedule": "./others.py:below_zero"}, r"gives -1\.0 at progress 0\.5"),
        ({"schedule": "./others.py:focal"}, "TypeError at progress 0.0"),
        ({"schedule": "math:acosh"}, r"ValueError at progress 0\.0"),
        ({"schedule": "math:atanh"}, r"ValueError at progress 1\.0"),
    ],
)
def test_a_wrong_optimizer_or_schedule_is_one_line(others, keys, message):
    with pytest.raises(UserError, match=message):
        optimizer_and_schedule(nn.Linear(2, 2), OptimConfig(**keys), RUN)


def test_an_unknown_kind_says_how_to_name_ones_own():
    with pytest.raises(ValueError, match=r"optim\.kind is rmsprop; allowed: muon, sgd, adamw, or your own"):
        tiny.recipe(optim=OptimConfig(kind="rmsprop"))
    with pytest.raises(ValueError, match=r"loss\.name is focal; allowed: cross_entropy, or your own"):
        LossConfig(name="focal")


def test_a_loss_is_a_function_or_a_class(others):
    logits, targets = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    plain = nn.functional.cross_entropy(logits, targets)
    focal = own_step.criterion(LossConfig(name=f"{others}:focal", own={"gamma": 0}))
    torch.testing.assert_close(focal(logits, targets), plain)
    smooth = own_step.criterion(LossConfig(name=f"{others}:Smooth", label_smoothing=0.3))
    torch.testing.assert_close(smooth(logits, targets), nn.CrossEntropyLoss(label_smoothing=0.3)(logits, targets))


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


def test_an_augmentation_repeats_with_its_generator_and_leaves_others_alone(others):
    images, config = torch.zeros(4, 3, 8, 8), AugmentConfig(own=f"{others}:noisy")
    torch.manual_seed(1)
    first, after = own_augment(images, config, draw()), torch.rand(1)
    torch.manual_seed(2)
    assert torch.equal(own_augment(images, config, draw()), first)
    assert not torch.equal(own_augment(images, config, draw(1)), first)
    torch.manual_seed(1)
    assert torch.rand(1) == after
    assert own_augment(images, AugmentConfig(), draw()) is images


def test_torchvisions_and_albumentations_transforms_work_on_batches(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.py").write_text(
        "import albumentations as A\nfrom torchvision.transforms import v2\n"
        "flip = v2.RandomHorizontalFlip(p=1)\nboth = A.Compose([A.HorizontalFlip(p=1)])\n"
        "chain = v2.Compose([v2.RandomVerticalFlip(p=0), v2.RandomHorizontalFlip(p=1)])\n"
    )
    images = torch.from_numpy(tiny.dataset().train_images[:4])
    from pipeline.data.augment import normalise

    expected = normalise(images.flip(2))
    for name in ("flip", "both", "chain"):
        changed = own_augment(normalise(images), AugmentConfig(own=f"./t.py:{name}"), draw())
        torch.testing.assert_close(changed, expected)


def test_an_augmentation_of_another_shape_is_refused(others):
    with pytest.raises(UserError, match=r"made \(2, 3, 8, 8\) of images \(4, 3, 8, 8\); the shape must stay"):
        own_augment(torch.zeros(4, 3, 8, 8), AugmentConfig(own=f"{others}:halved"), draw())


def test_arguments_are_typed_by_the_signature():
    @dataclass
    class Taken:
        count: int
        share: float = 0.5

    taken = calls.call(Taken, "x", {"count": "3"}, {"share": 1, "other": 2})
    assert (taken.count, taken.share) == (3, 1)
    with pytest.raises(UserError, match=r"Taken\(\.\.\.\) raised TypeError: .*count"):
        calls.call(Taken, "x", {}, {})
