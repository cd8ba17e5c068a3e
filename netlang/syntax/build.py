"""Builds the syntax tree while Lark parses: one method a rule of grammars/net.lark.

Each is called with what the rule kept, all of which know their `span`: a node's place runs from
its first part to its last.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar, cast

from lark import Transformer
from lark import v_args as _v_args  # pyright: ignore[reportUnknownVariableType]

from netlang.diagnostic import Span
from netlang.syntax import ast
from netlang.syntax.lexeme import Lexeme

Node = TypeVar("Node", bound=ast.Tree)
Class = TypeVar("Class", bound=type)


def _inline(cls: Class) -> Class:
    """Lark's decorator, typed: the methods take the parts of a rule as arguments."""
    return cast(Class, _v_args(inline=True)(cls))


def _only(kind: type[Node], parts: tuple[object, ...]) -> tuple[Node, ...]:
    return tuple(part for part in parts if isinstance(part, kind))


@_inline
class Builder(Transformer[Any, ast.File]):
    """Keeps nothing between calls: one builder serves every file and thread."""

    def file(self, *parts: ast.Use | ast.Block | ast.Net | ast.Instance) -> ast.File:
        nets = tuple(part for part in parts if isinstance(part, ast.Net | ast.Instance))
        span = parts[0].span | parts[-1].span
        return ast.File(_only(ast.Use, parts), _only(ast.Block, parts), nets, span=span)

    # --------------------------------------------------------------- declarations

    def use(self, word: Lexeme, *rest: ast.Name | ast.Text) -> ast.Use:
        (path,) = _only(ast.Text, rest)
        return ast.Use(_only(ast.Name, rest), path, span=word.span | path.span)

    def block(
        self, word: Lexeme, name: ast.Name, params: tuple[ast.Param, ...] | None, body: ast.Body
    ) -> ast.Block:
        return ast.Block(name, params or (), body, span=word.span | body.span)

    def net(
        self, word: Lexeme, name: ast.Name, params: tuple[ast.Param, ...] | None, body: ast.Body
    ) -> ast.Net:
        return ast.Net(name, params or (), body, span=word.span | body.span)

    def instance(
        self,
        word: Lexeme,
        name: ast.Name,
        params: tuple[ast.Param, ...] | None,
        base: ast.Name,
        *rest: ast.Argument | Lexeme,
    ) -> ast.Instance:
        arguments = _only(ast.Argument, rest)
        return ast.Instance(name, params or (), base, arguments, span=word.span | rest[-1].span)

    def params(self, *params: ast.Param) -> tuple[ast.Param, ...]:
        return params

    def param(self, name: ast.Name, choices: tuple[ast.Expr, ...] | None) -> ast.Param:
        if choices is None:
            return ast.Param(name, span=name.span)
        return ast.Param(name, choices[0], choices[1:], span=name.span | choices[-1].span)

    def choices(self, *parts: ast.Expr | Lexeme) -> tuple[ast.Expr, ...]:
        return tuple(part for part in parts if not isinstance(part, Lexeme))

    # ----------------------------------------------------------------- statements

    def body(self, *parts: ast.Statement | Lexeme) -> ast.Body:
        statements = tuple(part for part in parts if not isinstance(part, Lexeme))
        return ast.Body(statements, span=parts[0].span | parts[-1].span)

    path = body  # `| a; b` is a body too, though without braces

    def chain(self, sources: tuple[ast.Name, ...] | None, *links: ast.Link) -> ast.Chain:
        first = sources[0] if sources else links[0]
        return ast.Chain(sources or (), links, span=first.span | links[-1].span)

    def sources(self, *names: ast.Name) -> tuple[ast.Name, ...]:
        return names

    def link(self, element: ast.Element, alias: ast.Name | None) -> ast.Link:
        return ast.Link(element, alias, span=element.span | (alias or element).span)

    def call(self, callee: ast.Name, *arguments: ast.Argument) -> ast.Call:
        return ast.Call(callee, arguments, span=callee.span | (callee, *arguments)[-1].span)

    def argument(self, name: ast.Name | None, value: ast.Expr) -> ast.Argument:
        return ast.Argument(name, value, span=(name or value).span | value.span)

    def times(self, count: ast.Expr, body: ast.Once | ast.Body) -> ast.Times:
        return ast.Times(count, body, span=count.span | body.span)

    def repeat(
        self, word: Lexeme, count: ast.Expr, variable: ast.Name | None, body: ast.Body
    ) -> ast.Repeat:
        return ast.Repeat(count, variable, body, span=word.span | body.span)

    def group(self, word: Lexeme, name: ast.Name, body: ast.Body) -> ast.Group:
        return ast.Group(name, body, span=word.span | body.span)

    def shortcut(
        self, word: Lexeme, skip: ast.Expr | ast.Body | None, body: ast.Body
    ) -> ast.Shortcut:
        mode, via = (None, skip) if isinstance(skip, ast.Body) else (skip, None)
        return ast.Shortcut(mode, via, body, span=word.span | body.span)

    def branches(
        self, word: Lexeme, join: ast.Expr | None, *rest: ast.Body | Lexeme
    ) -> ast.Branches:
        return ast.Branches(join, _only(ast.Body, rest), span=word.span | rest[-1].span)

    def choice(
        self,
        word: Lexeme,
        condition: ast.Expr,
        then: ast.Body,
        otherwise: ast.Body | ast.Choice | None,
    ) -> ast.Choice:
        span = word.span | (otherwise or then).span
        if isinstance(otherwise, ast.Choice):
            otherwise = _body_of(otherwise)
        return ast.Choice(condition, then, otherwise, span=span)

    def let(self, word: Lexeme, name: ast.Name, value: ast.Given) -> ast.Let:
        return ast.Let(name, value, span=word.span | value.span)

    def conditional(
        self,
        word: Lexeme,
        condition: ast.Expr,
        then: ast.Given,
        otherwise: ast.Given,
        *closing: Lexeme,
    ) -> ast.Conditional:
        span = word.span | (otherwise, *closing)[-1].span
        return ast.Conditional(condition, then, otherwise, span=span)

    def aux(self, word: Lexeme, name: ast.Name, *rest: ast.Argument | ast.Body) -> ast.Aux:
        (body,) = _only(ast.Body, rest)
        return ast.Aux(name, _only(ast.Argument, rest), body, span=word.span | body.span)

    def recipe(self, kind: ast.Name, *rest: ast.Call | Lexeme) -> ast.Recipe:
        return ast.Recipe(kind, _only(ast.Call, rest), span=kind.span | rest[-1].span)

    # ---------------------------------------------------------------- expressions

    def binary(self, left: ast.Expr, operator: Lexeme, right: ast.Expr) -> ast.Binary:
        return ast.Binary(operator.text, left, right, span=left.span | right.span)

    def unary(self, operator: Lexeme, operand: ast.Expr) -> ast.Unary:
        return ast.Unary(operator.text, operand, span=operator.span | operand.span)

    def parenthesized(self, opening: Lexeme, value: ast.Expr, closing: Lexeme) -> ast.Expr:
        return _at(value, opening.span | closing.span)

    def number(self, word: Lexeme) -> ast.Number:
        value = int(word.text) if word.text.isdigit() else float(word.text)
        return ast.Number(value, span=word.span)

    def percent(self, word: Lexeme) -> ast.Number:
        return ast.Number(float(word.text.removesuffix("%")) / 100, span=word.span)

    def size(self, word: Lexeme) -> ast.SizeLiteral:
        return ast.SizeLiteral(tuple(map(int, word.text.split("x"))), span=word.span)

    def numbers(self, word: Lexeme) -> ast.Numbers:
        return ast.Numbers(tuple(map(float, word.text.split(":"))), span=word.span)

    def switch(self, word: Lexeme) -> ast.Switch:
        return ast.Switch(word.text == "on", span=word.span)

    def name(self, word: Lexeme) -> ast.Name:
        return ast.Name(word.text, span=word.span)

    recipe_kind = name

    def text(self, word: Lexeme) -> ast.Text:
        return ast.Text(word.text[1:-1], span=word.span)


def _body_of(choice: ast.Choice) -> ast.Body:
    """The body that holds an `else if`, as if it had braces of its own."""
    link = ast.Link(choice, span=choice.span)
    return ast.Body((ast.Chain((), (link,), span=choice.span),), span=choice.span)


def _at(value: ast.Expr, span: Span) -> ast.Expr:
    """The same value, with the parentheses counted in."""
    return replace(value, span=span)
