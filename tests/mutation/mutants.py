"""Every small change of a module that its tests should notice: conditions, operators, numbers, and calls left out."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """`name` says what was changed, without a line number, so that it stays the same when lines move.

    Of the same change at several places of a function the later ones have a number.
    """

    name: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    tree, times = ast.parse(source), Counter[str]()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            _forget_annotations(function)
            for node in _inside(function):
                for changed in _changes(node):
                    was, now = (ast.unparse(it).partition("\n")[0] for it in (node, changed))
                    kept = copy.copy(node.__dict__), node.__class__
                    _become(node, changed.__dict__, changed.__class__)
                    name = f"{function.name}: {was} -> {now}"
                    times[name] += 1
                    yield Mutant(name if times[name] == 1 else f"{name} ({times[name]})", ast.unparse(tree))
                    _become(node, *kept)


def _become(node: ast.AST, content: dict[str, object], kind: type[ast.AST]) -> None:
    node.__class__ = kind
    node.__dict__.clear()
    node.__dict__.update(content)


def _inside(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """Its nodes, but not those of functions within, which come by themselves."""
    left: list[ast.AST] = [*function.args.defaults, *filter(None, function.args.kw_defaults), *function.body]
    while left:
        node = left.pop(0)
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            left = [*ast.iter_child_nodes(node), *left]


def _forget_annotations(function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Types are mypy's."""
    function.returns = None
    for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
        argument.annotation = None


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, [operator], right) if type(operator) in _OTHER:
            yield ast.Compare(left, [_OTHER[type(operator)]()], right)  # type: ignore[list-item]
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(_OTHER[type(operator)](), values)  # type: ignore[arg-type]
        case ast.BinOp(left, operator, right) if type(operator) in _OTHER:
            yield ast.BinOp(left, _OTHER[type(operator)](), right)  # type: ignore[arg-type]
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.If(_, body, other):
            yield ast.If(ast.Constant(value=True), body, other)
            yield ast.If(ast.Constant(value=False), body, other)
        case ast.Expr(ast.Call() | ast.Await()) | ast.AugAssign() | ast.Raise():
            yield ast.Pass()
        case ast.Return(value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(value=None))
