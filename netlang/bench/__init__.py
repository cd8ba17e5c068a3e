"""How fast a network runs on this CPU: netlang's engines beside torch, OpenVINO, ONNX Runtime."""

from netlang.bench.case import Case
from netlang.bench.contenders import CONTENDERS, Contender
from netlang.bench.race import Answer, race

__all__ = ["CONTENDERS", "Answer", "Case", "Contender", "race"]
