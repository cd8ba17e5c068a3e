"""Names within their groups: the order is that of the source, and nothing is lost."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from netlang.ground.tree import Tree, scopes, tree


@dataclass(frozen=True)
class Leaf:
    name: str


def grown(*names: str) -> Tree[Leaf]:
    return tree([Leaf(name) for name in names])


def names(tree: Tree[Leaf]) -> list[str]:
    """What stands directly in it; a group ends in a dot."""
    return [i.name if isinstance(i, Leaf) else f"{i.path}." for i in tree.items]


def test_items_stand_in_the_order_of_their_first_leaves() -> None:
    root = grown("x", "b.y.one", "a.z", "b.w", "b.y.two", "v")
    assert names(root) == ["x", "b.", "a.", "v"]
    first, second = root.groups
    assert (first.path, names(first)) == ("b", ["b.y.", "b.w"])
    assert [leaf.name for leaf in first.leaves] == ["b.y.one", "b.w", "b.y.two"]
    assert (second.path, names(second)) == ("a", ["a.z"])
    assert [group.path for group in root.descendants()] == ["b", "b.y", "a"]


def test_a_leaf_may_have_the_name_of_a_group() -> None:
    root = grown("a", "a.b", "ab.c")
    assert names(root) == ["a", "a.", "ab."]
    assert [leaf.name for leaf in root.leaves] == ["a", "a.b", "ab.c"]


PATHS = st.lists(st.sampled_from(["a", "ab", "b"]), min_size=1, max_size=4).map(".".join)


@given(st.lists(PATHS, unique=True))
def test_a_group_holds_what_has_it_in_its_name(paths: list[str]) -> None:
    root = grown(*paths)
    held = {group.path: [leaf.name for leaf in group.leaves] for group in root.descendants()}
    found = dict.fromkeys(scope for path in paths for scope in scopes(path))
    assert held == {scope: [path for path in paths if scope in scopes(path)] for scope in found}
