"""What a network consists of, and where its parameters, its MACs and its memory are.

The counts (`counts`) are shown as a table (`report`), as rows and objects for scripts (`export`)
and as pictures (`picture`): a treemap of one network (`treemap`, `tiles`), or bars (`bars`).
"""

from netlang.summary.counts import Summary, depth
from netlang.summary.export import describe, to_csv
from netlang.summary.report import comparison, table

__all__ = ["Summary", "comparison", "depth", "describe", "table", "to_csv"]
