"""Read the source: what a call is given, also where a function or a name stands in between."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from attrs import frozen

import ordercore
import ordercore_adapters

__all__ = ["ADAPTERS", "LIBRARY", "Said", "modules", "said", "text_of"]

LIBRARY = Path(ordercore.__file__).parent
ADAPTERS = Path(ordercore_adapters.__file__).parent

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Given = Mapping[str, ast.expr]


@frozen(kw_only=True)
class Said:
    """What one call is given.

    Attributes:
        module: Where it is decided.
        words: The texts, by parameter; ``{...}`` stands for what is filled in.
        copied: Parameters that take over the text of another value, such as ``refusal.code``.
    """

    module: str
    words: Mapping[str, str]
    copied: frozenset[str]


@frozen(kw_only=True)
class _Call:
    """A call, with the functions around it, outermost first."""

    module: str
    name: str
    node: ast.Call
    inside: tuple[_Function, ...]


@cache
def modules(package: Path) -> dict[str, ast.Module]:
    """Return what is in each module of a package, but for ``testing``, by name in order."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        if package / "testing" not in path.parents:
            name = ".".join(path.relative_to(package.parent).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def said(package: Path, name: str, *parameters: str) -> Iterator[Said]:
    """Yield what ``parameters`` of ``name`` are given, for each way that leads to a call of it.

    A parameter of the function around a call is followed to where that function is called, and a
    name to where it was last assigned.

    Raises:
        ValueError: what the first parameter is given cannot be told from the source.
    """
    for call in _calls(package):
        if call.name == name:
            given = _bound(call.node, parameters)
            for module, values in _ways(package, call, given, needed=parameters[0]):
                yield Said(
                    module=module,
                    words={word: text_of(value) for word, value in values.items()},
                    copied=frozenset(
                        word
                        for word, value in values.items()
                        if isinstance(value, ast.Attribute) and value.attr == word
                    ),
                )


def text_of(node: ast.expr) -> str:
    """Return a string expression as text; parts that are computed become ``{name}``."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(text_of(part) for part in parts)
        case ast.FormattedValue(
            value=ast.IfExp(body=ast.Constant(value=str(text)), orelse=ast.Constant(value=""))
        ):
            return f"({text})"
        case ast.FormattedValue(value=value):
            return f"{{{_name(value)}}}"
        case ast.IfExp(body=body, orelse=other):
            return f"{text_of(body)} / {text_of(other)}"
        case _:
            return f"{{{_name(node)}}}"


@cache
def _calls(package: Path) -> tuple[_Call, ...]:
    return tuple(
        _Call(
            module=module,
            name=getattr(node.func, "id", getattr(node.func, "attr", "")),
            node=node,
            inside=inside,
        )
        for module, tree in modules(package).items()
        for node, inside in _calls_in(tree, ())
    )


def _calls_in(
    node: ast.AST, inside: tuple[_Function, ...]
) -> Iterator[tuple[ast.Call, tuple[_Function, ...]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child, inside
        yield from _calls_in(child, (*inside, child) if isinstance(child, _Function) else inside)


def _ways(
    package: Path, call: _Call, given: _Given, *, needed: str
) -> Iterator[tuple[str, _Given]]:
    """Yield what is given in the end, for each call of a function that hands it on."""
    tree = modules(package)[call.module]
    given = {word: _assigned(value, tree, call.inside) for word, value in given.items()}
    names = {value.id for value in given.values() if isinstance(value, ast.Name)}
    handing = (each for each in reversed(call.inside) if names & set(_parameters(each)))
    function = next(handing, None)
    asking = [each for each in _calls(package) if _is_asked(function, by=each, at=call.module)]
    if function is None or not asking:
        if not isinstance(given.get(needed), ast.expr) or isinstance(given[needed], ast.Name):
            raise ValueError(f"{call.module}: which {needed} a {call.name} is given is not seen")
        yield call.module, given
        return
    for each in asking:
        handed = _defaults(function) | _bound(each.node, _parameters(function))
        put_in = {
            word: handed.get(value.id, value) if isinstance(value, ast.Name) else value
            for word, value in given.items()
        }
        yield from _ways(package, each, put_in, needed=needed)


def _is_asked(function: _Function | None, *, by: _Call, at: str) -> bool:
    if function is None or by.name != function.name or function in by.inside:
        return False
    own = function.name.startswith("_") or "self" in {each.arg for each in function.args.args}
    return by.module == at or not own


def _parameters(function: _Function) -> list[str]:
    found = function.args
    names = [each.arg for each in (*found.posonlyargs, *found.args, *found.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


def _defaults(function: _Function) -> dict[str, ast.expr]:
    found = function.args
    last = [each.arg for each in (*found.posonlyargs, *found.args)][-len(found.defaults) :]
    by_word = zip(found.kwonlyargs, found.kw_defaults, strict=True)
    in_order = dict(zip(last, found.defaults, strict=True)) if found.defaults else {}
    return in_order | {each.arg: value for each, value in by_word if value is not None}


def _bound(node: ast.Call, parameters: Sequence[str]) -> dict[str, ast.expr]:
    by_place = dict(zip(parameters, node.args, strict=False))
    by_word = {word.arg: word.value for word in node.keywords if word.arg in parameters}
    return by_place | {word: value for word, value in by_word.items() if word}


def _assigned(value: ast.expr, tree: ast.Module, inside: tuple[_Function, ...]) -> ast.expr:
    """Return what a name was given last, as the lines stand; a parameter stays as it is."""
    if not isinstance(value, ast.Name):
        return value
    for scope in (*reversed(inside), tree):
        found = [
            (node.lineno, given)
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign) and node.lineno < value.lineno
            for target in node.targets
            for name, given in _pairs(target, node.value)
            if name == value.id
        ]
        if found:
            return max(found, key=lambda each: each[0])[1]
        if isinstance(scope, _Function) and value.id in _parameters(scope):
            return value
    return value


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, given in zip(target.elts, value.elts, strict=True):
            yield from _pairs(one, given)


def _name(node: ast.expr) -> str:
    """Return what a computed part is called: the last word of it, or what it is computed from."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name.strip("_").lower() if name.isupper() else name.strip("_")
        case (
            ast.Subscript(slice=ast.Constant(value=str(key)))
            | ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_])
        ):
            return key
        case (
            ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join"), args=[inner])
            | ast.Call(func=ast.Name(), args=[inner, *_])
            | ast.Call(func=ast.Attribute(value=inner))
            | ast.Subscript(value=inner)
            | ast.GeneratorExp(elt=inner)
        ):
            return _name(inner)
        case _:
            within = (each for each in ast.walk(node) if isinstance(each, ast.Attribute | ast.Name))
            return next((_name(each) for each in within), "...")
