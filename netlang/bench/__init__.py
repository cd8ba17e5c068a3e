"""How fast a network runs on this CPU: netlang's engines beside torch, OpenVINO, ONNX Runtime."""

from netlang.bench.alone import raced
from netlang.bench.case import Case
from netlang.bench.contenders import CONTENDERS, ENGINES, PEERS, Contender
from netlang.bench.race import Answer, race
from netlang.bench.report import describe, table

__all__ = [
    "CONTENDERS",
    "ENGINES",
    "PEERS",
    "Answer",
    "Case",
    "Contender",
    "describe",
    "race",
    "raced",
    "table",
]
