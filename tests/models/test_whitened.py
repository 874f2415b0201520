"""The fast network: whitening against its definition, Dirac initialisation, sizes and memory."""

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.models.settings import WhitenedConfig
from pipeline.models.whitened import BatchNorm, DiracConv2d, WhitenedNet, whitening_filters

TINY = WhitenedConfig(widths=(26, 8, 12))


def smooth_images(count=300, size=12, seed=0):
    """Random images whose neighbouring pixels and colours are correlated, as in photographs."""
    draw = torch.Generator().manual_seed(seed)
    noise = torch.randn(count, 3, size + 3, size + 3, generator=draw)
    blurred = nn.functional.avg_pool2d(noise, 4, stride=1)
    return blurred + blurred.mean(1, keepdim=True)


def second_moments(responses_nchw):
    rows = responses_nchw.permute(0, 2, 3, 1).reshape(-1, responses_nchw.shape[1]).double().numpy()
    return rows.T @ rows / len(rows)


def test_filtered_patches_have_identity_covariance():
    images = smooth_images()
    filters = whitening_filters(images, eps=0.0)
    assert filters.shape == (24, 3, 2, 2)
    moments = second_moments(nn.functional.conv2d(images, filters[:12]))
    np.testing.assert_allclose(moments, np.eye(12), atol=2e-3)
    assert not np.allclose(second_moments(nn.functional.unfold(images, 2)[..., None]), np.eye(12), atol=0.1)


def test_eps_shrinks_each_direction_by_its_share_of_the_variance():
    images, eps = smooth_images(), 0.05
    patches = nn.functional.unfold(images, 2).transpose(1, 2).reshape(-1, 12).double().numpy()
    values = np.linalg.svd(patches / np.sqrt(len(patches)), compute_uv=False) ** 2
    moments = second_moments(nn.functional.conv2d(images, whitening_filters(images, eps)[:12]))
    np.testing.assert_allclose(moments, np.diag(values / (values + eps)), atol=2e-3)


def test_the_second_half_are_the_negatives_and_the_largest_variance_comes_first():
    images = smooth_images()
    filters = whitening_filters(images)
    assert torch.equal(filters[12:], -filters[:12])
    directions = filters[:12] / filters[:12].flatten(1).norm(dim=1)[:, None, None, None]
    variances = np.diag(second_moments(nn.functional.conv2d(images, directions)))
    assert (np.diff(variances) < 0).all()


def test_the_network_takes_the_filters_and_does_not_train_them():
    network = WhitenedNet(TINY)
    network.initialise_from(smooth_images())
    assert torch.equal(network.whiten.weight, whitening_filters(smooth_images()))
    assert not network.whiten.weight.requires_grad
    assert network.whiten.bias.requires_grad
    assert network.whiten.bias.abs().max() == 0


@pytest.mark.parametrize(("inputs", "outputs"), [(4, 7), (4, 4), (7, 4)])
def test_dirac_filters_pass_their_channel_through(inputs, outputs):
    images, layer = torch.randn(2, inputs, 6, 6), DiracConv2d(inputs, outputs)
    same = min(inputs, outputs)
    torch.testing.assert_close(layer(images)[:, :same], images[:, :same])
    if outputs > inputs:
        assert not torch.allclose(layer(images)[:, same:], images[:, : outputs - same], atol=0.1)
        assert layer.weight[same:].abs().max() <= 1 / np.sqrt(9 * inputs)


@pytest.mark.parametrize("size", [16, 24, 32, 40])
@pytest.mark.parametrize("depth", [2, 3])
def test_every_resolution_gives_finite_logits_in_both_memory_layouts(size, depth):
    torch.manual_seed(0)
    network = WhitenedNet(WhitenedConfig(widths=(26, 8, 12), depth=depth), classes=7).eval()
    network.initialise_from(smooth_images())
    images = torch.randn(3, 3, size, size)
    logits = network(images)
    assert logits.shape == (3, 7)
    assert logits.isfinite().all()
    other = network.to(memory_format=torch.channels_last)(images.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(other, logits, rtol=1e-4, atol=1e-5)


def test_depth_3_adds_the_blocks_input_around_its_last_two_convolutions():
    torch.manual_seed(0)
    block = WhitenedNet(WhitenedConfig(widths=(26, 8, 12), depth=3)).blocks[0].eval()
    x = torch.randn(2, 24, 8, 8)
    inner = nn.functional.gelu(block.norm1(nn.functional.max_pool2d(block.conv1(x), 2)))
    y = nn.functional.gelu(block.norm2(block.conv2(inner)))
    expected = nn.functional.gelu(block.norm3(block.conv3(y)) + inner)
    torch.testing.assert_close(block(x), expected)


def test_norm_scales_are_frozen_and_their_biases_trained():
    norms = [m for m in WhitenedNet(TINY).modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == 6
    assert all(not norm.weight.requires_grad and norm.bias.requires_grad for norm in norms)


def test_norms_compute_and_count_as_torchs():
    ours, theirs = BatchNorm(5, 0.3), nn.BatchNorm2d(5, eps=1e-12, momentum=0.3)
    network, draw = WhitenedNet(TINY), torch.Generator().manual_seed(0)
    for _ in range(3):
        images = torch.randn(8, 5, 4, 4, generator=draw)
        assert torch.equal(ours.train()(images), theirs.train()(images))
        network.train()(torch.randn(2, 3, 24, 24, generator=draw))
    assert torch.equal(ours.eval()(images), theirs.eval()(images))
    counted = [value for name, value in network.state_dict().items() if name.endswith("num_batches_tracked")]
    assert [int(value) for value in counted] == [3] * 6
    assert counted[0].dtype == torch.int64


def test_without_tracking_norms_neither_count_nor_change_their_statistics():
    network = WhitenedNet(TINY).train()
    network(torch.randn(2, 3, 24, 24))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for norm in network.norms:
        norm.track_running_stats = False
    network(torch.randn(2, 3, 24, 24))
    network.eval()(torch.randn(2, 3, 24, 24))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(("field", "value"), [("depth", 4), ("widths", (64, 0, 64)), ("norm_momentum", 1.5)])
def test_a_value_out_of_range_names_its_key(field, value):
    with pytest.raises(ValueError, match=rf"model\.whitened\.{field} is .*allowed"):
        WhitenedConfig(**{field: value})
