"""A network made ready to run, whatever computes it: `open_engine` gives a function of images.

    engine = open_engine(graph, Stored(Path("resnet50.safetensors"), graph))
    engine.description           # OpenVINO 2026.4.1 on the CPU, float32, 2 threads
    probabilities = engine(images)

An engine is a module of this folder, of the kind that `netlang.engines.choose.Kind` describes.
"""

from netlang.engines.choose import ENGINES, available, fitting, open_engine, require_engine
from netlang.engines.job import Engine, Job
from netlang.engines.numbers import Given, Made, Numbers, Stored

__all__ = [
    "ENGINES",
    "Engine",
    "Given",
    "Job",
    "Made",
    "Numbers",
    "Stored",
    "available",
    "fitting",
    "open_engine",
    "require_engine",
]
