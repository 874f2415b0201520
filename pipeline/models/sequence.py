"""Recurrent networks that read an image as a sequence of rows, of pixels, or of rows followed by noise.

They take the same N x 3 x 32 x 32 batches as the convolutional networks and contain an nn.RNN, nn.LSTM or nn.GRU, which
`pipeline.recurrent` can analyse. The tasks are from Chang et al. 2019, AntisymmetricRNN, section 4.
"""

import torch
from torch import Tensor, nn

from pipeline.models.settings import SequenceConfig
from pipeline.recurrent import chrono_, forget_bias_, orthogonal_, spectral_radius_

READINGS = ("rows", "pixels", "padded_rows")


class SequenceClassifier(nn.Module):
    """Images N x 3 x 32 x 32 to logits N x classes through a recurrent network; `reading` is one of READINGS."""

    def __init__(self, config: SequenceConfig, reading: str, classes: int = 10):
        super().__init__()
        self.config, self.reading = config, reading
        self.recurrent = _recurrent(config, 3 if reading == "pixels" else 96)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.hidden * (2 if config.bidirectional else 1), classes)
        # The same noise for all images outside training, so that a prediction does not depend on its batch.
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
