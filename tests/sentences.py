"""Which sentences the code says: the ids of every call that says one, those put together from pieces too.

Nothing is run: an id is followed through names, tables, loops, arguments and fields to the texts that stand in the
code. What cannot be followed is noted, so that a test can declare what it may be.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

__all__ = ["Code", "Module", "Saying", "literal"]

#: What says sentences, and which of its arguments name them.
SAYING = {"Problem": (0,), "say": (0,), "say_in_all": (0,), "sentence": (0,), "add": (0,), "count": (1, 2)}
#: The names by which such an argument may be given.
NAMED = {"id", "entry"}
#: What keeps the items that it is given.
KEEPING = {"tuple", "list", "set", "frozenset", "sorted", "reversed", "MappingProxyType", "iter"}
#: The longest way from a call to a text.
FURTHEST = 10
Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.comprehension
#: An expression, and the module that it stands in.
Here = tuple["Module", ast.expr]


def literal(node: ast.expr) -> str | None:
    """Return a text that stands in the code."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def name_of(node: ast.expr) -> str:
    """Return what is called, without what it belongs to."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


@dataclass(eq=False)
class Module:
    """One file of code, each node with the one that holds it."""

    name: str
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    nodes: list[ast.AST] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.nodes.append(self.tree)
        for node in self.nodes:
            below = list(ast.iter_child_nodes(node))
            self.parents.update(dict.fromkeys(below, node))
            self.nodes.extend(below)

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """Return what holds a node, the nearest first."""
        while node in self.parents:
            node = self.parents[node]
            yield node


@dataclass(frozen=True)
class Saying:
    """A call that says a sentence, and what it gives as the id."""

    module: Module
    call: ast.Call
    entry: ast.expr

    @property
    def place(self) -> str:
        """The file and the line."""
        return f"{self.module.name}:{self.call.lineno}"


def says(call: ast.Call) -> str:
    """Name what a call says a sentence with, or give nothing."""
    name = name_of(call.func)
    if name == "add":
        owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        return name if name_of(owner).endswith("problems") else ""
    if name == "count":
        owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        return name if name_of(owner) in {"self", "labels", "words"} and len(call.args) == 3 else ""
    return name if name in SAYING else ""


class Code:
    """All modules of a package."""

    def __init__(self, package: Path, declared: Mapping[str, Iterable[str]]) -> None:
        self.declared, self.met = declared, set[str]()
        self.unknown: dict[str, set[str]] = defaultdict(set)
        self.modules = [
            Module(path.relative_to(package.parent).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
            for path in sorted(package.rglob("*.py"))
        ]
        self.calls: dict[str, list[tuple[Module, ast.Call]]] = defaultdict(list)
        self.functions: dict[str, list[tuple[Module, Function]]] = defaultdict(list)
        for module in self.modules:
            for node in module.nodes:
                if isinstance(node, ast.Call):
                    self.calls[name_of(node.func)].append((module, node))
                elif isinstance(node, Function):
                    self.functions[node.name].append((module, node))
        self._following: set[ast.AST] = set()

    def literals(self) -> set[str]:
        """Return every text that stands in the code."""
        nodes = (node for module in self.modules for node in module.nodes if isinstance(node, ast.expr))
        return {text for node in nodes if (text := literal(node)) is not None}

    def sayings(self) -> Iterator[Saying]:
        """Return every call that says a sentence."""
        for name, positions in SAYING.items():
            for module, call in self.calls[name]:
                if says(call) and not any(
                    isinstance(each, Function) and each.name in SAYING for each in module.above(call)
                ):
                    named = [keyword.value for keyword in call.keywords if keyword.arg in NAMED]
                    entries = named or [call.args[at] for at in positions if at < len(call.args)]
                    yield from (Saying(module, call, entry) for entry in entries)

    def texts(self, module: Module, node: ast.expr) -> set[str]:
        """Return all the texts that an expression can give; what cannot be followed is noted in ``unknown``."""
        if node in self._following:
            return set()
        self._following.add(node)
        try:
            return self._texts(module, node)
        finally:
            self._following.discard(node)

    def _texts(self, module: Module, node: ast.expr) -> set[str]:
        declared = self.declared.get(ast.unparse(node))
        if declared is not None:
            self.met.add(ast.unparse(node))
            return set(declared)
        match node:
            case ast.Constant(value):
                return set() if value is None else {str(value)}
            case ast.JoinedStr():
                return self._joined(module, node)
            case ast.FormattedValue(value) | ast.NamedExpr(_, value) | ast.Starred(value):
                return self.texts(module, value)
            case ast.IfExp(_, body, orelse):
                return self.texts(module, body) | self.texts(module, orelse)
            case ast.BoolOp(_, values):
                return {text for value in values for text in self.texts(module, value)}
        given = self._given(module, node) if len(self._following) < FURTHEST else None
        if given is None:
            self.unknown[ast.unparse(node)].add(f"{module.name}:{getattr(node, 'lineno', 0)}")
        return {text for where, each in given or () for text in self.texts(where, each)}

    def _joined(self, module: Module, node: ast.JoinedStr) -> set[str]:
        """Return what a text in pieces can be; with one piece that cannot be followed, it cannot be either."""
        outside, self.unknown = self.unknown, defaultdict(set)
        pieces = [self.texts(module, piece) for piece in node.values]
        if self.unknown:
            outside[ast.unparse(node)].add(f"{module.name}:{node.lineno}")
            pieces = [set()]
        self.unknown = outside
        return {"".join(found) for found in product(*pieces)}

    def _given(self, module: Module, node: ast.expr) -> list[Here] | None:
        """Return the expressions that a name, a field or an entry of a table stands for."""
        match node:
            case ast.Name(name):
                return self._named(module, node, name)
            case ast.Attribute(ast.Name("self"), name):
                return self._field(module, node, name)
            case ast.Call(ast.Name(name) | ast.Attribute(_, name)) if name not in {"get", "say", "str"}:
                return self._returned(name)
            case ast.Tuple([first, *_]):
                return [(module, first)]
            case ast.Subscript(table, _) | ast.Call(ast.Attribute(table, "get"), _):
                pairs = self._pairs(module, table)
                default = [(module, argument) for argument in node.args[1:]] if isinstance(node, ast.Call) else []
                return None if pairs is None else [*(value for _, value in pairs), *default]
        return None

    def _returned(self, name: str) -> list[Here] | None:
        """Return what the one function of a name returns."""
        named = self.functions[name]
        if len(named) != 1:
            return None
        module, function = named[0]
        returns = (node.value for node in ast.walk(function) if isinstance(node, ast.Return))
        return [(module, value) for value in returns if value is not None]

    def _pairs(self, module: Module, node: ast.expr) -> list[tuple[Here, Here]] | None:
        """Return the keys and the values of a table."""
        for where, found in self._definitions(module, node):
            if isinstance(found, ast.Dict) and None not in found.keys:
                return [
                    ((where, key), (where, value)) for key, value in zip(found.keys, found.values, strict=True) if key
                ]
        return None

    def _definitions(self, module: Module, node: ast.expr) -> list[Here]:
        """Return an expression, or what its name stands for, without the call that only keeps its items."""
        if isinstance(node, ast.Call) and name_of(node.func) in KEEPING and len(node.args) == 1:
            return self._definitions(module, node.args[0])
        if isinstance(node, ast.Name | ast.Attribute) and node not in self._following:
            self._following.add(node)
            given = self._given(module, node) or []
            self._following.discard(node)
            return [found for where, each in given for found in self._definitions(where, each)]
        return [(module, node)]

    def _items(self, module: Module, node: ast.expr) -> list[Here] | None:
        """Return what a loop over an expression gives, one after the other."""
        match node:
            case ast.Tuple(elements) | ast.List(elements) | ast.Set(elements):
                found: list[Here] = []
                for element in elements:
                    inner = (
                        self._items(module, element.value) if isinstance(element, ast.Starred) else [(module, element)]
                    )
                    if inner is None:
                        return None
                    found += inner
                return found
            case ast.Dict():
                pairs = self._pairs(module, node)
                return None if pairs is None else [key for key, _ in pairs]
            case ast.Call(ast.Attribute(table, "items" | "keys" | "values" as way), []):
                pairs = self._pairs(module, table)
                if pairs is None:
                    return None
                if way == "items":
                    return [(key[0], ast.Tuple([key[1], value[1]])) for key, value in pairs]
                return [pair[way == "values"] for pair in pairs]
            case ast.Call(ast.Name("enumerate"), [inside, *_]):
                counted = self._items(module, inside)
                return None if counted is None else [(at, ast.Tuple([ast.Name("_"), each])) for at, each in counted]
            case ast.Call(ast.Name("zip"), columns):
                columns_of = [self._items(module, column) or [] for column in columns]
                most = max(map(len, columns_of))
                blank: Here = (module, ast.Name("_"))
                rows = [[each[at] if at < len(each) else blank for each in columns_of] for at in range(most)]
                return [(module, ast.Tuple([element for _, element in row])) for row in rows]
            case ast.IfExp(_, body, orelse):
                both = [self._items(module, side) for side in (body, orelse)]
                return None if None in both else [each for side in both if side for each in side]
        if isinstance(node, ast.Name) and (rest := self._rest(module, node)) is not None:
            return rest
        definitions = self._definitions(module, node)
        if not definitions or definitions == [(module, node)]:
            return None
        several = [self._items(where, found) for where, found in definitions]
        return None if None in several else [each for items in several if items for each in items]

    def _rest(self, module: Module, node: ast.Name) -> list[Here] | None:
        """Return all that callers pass to a function beyond its parameters, for the name that gathers it."""
        holder = next((each for each in module.above(node) if isinstance(each, Function)), None)
        if holder is None or holder.args.vararg is None or holder.args.vararg.arg != node.id:
            return None
        at = len(holder.args.args) - (parameters(holder)[:1] == ["self"])
        calls = [(where, call) for where, call in self.calls[holder.name] if where is module or holder.name[0] != "_"]
        several = [self._items(where, ast.Tuple(call.args[at:])) for where, call in calls]
        return None if None in several else [each for items in several if items for each in items]

    def _named(self, module: Module, node: ast.AST, name: str) -> list[Here] | None:
        """Return what a name stands for where it is read: in a loop, a function, the module or another module."""
        for holder in module.above(node):
            if isinstance(holder, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
                for loop in holder.generators:
                    if binds(loop.target, name):
                        return self._looped(module, loop, name)
            if isinstance(holder, Function | ast.Module):
                bound = self._bound(module, holder, name)
                if isinstance(holder, Function) and name in (given := parameters(holder)):
                    passed = self._passed(module, holder, given.index(name), name)
                    return None if bound is None or passed is None else [*bound, *passed]
                if bound is None or bound:
                    return bound
        return self._imported(module, name)

    def _bound(self, module: Module, holder: Function | ast.Module, name: str) -> list[Here] | None:
        """Return what a function, or a module, binds a name to; nothing where it does not."""
        found: list[Here] = []
        inside = ast.walk(holder) if isinstance(holder, Function) else iter(holder.body)
        for node in inside:
            match node:
                case ast.Assign([target], value) if binds(target, name):
                    bound = self._unpacked(module, target, (module, value), name)
                case ast.AnnAssign(ast.Name(target), _, value) if target == name and value is not None:
                    bound = [(module, value)]
                case ast.NamedExpr(ast.Name(target), value) if target == name:
                    bound = [(module, value)]
                case ast.For(target) if binds(target, name):
                    bound = self._looped(module, node, name)
                case _:
                    continue
            if bound is None:
                return None
            found += bound
        return found

    def _looped(self, module: Module, loop: Loop, name: str) -> list[Here] | None:
        items = self._items(module, loop.iter)
        found: list[Here] = []
        for item in items or []:
            bound = self._unpacked(item[0], loop.target, item, name)
            if bound is None:
                return None
            found += bound
        return None if items is None else found

    def _unpacked(self, module: Module, target: ast.expr, value: Here, name: str) -> list[Here] | None:
        """Return what a name has when a value is bound to a name, or to several at once."""
        if isinstance(target, ast.Name):
            return [value]
        if isinstance(target, ast.Tuple | ast.List):
            at = next(at for at, each in enumerate(target.elts) if binds(each, name))
            sides = self._sides(*value)
            if sides is not None and all(isinstance(side, ast.Tuple | ast.List) for _, side in sides):
                inner = [self._unpacked(where, target.elts[at], (where, side.elts[at]), name) for where, side in sides]  # type: ignore[attr-defined]
                return None if None in inner else [each for found in inner if found for each in found]
        return None

    def _sides(self, module: Module, node: ast.expr) -> list[Here] | None:
        """Return the tuples that a value may be."""
        match node:
            case ast.IfExp(_, body, orelse):
                sides = [self._sides(module, side) for side in (body, orelse)]
                return None if None in sides else [each for side in sides if side for each in side]
            case ast.Subscript() | ast.Name():
                return self._given(module, node)
        return [(module, node)]

    def _passed(self, module: Module, function: Function, at: int, name: str) -> list[Here] | None:
        """Return what the callers of a function pass for a parameter, and its default."""
        holder = next(module.above(function), None)
        method = isinstance(holder, ast.ClassDef) and parameters(function)[:1] in (["self"], ["cls"])
        called = holder.name if isinstance(holder, ast.ClassDef) and function.name == "__init__" else function.name
        return self._arguments(module, called, at - method, name, default_of(function, name))

    def _arguments(
        self, module: Module, called: str, at: int, name: str, default: ast.expr | None
    ) -> list[Here] | None:
        found: list[Here] = [] if default is None else [(module, default)]
        if called in SAYING:
            return None
        for where, call in self.calls[called]:
            if called.startswith("_") and where is not module:
                continue
            named = [keyword.value for keyword in call.keywords if keyword.arg == name]
            spread = any(keyword.arg is None for keyword in call.keywords) and at >= len(call.args)
            if (spread and not named) or any(isinstance(argument, ast.Starred) for argument in call.args[: at + 1]):
                return None
            found += [(where, argument) for argument in named or call.args[at : at + 1]]
        return found or None

    def _field(self, module: Module, node: ast.AST, name: str) -> list[Here] | None:
        """Return what a class is made with, for a field of its own."""
        holder = next((each for each in module.above(node) if isinstance(each, ast.ClassDef)), None)
        if holder is None:
            return None
        made = next((each for each in holder.body if isinstance(each, Function) and each.name == "__init__"), None)
        if made is not None:
            return self._passed(module, made, parameters(made).index(name), name) if name in parameters(made) else None
        fields = [each for each in holder.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)]
        names = [each.target.id for each in fields if isinstance(each.target, ast.Name)]
        if name not in names:
            return None
        at = names.index(name)
        return self._arguments(module, holder.name, at, name, fields[at].value)

    def _imported(self, module: Module, name: str) -> list[Here] | None:
        """Return what a name stands for in the module that it comes from."""
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.module and any(each.name == name for each in node.names):
                ends = (node.module.replace(".", "/") + ".py", node.module.replace(".", "/") + "/__init__.py")
                for other in self.modules:
                    if other.name in ends:
                        return self._bound(other, other.tree, name) or None
        return None


def binds(target: ast.expr, name: str) -> bool:
    """Tell whether a loop or an assignment binds a name."""
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(target))


def parameters(function: Function) -> list[str]:
    """Name the parameters of a function, in order."""
    given = function.args
    return [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def default_of(function: Function, name: str) -> ast.expr | None:
    """Return what a parameter is when it is not given."""
    given = function.args
    placed = [*given.posonlyargs, *given.args]
    defaults = dict(
        zip([each.arg for each in placed][len(placed) - len(given.defaults) :], given.defaults, strict=True)
    )
    defaults |= {each.arg: value for each, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value}
    return defaults.get(name)
