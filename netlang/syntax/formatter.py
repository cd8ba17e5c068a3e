"""From syntax tree to text: the one way to write it, which parses to an equal tree.

A file is written as a list of lines; what holds a body contributes several of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from netlang.ir.attributes import show
from netlang.syntax import ast

_LEVELS = (
    ("or",),
    ("and",),
    ("not",),
    ("==", "!=", "<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/", "//", "%"),
)
# From the loosest to the tightest, as in grammars/net.lark; a sign is tighter than all of them.
_LEVEL = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
_PRODUCT = _LEVEL["*"]
_SIGN = _PRODUCT + 1


def format(file: ast.File) -> str:
    """The text of a file. Comments are not in the tree, and blank lines are set anew."""
    parts = [[_use(use) for use in file.uses]] if file.uses else []
    parts += [_block("block", block) for block in file.blocks]
    parts += [
        [_instance(net)] if isinstance(net, ast.Instance) else _block("net", net)
        for net in file.nets
    ]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


# ------------------------------------------------------------------- declarations


def _use(use: ast.Use) -> str:
    return f'use {_names(use.names)} from "{use.path.value}"'


def _block(keyword: str, block: ast.Block | ast.Net) -> list[str]:
    return _with(f"{keyword} {block.name.name}{_params(block.params)} ", _body(block.body))


def _instance(net: ast.Instance) -> str:
    arguments = ", ".join(map(_argument, net.arguments))
    return f"net {net.name.name}{_params(net.params)} = {net.base.name}({arguments})"


def _params(params: tuple[ast.Param, ...]) -> str:
    return f"({', '.join(map(_param, params))})" if params else ""


def _param(param: ast.Param) -> str:
    if param.default is None:
        return param.name.name
    return f"{param.name.name} = {' | '.join(map(_expr, (param.default, *param.others)))}"


# --------------------------------------------------------------------- statements


def _body(body: ast.Body) -> list[str]:
    return ["{", *_indent(_statements(body)), "}"] if body.statements else ["{ }"]


def _statements(body: ast.Body) -> list[str]:
    return [line for statement in body.statements for line in _statement(statement)]


def _statement(statement: ast.Statement) -> list[str]:
    match statement:
        case ast.Chain():
            return _chain(statement)
        case ast.Let(name, value):
            return [f"let {name.name} = {_given(value)}"]
        case ast.Aux(name, arguments, body):
            head = ", ".join([name.name, *map(_argument, arguments)])
            return _with(f"aux {head} ", _body(body))
        case ast.Recipe(kind, calls):
            words = ["{", *_indent(map(_call, calls)), "}"] if calls else ["{ }"]
            return _with(f"{kind.name} ", words)


def _chain(chain: ast.Chain) -> list[str]:
    lines = [f"from {_names(chain.sources)}"] if chain.sources else []
    for link in chain.links:
        lines = _with(" -> ", _link(link), after=lines) if lines else _link(link)
    return lines


def _link(link: ast.Link) -> list[str]:
    lines = _element(link.element)
    return [*lines[:-1], f"{lines[-1]} as {link.alias.name}"] if link.alias else lines


def _element(element: ast.Element) -> list[str]:
    match element:
        case ast.Call():
            return [_call(element)]
        case ast.Times(count, body):
            lines = _body(body) if isinstance(body, ast.Body) else _element(body)
            return _with(f"{_expr(count, _PRODUCT)} x ", lines)
        case ast.Repeat(count, variable, body):
            alias = f" as {variable.name}" if variable else ""
            return _with(f"repeat {_expr(count)}{alias} ", _body(body))
        case ast.Group(name, body):
            return _with(f"group {name.name} ", _body(body))
        case ast.Shortcut(mode, via, body):
            return _with(" ", _body(body), after=_skip(mode, via))
        case ast.Branches(join, paths):
            lines = [line for path in paths for line in _path(path)]
            return [f"{_word('branches', join)} {{", *_indent(lines), "}"]
        case ast.Choice():
            return _choice(element)


def _skip(mode: ast.Expr | None, via: ast.Body | None) -> list[str]:
    return _with("shortcut via ", _body(via)) if via else [_word("shortcut", mode)]


def _path(path: ast.Body) -> list[str]:
    first, *rest = _statements(path) or [""]
    return [f"| {first}".rstrip(), *_indent(rest)]


def _choice(choice: ast.Choice) -> list[str]:
    lines = _with(f"if {_expr(choice.condition)} ", _body(choice.then))
    if choice.otherwise is None:
        return lines
    nested = _only_choice(choice.otherwise)
    otherwise = _choice(nested) if nested else _body(choice.otherwise)
    return _with(" else ", otherwise, after=lines)


def _only_choice(body: ast.Body) -> ast.Choice | None:
    """The choice that is all of a body: `else { if … }` is the same tree as `else if …`."""
    match body.statements:
        case (ast.Chain((), (ast.Link(ast.Choice() as choice, None),)),):
            return choice
        case _:
            return None


def _call(call: ast.Call) -> str:
    arguments = ", ".join(map(_argument, call.arguments))
    return f"{call.callee.name} {arguments}".rstrip()


def _argument(argument: ast.Argument) -> str:
    value = _expr(argument.value)
    return f"{argument.name.name}={value}" if argument.name else value


# -------------------------------------------------------------------- expressions


def _given(value: ast.Given) -> str:
    if not isinstance(value, ast.Conditional):
        return _expr(value)
    otherwise = _given(value.otherwise)
    if not isinstance(value.otherwise, ast.Conditional):
        otherwise = f"{{ {otherwise} }}"
    return f"if {_expr(value.condition)} {{ {_given(value.then)} }} else {otherwise}"


def _expr(expr: ast.Expr, level: int = 0) -> str:
    """An expression, in parentheses where it binds looser than `level`."""
    match expr:
        case ast.Number(value):
            return repr(value)
        case ast.SizeLiteral(dims):
            return show(dims)
        case ast.Numbers(values):
            return show(values)
        case ast.Switch(value):
            return "on" if value else "off"
        case ast.Text(value):
            return f'"{value}"'
        case ast.Name(name):
            return name
        case ast.Unary("-", operand):
            own, text = _SIGN, f"-{_expr(operand, _SIGN)}"
        case ast.Unary(operator, operand):
            own = _LEVEL[operator]
            text = f"{operator} {_expr(operand, own)}"
        case ast.Binary(operator, left, right):
            own = _LEVEL[operator]
            # A comparison takes none on its left either: they do not chain.
            outer = own + 1 if operator in _LEVELS[3] else own
            text = f"{_expr(left, outer)} {operator} {_expr(right, own + 1)}"
    return f"({text})" if own < level else text


# --------------------------------------------------------------------------- lines


def _names(names: tuple[ast.Name, ...]) -> str:
    return ", ".join(name.name for name in names)


def _word(keyword: str, expr: ast.Expr | None) -> str:
    return f"{keyword} {_expr(expr)}" if expr else keyword


def _indent(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _with(text: str, lines: list[str], after: list[str] | None = None) -> list[str]:
    """`lines` with `text` before the first, all of it going on from the last line of `after`."""
    *earlier, last = after or [""]
    return [*earlier, last + text + lines[0], *lines[1:]]
