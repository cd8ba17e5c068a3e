"""A sequential network's feature maps as boxes (as in Krizhevsky et al. 2012, Figure 2).

A graph becomes maps (`maps`), these stand in rows (`layout`) as boxes (`block`), are joined by what
makes each of the one before (`beams`), and all of it is drawn (`pen`) on a page (`page`).
"""

from netlang.backends.draw.volumes.page import to_svg

__all__ = ["to_svg"]
