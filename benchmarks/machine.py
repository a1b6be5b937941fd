"""The machine that measures: what it is, whether it is busy, and how much memory this process has needed."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from emcomm.errors import BadInput

__all__ = ["Machine", "forget_peak", "peak_memory", "this_machine"]

STATUS, CLEAR_REFS, CPUINFO = Path("/proc/self/status"), Path("/proc/self/clear_refs"), Path("/proc/cpuinfo")
IDLE = 0.5  # processes that want to run, averaged over a minute; more disturb the measurement


@dataclass(frozen=True)
class Machine:
    """What measured.

    Attributes:
        processor: its name.
        cores: how many this process may use.
        threads: how many torch uses.
        torch: version of torch.
        python: version of Python.
        load: processes that wanted to run in the minute before, on average; NaN where that is not known.
    """

    processor: str
    cores: int
    threads: int
    torch: str
    python: str
    load: float

    @property
    def words(self) -> str:
        """The machine in one line."""
        return f"{self.processor}, {self.cores} cores, {self.threads} threads, torch {self.torch}, Python {self.python}"

    @property
    def warning(self) -> str:
        """A sentence if other programs disturb the measurement, else empty."""
        if not self.load > IDLE:
            return ""
        return f"Other programs are busy (load {self.load:.1f}): figures will be lower than on a quiet machine."


def this_machine() -> Machine:
    """Describe the machine that this process runs on."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(_processor(), cores, torch.get_num_threads(), torch.__version__, platform.python_version(), load)


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in CPUINFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def peak_memory() -> int:
    """The largest resident set of this process so far, or since `forget_peak`, in bytes.

    On Linux the kernel's own mark (``VmHWM``), as what ``getrusage`` says includes the process that started this one.

    Raises:
        BadInput: on a system where neither is known.
    """
    with contextlib.suppress(OSError):
        for line in STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:
        raise BadInput(f"memory can be measured on Linux and macOS, not on {sys.platform}") from None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def forget_peak() -> None:
    """Let `peak_memory` begin anew with what is resident now; where that is not possible nothing happens."""
    with contextlib.suppress(OSError):
        CLEAR_REFS.write_text("5", encoding="ascii")
