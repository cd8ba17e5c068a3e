"""The GPU that a race is run on: what it is, and how it is doing."""

from __future__ import annotations

import subprocess
from typing import Any

QUERIES = {
    "name": "name",
    "driver": "driver_version",
    "sm_mhz": "clocks.sm",
    "memory_mhz": "clocks.mem",
    "watts": "power.draw",
    "watts_limit": "power.limit",
    "celsius": "temperature.gpu",
    "throttled": "clocks_throttle_reasons.active",
}
"""What is asked of nvidia-smi, by what it is called here."""


def gpu() -> dict[str, Any]:
    """The first GPU that torch sees; RuntimeError where it sees none."""
    import torch

    if not torch.cuda.is_available():
        raise RuntimeError("torch finds no CUDA device")
    found = torch.cuda.get_device_properties(0)
    return {
        "name": found.name,
        "memory": found.total_memory,
        "sms": found.multi_processor_count,
        "capability": f"{found.major}.{found.minor}",
        "cuda": torch.version.cuda,
        "driver": state().get("driver", "unknown"),
    }


def state() -> dict[str, str]:
    """What nvidia-smi tells of the first GPU now; nothing where there is none to ask."""
    line = ["nvidia-smi", f"--query-gpu={','.join(QUERIES.values())}", "--id=0"]
    try:
        told = subprocess.run(
            [*line, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(zip(QUERIES, told.stdout.strip().split(", "), strict=False))
