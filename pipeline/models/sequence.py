"""Recurrent networks that read an image as a sequence: by rows, by pixels, or by rows padded with noise.

They take the same N x 3 x 32 x 32 batch as the convolutional networks; inside is a real nn.RNN, nn.LSTM or nn.GRU, so
that `pipeline.recurrent` can look into it. Source of the tasks: Chang et al. 2019, AntisymmetricRNN, section 4.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from pipeline.recurrent import chrono_, forget_bias_, orthogonal_, spectral_radius_

READINGS = ("rows", "pixels", "padded_rows")


@dataclass(frozen=True, kw_only=True)
class SequenceConfig:
    """The recurrent network and how it starts."""

    cell: Literal["rnn", "relu_rnn", "lstm", "gru"] = "lstm"
    """nn.RNN with tanh, nn.RNN with ReLU, nn.LSTM or nn.GRU."""
    hidden: int = 128
    """Units of each layer and direction."""
    layers: int = 1
    """Number of stacked layers."""
    bidirectional: bool = False
    """Whether a second direction reads from the end."""
    dropout: float = 0.0
    """Dropout between layers and before the classifier; 0 to below 1."""
    readout: Literal["last", "mean"] = "last"
    """What the classifier sees: the state after the last step, or the mean of the outputs over all steps."""
    orthogonal: bool = False
    """Whether the recurrent matrices start orthogonal."""
    spectral_radius: float = 0.0
    """Scale the recurrent matrices to this spectral radius; 0 leaves them."""
    forget_bias: float | None = None
    """Sum of the forget gate's two biases (GRU: of the update gate's); null leaves them as drawn."""
    chrono: int = 0
    """Chrono initialisation: longest memory in steps; 0 is off; not with forget_bias."""
    padded_length: int = 1000
    """`sequence_padded_rows`: steps in all, 32 rows and then noise; 33 or more."""

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


class SequenceClassifier(nn.Module):
    """Images N x 3 x 32 x 32 to logits N x classes through a recurrent network; `reading` is one of READINGS."""

    def __init__(self, config: SequenceConfig, reading: str, classes: int = 10):
        super().__init__()
        self.config, self.reading = config, reading
        self.recurrent = _recurrent(config, 3 if reading == "pixels" else 96)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.hidden * (2 if config.bidirectional else 1), classes)
        # One noise for all images when not training, so that a prediction does not depend on its batch.
        if reading == "padded_rows":
            generator = torch.Generator().manual_seed(0)
            noise = torch.randn(config.padded_length - 32, 96, generator=generator)
            self.register_buffer("noise", noise, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        output, state = self.recurrent(self.sequence(images))
        if self.config.readout == "mean":
            read = output.mean(1)
        else:
            hidden = state[0] if isinstance(state, tuple) else state
            read = hidden[-2:].transpose(0, 1).flatten(1) if self.config.bidirectional else hidden[-1]
        return self.head(self.dropout(read))

    def sequence(self, images: Tensor) -> Tensor:
        """The images as N x T x D: rows 32 x 96 (3 channels of 32 pixels), pixels 1024 x 3, padded rows T x 96."""
        if self.reading == "pixels":
            return images.flatten(2).transpose(1, 2)
        rows = images.permute(0, 2, 1, 3).flatten(2)
        if self.reading == "rows":
            return rows
        count = len(rows), self.config.padded_length - 32, 96
        noise = rows.new_empty(count).normal_() if self.training else self.noise.to(rows).expand(count)
        return torch.cat([rows, noise], dim=1)


def _recurrent(config: SequenceConfig, inputs: int) -> nn.RNNBase:
    options = {
        "num_layers": config.layers,
        "bidirectional": config.bidirectional,
        "dropout": config.dropout if config.layers > 1 else 0.0,
        "batch_first": True,
    }
    kinds = {"rnn": nn.RNN, "relu_rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
    if config.cell == "relu_rnn":
        options["nonlinearity"] = "relu"
    module = kinds[config.cell](inputs, config.hidden, **options)
    if config.orthogonal:
        orthogonal_(module)
    if config.spectral_radius:
        spectral_radius_(module, config.spectral_radius)
    if config.forget_bias is not None:
        forget_bias_(module, config.forget_bias)
    if config.chrono:
        chrono_(module, config.chrono)
    return module
