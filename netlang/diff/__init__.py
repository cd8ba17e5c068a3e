"""What changed from one network to another: which parts are one, and what differs in them.

Repeats are folded (`repeats`), parts aligned from the root down (`align`, `compare`), and the
difference is told to people (`words`, a section at a time in `sections`) or scripts (`plain`).
"""

from netlang.diff.compare import Change, Difference, Entry, Mark, compare, shown

__all__ = ["Change", "Difference", "Entry", "Mark", "compare", "shown"]
