"""Runs a training script unchanged, but lets it take one step at a time: `python -m pipeline.benchmark.paced FILE ...`.

It works with any script that updates weights by torch's optimizers. A step lasts from one update of its largest
optimizer to the next. The parent process reads the elapsed and CPU seconds of each step (all threads) from one pipe,
and asks for the next step through another.
"""

import os
import runpy
import sys
import time

from pipeline.core.runtime import set_up

# Updates, of all optimizers together, after which the largest optimizer is known and everything is warmed up.
WARM_UP = 4
# The ends of the pipes, as "read,write".
VARIABLE = "PIPELINE_PACED"


class Pace:
    """A hook that runs before every optimizer's update."""

    def __init__(self, read: int, write: int) -> None:
        self.requests, self.times = os.fdopen(read, "r"), os.fdopen(write, "w")
        self.seen: dict[int, int] = {}
        self.count, self.start = 0, (time.perf_counter(), time.process_time())

    def __call__(self, optimizer, *_) -> None:
        """Before an update of the largest optimizer, report the step's seconds and wait for the next request."""
        self.count += 1
        self.seen[id(optimizer)] = sum(p.numel() for group in optimizer.param_groups for p in group["params"])
        if self.count < WARM_UP or self.seen[id(optimizer)] < max(self.seen.values()):
            return
        synchronise()
        clock, processor = self.start
        print(time.perf_counter() - clock, time.process_time() - processor, file=self.times, flush=True)
        if not self.requests.readline():  # the parent has closed the pipe
            os._exit(0)
        self.start = (time.perf_counter(), time.process_time())


def synchronise() -> None:
    """Wait for the GPU, if there is one."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def main(arguments: list[str]) -> None:
    """Run `FILE ...` or `-m MODULE ...` with the hook in place."""
    set_up()
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    read, write = map(int, os.environ.pop(VARIABLE).split(","))
    register_optimizer_step_pre_hook(Pace(read, write))
    module = arguments[0] == "-m"
    sys.argv = arguments[module:]
    if module:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])))  # noqa: PTH100, PTH120
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
