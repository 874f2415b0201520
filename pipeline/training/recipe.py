"""A recipe: all settings of a run."""

from dataclasses import dataclass, field
from typing import Literal

from pipeline.data.augment_settings import AugmentConfig
from pipeline.data.settings import DataConfig
from pipeline.models.settings import ModelConfig
from pipeline.optim.config import OptimConfig
from pipeline.optim.registry import check_kind
from pipeline.prediction.settings import PredictConfig
from pipeline.training.loss import LossConfig
from pipeline.training.settings import (
    AveragingConfig,
    CheckpointConfig,
    LookaheadConfig,
    SelectionConfig,
    SharpnessConfig,
    TrainConfig,
)

# What torch's generators take.
LARGEST_SEED = 2**64


@dataclass(frozen=True, kw_only=True)
class LogConfig:
    """Where a run is recorded; CSV and PNG files are always written."""

    runs: str = "runs"
    """Folder that holds all runs."""
    wandb: Literal["auto", "online", "offline", "off"] = "auto"
    """auto: online if you are logged in and the host answers, else offline."""
    project: str | None = None
    """The W&B project; by default $WANDB_PROJECT, else cifar10-competition."""
    group: str | None = None
    """The W&B group; by default $WANDB_RUN_GROUP, or for the members of a sweep its name."""
    notes: str | None = None
    """Notes on the run's W&B page."""
    tags: list[str] = field(default_factory=list)
    """W&B tags, in addition to the names of the recipe and of the images."""
    gradients_every: int = 0
    """Recurrent networks: steps between two diagnoses of the gradient over time; 0 is off."""

    def __post_init__(self) -> None:
        if self.gradients_every < 0:
            raise ValueError(f"log.gradients_every is {self.gradients_every}; allowed: 0 (off) or more steps")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All settings of a run."""

    seed: int = 0
    """Seed of initial weights, order, augmentation and dropout; 0 to 2**64 - 1."""
    data: DataConfig = field(default_factory=DataConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    selection: SelectionConfig = field(default_factory=SelectionConfig)
    sharpness: SharpnessConfig = field(default_factory=SharpnessConfig)
    lookahead: LookaheadConfig = field(default_factory=LookaheadConfig)
    averaging: AveragingConfig = field(default_factory=AveragingConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    checkpoint: CheckpointConfig = field(default_factory=CheckpointConfig)
    predict: PredictConfig = field(default_factory=PredictConfig)
    log: LogConfig = field(default_factory=LogConfig)

    def __post_init__(self) -> None:
        if not 0 <= self.seed < LARGEST_SEED:
            raise ValueError(f"seed is {self.seed}; allowed: 0 to {LARGEST_SEED - 1}")
        check_kind(self.optim.kind)
        self._check_limit()
        if self.predict.checkpoint == "best" and not self.data.holds_out:
            raise ValueError(
                "predict.checkpoint is 'best', but with data.validation 0 there is no best one; allowed: 'last'"
            )

    def _check_limit(self) -> None:
        """Raise ValueError if data.train_limit leaves too few images; without a limit this is checked after loading."""
        data, batch, limit = self.data, self.train.batch_size, self.data.train_limit
        if limit is None:
            return
        if data.folds is None and data.validation >= limit:
            raise ValueError(
                f"data.validation is {data.validation}, but data.train_limit keeps {limit} training images; "
                f"allowed: 0 to {limit - 1}"
            )
        left = limit - (-(-limit // data.folds) if data.folds else data.validation)
        if batch > left:
            raise ValueError(
                f"train.batch_size is {batch}, but data.train_limit {limit} leaves {left} training images "
                f"beside {limit - left} held-out ones; allowed: 1 to {left}"
            )
