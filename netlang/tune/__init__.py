"""The choice of tiles: by a cost model, or by what was measured on a GPU."""

from netlang.tune.choose import choose
from netlang.tune.tuning import Maker, Timing, Tuning

__all__ = ["Maker", "Timing", "Tuning", "choose"]
