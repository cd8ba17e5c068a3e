"""Arguments meet parameters: of blocks, nets, layers and recipe words alike."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from netlang.diagnostic import Diagnostic, NetError, Span, did_you_mean, error
from netlang.ir.attributes import Attribute, Value, attributes
from netlang.lower.evaluate import Choices, Evaluator, Scope, SilentError, describe
from netlang.lower.synonyms import value_meant
from netlang.syntax import ast


@dataclass(frozen=True)
class Signature:
    """What a call may give: parameters in order, and which of them it must give."""

    names: Sequence[str]
    required: frozenset[str]
    noun: str

    def match(
        self, callee: ast.Name, arguments: Sequence[ast.Argument]
    ) -> Mapping[str, ast.Argument]:
        """Each argument by the parameter that it is for; raises `NetError` of all that is wrong."""
        faults: list[Diagnostic] = []
        given: dict[str, ast.Argument] = {}
        free = list(self.names)
        for argument in arguments:
            name, fault = self._parameter(callee, argument, free)
            if name in given:
                fault = Diagnostic(f"'{name}' is given twice", argument.span)
            if fault:
                faults.append(fault)
            else:
                given[name] = argument
        missing = [n for n in self.names if n in self.required and n not in given]
        if missing and not faults:
            listed = ", ".join(f"'{name}'" for name in missing)
            faults.append(
                Diagnostic(
                    f"'{callee.name}' needs {listed}", callee.span, help=self._form(callee.name)
                )
            )
        if faults:
            raise NetError(*faults)
        return given

    def _parameter(
        self, callee: ast.Name, argument: ast.Argument, free: list[str]
    ) -> tuple[str, Diagnostic | None]:
        if argument.name is None:
            if free:
                return free.pop(0), None
            count = len(self.names)
            takes = f"at most {count} argument{'s' * (count != 1)}" if count else "no arguments"
            message = f"'{callee.name}' takes {takes}"
            return "", Diagnostic(message, argument.span, "one too many", self._form(callee.name))
        name = argument.name.name
        if name not in self.names:
            near = did_you_mean(name, self.names) or self._listed(callee.name)
            message = f"'{callee.name}' has no {self.noun} '{name}'"
            return "", Diagnostic(message, argument.name.span, f"unknown {self.noun}", near)
        if name in free:
            free.remove(name)
        return name, None

    def _listed(self, callee: str) -> str:
        names = ", ".join(self.names)
        return f"it has {names}" if names else f"'{callee}' stands alone"

    def _form(self, callee: str) -> str:
        words = [n if n in self.required else f"{n}=…" for n in self.names]
        return f"write {callee} {', '.join(words)}".rstrip()


def of_params(params: Sequence[ast.Param]) -> Signature:
    """The signature of a block or net."""
    required = frozenset(p.name.name for p in params if p.default is None)
    return Signature([p.name.name for p in params], required, "parameter")


@cache
def of_attributes(cls: type) -> Signature:
    """The signature of a layer or recipe word."""
    known = attributes(cls)
    required = frozenset(a.name for a in known if a.required)
    return Signature([a.name for a in known], required, "attribute")


def scope(
    params: Sequence[ast.Param],
    given: Mapping[str, ast.Argument],
    caller: Evaluator,
    settings: Mapping[str, Value] | None = None,
) -> Scope:
    """The scope of a body: settings, arguments in the caller's terms, defaults in the body's.

    A parameter without any of them is lost. Raises `NetError` of all that is wrong.
    """
    values, faults = dict[str, Value | None](settings or {}), list[Diagnostic]()
    inside = Scope(values)
    own = replace(caller, scope=inside)  # a default may use the parameters before it
    for param in params:
        name = param.name.name
        try:
            if name in given:
                values[name] = caller.value(given[name].value)
            elif name not in values:
                values[name] = own.value(param.default) if param.default else None
            _require_choice(param, given.get(name), own)
        except NetError as fault:
            faults += fault.diagnostics
            values[name] = None
        except SilentError:
            values[name] = None
    if faults:
        raise NetError(*faults)
    return inside


def _require_choice(param: ast.Param, argument: ast.Argument | None, own: Evaluator) -> None:
    """Raises `NetError` where a parameter lists what it may be, and the value is none of that."""
    if param.default is None or not param.others:
        return
    name = param.name.name
    values = tuple(own.value(choice) for choice in (param.default, *param.others))
    choices = own.scope.choices[name] = Choices(param.name, values, param.span)
    value = own.scope.get(name)
    if value not in values:
        raise choices.refuse(value, argument.value.span if argument else param.span)


@dataclass(frozen=True)
class Bound:
    """A layer or recipe word with its attributes, and where each was given."""

    value: Any
    places: Mapping[str, Span]


def build(
    cls: type, callee: ast.Name, arguments: Sequence[ast.Argument], evaluator: Evaluator
) -> Bound:
    """The `cls` that a call describes; raises `NetError` or `SilentError`."""
    given = of_attributes(cls).match(callee, arguments)
    known = {a.name: a for a in attributes(cls)}
    faults: list[Diagnostic] = []
    fields: dict[str, Any] = {}
    for name, argument in given.items():
        try:
            fields[name] = _read(known[name], argument, evaluator)
        except NetError as fault:
            faults += fault.diagnostics
        except SilentError:
            continue
    if faults:
        by_attribute = {known[name]: argument for name, argument in given.items()}
        hints = _in_other_order(callee, by_attribute, fields, evaluator)
        raise NetError(*(replace(f, help=f.help or hints.get(f.span, "")) for f in faults))
    if len(fields) < len(given):
        raise SilentError
    return Bound(cls(**fields), {name: a.value.span for name, a in given.items()})


def _read(attribute: Attribute, argument: ast.Argument, evaluator: Evaluator) -> Any:
    value = evaluator.value(argument.value)
    try:
        return attribute.kind.read(value)
    except ValueError:
        message = f"'{attribute.name}' is {attribute.kind.what}, not {describe(value)}"
        meant = value_meant(attribute, value)
        raise evaluator.mismatch(argument.value, message, attribute.kind.words, meant) from None


def _in_other_order(
    callee: ast.Name,
    arguments: Mapping[Attribute, ast.Argument],
    read: Container[str],
    evaluator: Evaluator,
) -> dict[Span | None, str]:
    """How a call is written whose first two arguments are right in each other's place alone.

    By the place of each of them. `read` are the attributes whose argument is right where it stands.
    """
    positional = [(a, given.value) for a, given in arguments.items() if given.name is None]
    try:
        (first, x), (second, y) = positional[:2]
        first.kind.read(evaluator.value(y))
        second.kind.read(evaluator.value(x))
    except (ValueError, NetError, SilentError):
        return {}
    if first.name in read and second.name in read:
        return {}
    ahead, behind = (e.span.source.text[e.span.start : e.span.end] for e in (y, x))
    help = f"'{first.name}' comes first: write {callee.name} {ahead}, {behind}"
    return {x.span: help, y.span: help}


JOIN_FIRST = "join them first: from a, b -> concat -> …"
"""What to do where several values flow in."""


def refuse_multiple(callee: ast.Name, count: int) -> NetError:
    """The error for several values that flow into what takes one."""
    return error(
        f"'{callee.name}' takes one value, and {count} flow in",
        callee.span,
        help=JOIN_FIRST,
    )
