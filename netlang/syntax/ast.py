"""The syntax tree: what a `.net` file says, with the place of every word.

Nodes are frozen; spans do not take part in equality, so a formatted and reparsed file compares
equal to the original.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from netlang.diagnostic import Span


@dataclass(frozen=True, kw_only=True)
class Tree:
    """Anything that stands in a file."""

    span: Span = field(compare=False, repr=False)


# ------------------------------------------------------------------- expressions


@dataclass(frozen=True)
class Number(Tree):
    """`64`, `1e-4`, `40%` (kept as 0.4); an int stays an int."""

    value: int | float


@dataclass(frozen=True)
class SizeLiteral(Tree):
    """`3x3`, `3x224x224`."""

    dims: tuple[int, ...]


@dataclass(frozen=True)
class Numbers(Tree):
    """`0.485:0.456:0.406`."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class Switch(Tree):
    """`on` or `off`."""

    value: bool


@dataclass(frozen=True)
class Text(Tree):
    """`"..."`."""

    value: str


@dataclass(frozen=True)
class Name(Tree):
    """A parameter, a `let` name, `channels`/`height`/`width`, or a plain word such as `half`."""

    name: str


@dataclass(frozen=True)
class Unary(Tree):
    """`-x`, `not x`."""

    operator: str
    operand: Expr


@dataclass(frozen=True)
class Binary(Tree):
    """`+ - * / // %`, `== != < <= > >=`, `and or`."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Conditional(Tree):
    """`if n > 1 { a } else { b }`, which only a `let` is given; `else if` nests."""

    condition: Expr
    then: Given
    otherwise: Given


Expr = Number | SizeLiteral | Numbers | Switch | Text | Name | Unary | Binary
Given = Expr | Conditional


@dataclass(frozen=True)
class Argument(Tree):
    """`64` or `stride=2` in a call; `name` is None where it is positional."""

    name: Name | None
    value: Expr


# -------------------------------------------------------------------- statements


@dataclass(frozen=True)
class Call(Tree):
    """`conv 3x3, 64, stride=2`: a built-in layer, a block, or a recipe's word."""

    callee: Name
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True)
class Times(Tree):
    """`3 x bottleneck 64`, `3 x shortcut { … }` or `3 x { … }`: the same thing again and again."""

    count: Expr
    body: Once | Body


@dataclass(frozen=True)
class Repeat(Tree):
    """`repeat N as i { … }`; the variable counts from 0."""

    count: Expr
    variable: Name | None
    body: Body


@dataclass(frozen=True)
class Group(Tree):
    """`group conv2_x { … }`."""

    name: Name
    body: Body


@dataclass(frozen=True)
class Shortcut(Tree):
    """`shortcut MODE { … }`; `mode` is an expression that gives a word, or `via`'s own body."""

    mode: Expr | None
    via: Body | None
    body: Body


@dataclass(frozen=True)
class Branches(Tree):
    """`branches JOIN { | … | … }`; `join` is None where it is left to be `concat`."""

    join: Expr | None
    paths: tuple[Body, ...]


@dataclass(frozen=True)
class Choice(Tree):
    """`if expr { … } else { … }`; `else if` nests."""

    condition: Expr
    then: Body
    otherwise: Body | None


Once = Call | Repeat | Group | Shortcut | Branches | Choice
Element = Times | Once


@dataclass(frozen=True)
class Link(Tree):
    """One element of a chain, with the name that `as` gives its result."""

    element: Element
    alias: Name | None = None


@dataclass(frozen=True)
class Chain(Tree):
    """`a -> b as y -> c`; `sources` are the names of `from`, empty where the flow goes on."""

    sources: tuple[Name, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Let(Tree):
    """`let NAME = expr`, `let NAME = if expr { … } else { … }`."""

    name: Name
    value: Given


@dataclass(frozen=True)
class Aux(Tree):
    """`aux NAME, weight=0.3 { … }`: a side head on the value flowing past."""

    name: Name
    arguments: tuple[Argument, ...]
    body: Body


@dataclass(frozen=True)
class Recipe(Tree):
    """`train { … }` or `eval { … }`: calls of recipe words, one a statement."""

    kind: Name
    calls: tuple[Call, ...]


Statement = Chain | Let | Aux | Recipe


@dataclass(frozen=True)
class Body(Tree):
    """What stands between braces (or after a bar of `branches`)."""

    statements: tuple[Statement, ...] = ()


# ------------------------------------------------------------------ declarations


@dataclass(frozen=True)
class Param(Tree):
    """A parameter of a block or net; `default` is None where an argument is required.

    `option = B | A | C` has one default and lists what else the parameter may be.
    """

    name: Name
    default: Expr | None = None
    others: tuple[Expr, ...] = ()


@dataclass(frozen=True)
class Use(Tree):
    """`use NAME, NAME from "path.net"`."""

    names: tuple[Name, ...]
    path: Text


@dataclass(frozen=True)
class Block(Tree):
    """`block NAME(params) { … }`."""

    name: Name
    params: tuple[Param, ...]
    body: Body


@dataclass(frozen=True)
class Net(Tree):
    """`net NAME(params) { … }`."""

    name: Name
    params: tuple[Param, ...]
    body: Body


@dataclass(frozen=True)
class Instance(Tree):
    """`net resnet20(classes = 10) = resnet_cifar(n=3, classes=classes)`."""

    name: Name
    params: tuple[Param, ...]
    base: Name
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class File(Tree):
    """A whole `.net` file."""

    uses: tuple[Use, ...]
    blocks: tuple[Block, ...]
    nets: tuple[Net | Instance, ...]
