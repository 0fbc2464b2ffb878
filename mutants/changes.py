"""The small changes that can be made to a module, each one that a slip of the hand could make.

Comparisons move by their bound (``<`` to ``<=``), arithmetic and logic take the neighbouring operator, numbers move by
one or by a twentieth, conditions are turned, one side of a choice stands for both, extremes and roundings change
places, a slice loses an end, a call a keyword, a sentence or a check is left out. Docstrings, annotations, ``__all__``,
``assert``, decorators of dataclasses and ``strict`` of ``zip`` say nothing that a result rests on, and stay.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

__all__ = ["Change", "changes_of", "is_real"]

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: (r"not\s+in", "in"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitOr: ("|", "&"),
    ast.BitAnd: ("&", "|"),
}
#: Names of functions and methods that a slip confuses.
_CONFUSED = {
    **{one: other for pair in (
        ("min", "max"), ("minimum", "maximum"), ("nanmin", "nanmax"), ("argmin", "argmax"), ("any", "all"),
        ("floor", "ceil"), ("zeros", "ones"), ("zeros_like", "ones_like"), ("logical_or", "logical_and"),
        ("startswith", "endswith"), ("median", "mean"), ("nanmedian", "nanmean"),
    ) for one, other in (pair, pair[::-1])},
    "sorted": "list",
    "reversed": "list",
    "rint": "floor",
}  # fmt: skip
#: Functions that are left out around their one argument.
_AROUND = {"abs", "fabs"}


@dataclass(frozen=True)
class Change:
    """One change of a module's text.

    Attributes
    ----------
    module : str
        The module's name inside ``equite.engine``.
    function : str
        The function or class it lies in, with those around it; empty at the module's top.
    line : int
        Where it begins.
    kind : str
        What sort of change it is.
    edits : tuple of (int, int, str)
        What is replaced, in bytes from the beginning, and by what.
    before, after : str
        The lines that it touches, without their indentation.
    """

    module: str
    function: str
    line: int
    kind: str
    edits: tuple[tuple[int, int, str], ...]
    before: str
    after: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the change is known by, wherever its line has moved to."""
        return self.module, self.function, self.before, self.after

    def made(self, source: str) -> str:
        """Give the module's text with the change made."""
        return _edited(source.encode(), self.edits).decode()


def changes_of(module: str, source: str) -> list[Change]:
    """Give every change of a module, in the order of its text."""
    return sorted(_Finder(module, source).found, key=lambda change: (change.edits[0][0], change.kind, change.after))


def is_real(change: Change, source: str) -> bool:
    """Tell whether the changed text is Python, and another program."""
    try:
        return ast.dump(ast.parse(change.made(source))) != ast.dump(ast.parse(source))
    except SyntaxError:
        return False


def _edited(text: bytes, edits: tuple[tuple[int, int, str], ...], since: int = 0) -> bytes:
    for start, end, new in sorted(edits, reverse=True):
        text = text[: start - since] + new.encode() + text[end - since :]
    return text


class _Finder(ast.NodeVisitor):
    """Walks a module's tree and notes the changes that each node allows."""

    def __init__(self, module: str, source: str) -> None:
        self.module, self.text = module, source.encode()
        self.starts = [0]
        for line in self.text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.around: list[str] = []
        self.found: list[Change] = []
        self.visit(ast.parse(source))

    # Where things stand.

    def _at(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def _note(self, kind: str, *edits: tuple[int, int, str]) -> None:
        first, last = min(edit[0] for edit in edits), max(edit[1] for edit in edits)
        line = sum(start <= first for start in self.starts)
        begin = self.starts[line - 1]
        end = next(start for start in self.starts if start >= last and start > begin)
        touched = self.text[begin:end]
        before, after = (" ".join(text.decode().split()) for text in (touched, _edited(touched, edits, begin)))
        self.found.append(Change(self.module, ".".join(self.around), line, kind, edits, before, after))

    def _between(self, left: ast.expr, right: ast.expr, operator: str, new: str, kind: str) -> None:
        start, end = self._at(left)[1], self._at(right)[0]
        found = re.search(operator.encode(), self.text[start:end])
        assert found is not None
        self._note(kind, (start + found.start(), start + found.end(), new))

    # What is walked past.

    def _inside(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            if not _called(decorator).startswith("dataclass"):
                self.visit(decorator)
        self.around.append(node.name)
        if not isinstance(node, ast.ClassDef):
            for default in (*node.args.defaults, *node.args.kw_defaults):
                if default is not None:
                    self.visit(default)
        for statement in node.body:
            self.visit(statement)
        self.around.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _inside  # noqa: N815

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets):
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        pass

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        for piece in node.values:
            if isinstance(piece, ast.FormattedValue):
                self.visit(piece.value)

    # Statements.

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return
        if isinstance(node.value, ast.Call):
            self._note("statement left out", (*self._at(node), "pass"))
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._note("statement left out", (*self._at(node), "pass"))
        self.generic_visit(node)

    def visit_Break(self, node: ast.Break) -> None:
        self._note("break and continue", (*self._at(node), "continue"))

    def visit_Continue(self, node: ast.Continue) -> None:
        self._note("break and continue", (*self._at(node), "break"))

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        self._condition(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._condition(test)
        self.generic_visit(node)

    def _condition(self, test: ast.expr) -> None:
        """Turn a condition that no other change turns."""
        if not isinstance(test, ast.Compare | ast.BoolOp | ast.Constant) and not _is_not(test):
            start, end = self._at(test)
            self._note("condition turned", (start, start, "not ("), (end, end, ")"))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        sign, new = _ARITHMETIC.get(type(node.op), ("", ""))
        if sign:
            self._between(node.target, node.value, re.escape(sign + "="), new + "=", "arithmetic")
        self.generic_visit(node)

    # Expressions.

    def visit_Compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for at, operator in enumerate(node.ops):
            sign, new = _COMPARISONS[type(operator)]
            self._between(operands[at], operands[at + 1], sign, new, "comparison")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        sign, new = _ARITHMETIC.get(type(node.op), ("", ""))
        # Texts and lists that are joined cannot be subtracted: that would only try whether the line runs.
        if sign and not any(_is_sequence(side) for side in (node.left, node.right)):
            self._between(node.left, node.right, re.escape(sign), new, "arithmetic")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        sign, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        edits = []
        for left, right in zip(node.values, node.values[1:], strict=False):
            start, end = self._at(left)[1], self._at(right)[0]
            found = re.search(rf"\b{sign}\b".encode(), self.text[start:end])
            assert found is not None
            edits.append((start + found.start(), start + found.end(), new))
        self._note("logic", *edits)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        start = self._at(node)[0]
        sign = re.match(rb"not\b\s*|[-+~]", self.text[start:])
        assert sign is not None
        self._note("sign or negation left out", (start, start + sign.end(), ""))
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        start, end = self._at(node)
        body, other = self._at(node.body), self._at(node.orelse)
        # Brackets that stand around one side lie outside its own place.
        self._note(
            "one side of a choice", (start, start, "("), (body[1], end, _closed(self.text[start : body[1]]) + ")")
        )
        self._note("one side of a choice", (start, other[0], "(" + _opened(self.text[other[1] : end])), (end, end, ")"))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value, place = node.value, self._at(node)
        if isinstance(value, bool):
            self._note("constant", (*place, str(not value)))
        elif isinstance(value, int):
            self._note("constant", (*place, str(value + 1)))
        elif isinstance(value, float):
            self._note("constant", (*place, repr(float(f"{value * 1.05:.12g}")) if value else "1.0"))
        elif isinstance(value, str):
            self._note("text", (*place, repr(value + "XX")))

    def visit_Subscript(self, node: ast.Subscript) -> None:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for part in parts:
            if isinstance(part, ast.Slice):
                for end in (part.lower, part.upper, part.step):
                    if end is not None:
                        self._note("slice", (*self._at(end), ""))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _called(node)
        if name == "TypeVar":
            return
        if name in _CONFUSED and not (name in ("sorted", "reversed") and node.keywords):
            end = self._at(node.func)[1]
            self._note("confused function", (end - len(name), end, _CONFUSED[name]))
        if name in _AROUND and len(node.args) == 1 and not node.keywords:
            self._note("function left out", (*self._at(node.func), ""))
        for keyword in node.keywords:
            if keyword.arg is not None and (name, keyword.arg) != ("zip", "strict"):
                self._without(keyword)
        self.visit(node.func)
        # Kinds that are listed, and texts for the type checker, are no values.
        for at, argument in enumerate(node.args):
            if not (name == "isinstance" and at == 1) and not (name == "cast" and at == 0):
                self.visit(argument)
        for keyword in node.keywords:
            if (name, keyword.arg) != ("zip", "strict"):
                self.visit(keyword.value)

    def _without(self, keyword: ast.keyword) -> None:
        start, end = self._at(keyword)
        comma = re.match(rb"\s*,\s*", self.text[end:])
        if comma is not None:
            self._note("keyword left out", (start, end + comma.end(), ""))
        else:
            before = re.search(rb",\s*$", self.text[:start])
            self._note("keyword left out", (start if before is None else before.start(), end, ""))


def _called(node: ast.expr) -> str:
    """Name what is called, without what it belongs to."""
    function = node.func if isinstance(node, ast.Call) else node
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _is_sequence(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.ListComp)


def _closed(text: bytes) -> str:
    return ")" * (text.count(b"(") - text.count(b")"))


def _opened(text: bytes) -> str:
    return "(" * (text.count(b")") - text.count(b"("))
