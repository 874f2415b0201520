"""Which network, and the options of each; free of torch, so that a mistake in a recipe is said at once."""

from dataclasses import dataclass, field
from typing import Any, Literal

NATIVE = 32
"""Pixels per side of a CIFAR-10 image."""


@dataclass(frozen=True, kw_only=True)
class TimmConfig:
    """Options of networks named `timm:...`."""

    pretrained: bool = False
    """Start from published ImageNet weights (needs an internet connection, or the hub's cache)."""
    weights: str | None = None
    """A local file of weights (.pth or .safetensors) to start from instead."""
    image_size: int = NATIVE
    """Pixels per side to which images are enlarged, for weights from larger images; 32 (no change) to 512."""
    adapt_stem: bool = True
    """At 32 pixels: adapt the first layer; a ResNet's stem becomes 3x3 with stride 1, a transformer's patches 4x4."""
    drop_rate: float = 0.0
    """Dropout before the classifier; 0 to 1."""

    def __post_init__(self) -> None:
        if not 0 <= self.drop_rate < 1:
            raise ValueError(f"model.timm.drop_rate is {self.drop_rate}; allowed: 0 to below 1")
        if not NATIVE <= self.image_size <= 512:
            raise ValueError(f"model.timm.image_size is {self.image_size}; allowed: 32 to 512")


@dataclass(frozen=True, kw_only=True)
class WhitenedConfig:
    """The shape of the fast whitened network."""

    widths: tuple[int, int, int] = (64, 256, 256)
    """Channels of the three blocks."""
    depth: int = 2
    """Convolutions per block: 2, or 3 with a residual connection around the last two."""
    head_scale: float = 1.0
    """Factor on the logits, after the division by the number of features."""
    norm_momentum: float = 0.4
    """BatchNorm's weight for the newest batch in its running statistics."""

    def __post_init__(self) -> None:
        if self.depth not in (2, 3):
            raise ValueError(f"model.whitened.depth is {self.depth}; allowed: 2 or 3")
        if min(self.widths) < 1:
            raise ValueError(f"model.whitened.widths is {self.widths}; allowed: positive numbers")
        if not 0 < self.norm_momentum <= 1:
            raise ValueError(f"model.whitened.norm_momentum is {self.norm_momentum}; allowed: above 0, up to 1")


@dataclass(frozen=True, kw_only=True)
class SequenceConfig:
    """The recurrent network and its initialisation."""

    cell: Literal["rnn", "relu_rnn", "lstm", "gru"] = "lstm"
    """nn.RNN with tanh, nn.RNN with ReLU, nn.LSTM or nn.GRU."""
    hidden: int = 128
    """Units of each layer and direction."""
    layers: int = 1
    """Number of stacked layers."""
    bidirectional: bool = False
    """Whether a second direction reads the sequence backwards."""
    dropout: float = 0.0
    """Dropout between layers and before the classifier; 0 to below 1."""
    readout: Literal["last", "mean"] = "last"
    """The classifier's input: the state after the last step, or the mean of the outputs over all steps."""
    orthogonal: bool = False
    """Whether to initialise the recurrent matrices as orthogonal ones."""
    spectral_radius: float = 0.0
    """Scale the recurrent matrices to this spectral radius; 0: no scaling."""
    forget_bias: float | None = None
    """Sum of the two biases of the forget gate (GRU: update gate); null: torch's random values."""
    chrono: int = 0
    """Chrono initialisation: the longest memory, in steps; 0 is off; cannot be combined with forget_bias."""
    padded_length: int = 1000
    """`sequence_padded_rows`: total number of steps, 32 rows and then noise; 33 or more."""

    def __post_init__(self) -> None:
        for name, least in (("hidden", 1), ("layers", 1), ("padded_length", 33), ("spectral_radius", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"model.sequence.{name} is {getattr(self, name)}; allowed: {least} or more")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"model.sequence.dropout is {self.dropout}; allowed: 0 to below 1")
        if self.chrono and self.chrono < 3:
            raise ValueError(f"model.sequence.chrono is {self.chrono}; allowed: 0 (off) or 3 and more steps")
        if self.chrono and self.forget_bias is not None:
            raise ValueError("model.sequence.chrono sets the forget gate itself; allowed: without forget_bias")
        gateless = self.cell in ("rnn", "relu_rnn")
        if gateless and (self.chrono or self.forget_bias is not None):
            raise ValueError(f"model.sequence.cell is {self.cell!r}, which has no gate; allowed: lstm or gru")


@dataclass(frozen=True, kw_only=True)
class WideResNetConfig:
    """Depth and width of WRN-depth-width."""

    depth: int = 28
    """Number of layers, 6n + 4: 10, 16, 22, 28, 34, 40 ..."""
    width: int = 10
    """Factor on the number of channels; at least 1."""
    dropout: float = 0.0
    """Dropout between the two convolutions of a block; 0 to below 1."""

    def __post_init__(self) -> None:
        if self.depth < 10 or (self.depth - 4) % 6:
            raise ValueError(f"model.wide_resnet.depth is {self.depth}; allowed: 10, 16, 22, 28 and so on")
        if self.width < 1:
            raise ValueError(f"model.wide_resnet.width is {self.width}; allowed: 1 or more")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"model.wide_resnet.dropout is {self.dropout}; allowed: 0 to below 1")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The network and its options; only those of the chosen network are used."""

    name: str = "whitened"
    """A network of docs/recipes.md, timm's by `timm:NAME`, or your own: `./FILE.py:CLASS` or `package.module:CLASS`."""
    operation: Literal["cross_correlation", "convolution"] = "cross_correlation"
    """What the convolution layers compute: deep learning's cross-correlation, or true convolution."""
    whitened: WhitenedConfig = field(default_factory=WhitenedConfig)
    """Options of `whitened`."""
    wide_resnet: WideResNetConfig = field(default_factory=WideResNetConfig)
    """Options of `wide_resnet`."""
    sequence: SequenceConfig = field(default_factory=SequenceConfig)
    """Options of `sequence_rows`, `sequence_pixels` and `sequence_padded_rows`."""
    timm: TimmConfig = field(default_factory=TimmConfig)
    """Options of `timm:NAME`."""
    weights: str | None = None
    """A file of initial weights: a checkpoint of this kit, a state_dict, or .safetensors; see also timm.weights."""
    own: dict[str, Any] = field(default_factory=dict)
    """Arguments of your own network, by name: `--model.own.width 64`."""
