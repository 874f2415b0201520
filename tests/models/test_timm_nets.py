"""timm's networks: published weights from a file are really taken, what does not fit is refused, images enlarged."""

import pytest
import timm
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from timm.data import IMAGENET_INCEPTION_MEAN, IMAGENET_INCEPTION_STD
from torch import nn

from pipeline.core.errors import UserError
from pipeline.data.augment import normalise
from pipeline.models import registry
from pipeline.models.settings import ModelConfig, TimmConfig
from pipeline.models.timm_nets import Enlarged

PIXELS = torch.randint(0, 256, (2, 32, 32, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def build(name, classes=10, **options):
    torch.manual_seed(0)
    return registry.build(ModelConfig(name=f"timm:{name}", timm=TimmConfig(**options)), classes).eval()


def published(name):
    """Weights of another draw, with a classifier for 1,000 classes."""
    torch.manual_seed(5)
    return timm.create_model(name, num_classes=1000)


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
@pytest.mark.parametrize(("name", "size"), [("test_convnext", 64), ("test_resnet", 32)])
def test_a_files_weights_are_taken_but_for_the_classifier(tmp_path, name, size, ending):
    source, file = published(name), str(tmp_path / f"weights.{ending}")
    (torch.save if ending == "pth" else save_file)(source.state_dict(), file)
    network = build(name, weights=file, image_size=size, adapt_stem=False)
    network = network.network if size != 32 else network
    head = {id(p) for p in network.get_classifier().parameters()}
    theirs = source.state_dict()
    body = [n for n, p in network.named_parameters() if id(p) not in head]
    assert len(body) > 10
    assert all(torch.equal(network.state_dict()[n], theirs[n]) for n in body)
    assert network.get_classifier().out_features == 10


def test_a_transformers_positions_are_resampled_and_still_count_as_taken(tmp_path):
    torch.save(published("test_vit").state_dict(), tmp_path / "weights.pth")
    network = build("test_vit", weights=str(tmp_path / "weights.pth"))
    assert torch.equal(network.blocks[0].mlp.fc1.weight, published("test_vit").blocks[0].mlp.fc1.weight)
    assert network(normalise(PIXELS)).shape == (2, 10)


@pytest.mark.parametrize("make", [
    lambda: published("test_vit").state_dict(),
    lambda: {f"renamed.{n}": v for n, v in published("test_resnet").state_dict().items()},
    lambda: {n: v for n, v in published("test_resnet").state_dict().items() if n != "layer2.0.conv1.weight"},
    lambda: {n: v.repeat_interleave(2, 0) if v.ndim else v for n, v in published("test_resnet").state_dict().items()},
    lambda: [1, 2, 3],
], ids=["another network's", "other names", "one missing", "other shapes", "no weights"])  # fmt: skip
def test_a_file_that_does_not_fit_is_one_line(tmp_path, make):
    torch.save(make(), tmp_path / "wrong.pth")
    with pytest.raises(UserError, match=r"model\.timm\.weights is .*wrong\.pth'.* does not fit 'test_resnet'") as error:
        build("test_resnet", weights=str(tmp_path / "wrong.pth"))
    assert "\n" not in str(error.value)


def test_a_damaged_or_missing_file_is_one_line(tmp_path):
    (tmp_path / "half.safetensors").write_bytes(b"\x08\x00\x00")
    for name, message in (
        ("half.safetensors", "does not fit 'test_resnet'"),
        ("none.pth", "no such file; name a .pth"),
    ):
        with pytest.raises(UserError, match=message) as error:
            build("test_resnet", weights=str(tmp_path / name))
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(("offline", "way"), [(False, "connect to the network"), (True, "unset HF_HUB_OFFLINE")])
def test_no_weights_from_the_hub_is_one_line_and_a_user_who_is_offline_stays_so(monkeypatch, offline, way):
    from huggingface_hub import constants

    tried = []

    def refuse(*_, **__):
        tried.append(constants.HF_HUB_OFFLINE)
        raise ConnectionError("nobody there\nsecond line\nthird line")

    monkeypatch.setattr(timm, "create_model", refuse)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    with pytest.raises(
        UserError, match=rf"for 'test_vit' from the hub \(nobody there.*{way}.*--model\.timm\."
    ) as error:
        build("test_vit", pretrained=True)
    assert tried == [offline]
    assert "\n" not in str(error.value)


def test_enlarged_images_are_what_the_published_weights_expect():
    """Against the pixels, normalised by timm's own constants and enlarged as doubles."""
    seen = []
    network = build("test_convnext", image_size=96)
    network.network.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    network(normalise(PIXELS))
    mean, std = (torch.tensor(v, dtype=torch.float64)[:, None, None]
                 for v in (IMAGENET_INCEPTION_MEAN, IMAGENET_INCEPTION_STD))  # fmt: skip
    expected = (PIXELS.permute(0, 3, 1, 2) / 255.0 - mean) / std
    expected = F.interpolate(expected, (96, 96), mode="bicubic", align_corners=False).float()
    torch.testing.assert_close(seen[0], expected, rtol=1e-5, atol=1e-5)


def test_at_32_pixels_a_resnets_stem_is_fitted_and_above_it_is_left():
    assert isinstance(build("test_resnet").maxpool, nn.Identity)
    large = build("test_resnet", image_size=64)
    assert isinstance(large, Enlarged)
    assert not isinstance(large.network.maxpool, nn.Identity)
    assert build("test_vit", image_size=64).network.patch_embed.img_size == (64, 64)


@pytest.mark.parametrize(("field", "value"), [("image_size", 16), ("image_size", 1024), ("drop_rate", 1.0)])
def test_a_value_out_of_range_names_its_key(field, value):
    with pytest.raises(ValueError, match=rf"model\.timm\.{field} is {value}; allowed"):
        TimmConfig(**{field: value})
