"""Weights & Biases. It never prompts, blocks or ends the run; without an account it works offline."""

import netrc
import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlparse

import numpy as np

from pipeline.runs import panels
from pipeline.training.recipe import LogConfig

CONNECT_SECONDS = 2.0
PROJECT = "cifar10-competition"


def choose_mode(wanted: str) -> tuple[str, str]:
    """The mode of W&B and the reason for it: ("online" | "offline" | "off", reason). Takes at most two seconds."""
    if wanted in ("off", "offline"):
        return wanted, "by log.wandb"
    forced = os.environ.get("WANDB_MODE")
    if forced in ("disabled", "offline"):
        return {"disabled": "off"}.get(forced, forced), "by WANDB_MODE"
    host = urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai"))
    if not logged_in(host.hostname or ""):
        return "offline", "nobody is logged in (`wandb login` changes that)"
    if not reachable(host.hostname or "", host.port or 443):
        return "offline", f"{host.hostname} does not answer"
    return "online", "logged in"


def logged_in(host: str) -> bool:
    """Whether an API key is set in the environment or in the netrc file for this host."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    path = Path(os.environ.get("NETRC", Path.home() / (".netrc" if sys.platform != "win32" else "_netrc")))
    try:
        return netrc.netrc(path).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def reachable(host: str, port: int) -> bool:
    """Whether the host accepts a connection within two seconds."""
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def wandb_logger(config: LogConfig, mode: str, folder: Path, name: str, tags: list[str], settings: dict):
    """Lightning's WandbLogger for a run folder; None, with a message, if it cannot start."""
    if mode == "off":
        return None
    from pytorch_lightning.loggers import WandbLogger

    try:
        import wandb

        run = wandb.init(
            name=name, project=config.project or os.environ.get("WANDB_PROJECT") or PROJECT, dir=str(folder), mode=mode,
            tags=[*tags, *config.tags], notes=config.notes, group=config.group, config=settings,
            # A new W&B run, even if one is open in this process.
            reinit="create_new",
            id=folder.name.replace(".", "-"), resume="allow" if mode == "online" else None,
            settings=wandb.Settings(silent=True),
        )  # fmt: skip
    except Exception as error:  # a problem with the account must not end a training run
        print(f"W&B is left out of this run: {error}", file=sys.stderr)
        return None
    panels.define(run)
    return WandbLogger(experiment=run)


def record_files(logger, folder: Path, checkpoint: Path, images: np.ndarray | None = None) -> None:
    """Upload the run's panels, figures, submission and the checkpoint that made it to W&B, and close the W&B run.

    `images` is the whole training set, uint8 N x S x S x 3: some held-out ones are shown with their predictions.
    """
    if logger is None:
        return
    import wandb

    try:
        run = logger.experiment
        if shown := panels.panels(folder, images):
            run.log(shown)
        figures = sorted((folder / "figures").glob("*.png"))
        run.log({f"figures/{path.stem}": wandb.Image(str(path)) for path in figures})
        artifact = wandb.Artifact(f"run-{folder.name}".replace(":", "-"), type="run")
        sources = [path for path in (folder / "source").rglob("*.py") if path.is_file()]
        for path in (folder / "submission.csv", folder / "config.yaml", checkpoint, *sources):
            # Immutable: otherwise W&B keeps a second copy in the user's home.
            name = str(path.relative_to(folder)) if path in sources else path.name
            artifact.add_file(str(path), name=name, policy="immutable")
        run.log_artifact(artifact)
        run.finish()
    except Exception as error:  # the run itself is done and on disk
        print(f"W&B did not accept the run's files: {error}", file=sys.stderr)
    except BaseException:  # Ctrl-C: the next run in this process begins its own
        close(logger, failed=True)
        raise


def close(logger, *, failed: bool) -> None:
    """End the W&B run, so that the next run in this process gets its own."""
    if logger is None:
        return
    try:
        logger.experiment.finish(exit_code=int(failed))
    except Exception as error:
        print(f"W&B did not close the run: {error}", file=sys.stderr)


def viewing_hint(logger, mode: str, folder: Path) -> str:
    """A line that says how to look at the run."""
    if logger is None:
        return f"see the run: {folder / 'figures'} and {folder / 'metrics.csv'}"
    if mode == "online":
        return f"see the run: {logger.experiment.url}"
    return f"see the run: wandb leet {folder / 'wandb'}   (later: wandb sync {folder}/wandb/offline-run-*)"
