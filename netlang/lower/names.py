"""Names of nodes: paths of groups and blocks, numbered where the source gives no name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

Path = tuple[str, ...]


@dataclass
class Names:
    """Gives every node and scope a name of its own, the same in every run."""

    _taken: set[Path] = field(default_factory=set[Path])
    _counts: Counter[Path] = field(default_factory=Counter[Path])

    def numbered(self, scope: Path, kind: str) -> Path:
        """`kind_1`, `kind_2`, … in a scope."""
        while True:
            self._counts[(*scope, kind)] += 1
            path = (*scope, f"{kind}_{self._counts[(*scope, kind)]}")
            if path not in self._taken:
                self._taken.add(path)
                return path

    def given(self, scope: Path, name: str) -> Path:
        """A name that the source gives; in a repeat, numbered from the second time on."""
        path = (*scope, name)
        if path in self._taken:
            self._counts[path] = max(self._counts[path], 1)
            return self.numbered(scope, name)
        self._taken.add(path)
        return path
