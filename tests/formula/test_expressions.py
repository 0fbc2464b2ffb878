"""The language: what it says, what it refuses, and that writing a tree back loses nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite.errors import FormulaError
from equite.formula.expressions import Expression
from equite.formula.nodes import Aggregate, Binary, Comparison, Logical, Name, Negative, Not, Number
from equite.formula.writing import written

names = st.sampled_from(["population", "need", "x", "pauvreté"]).map(Name)
numbers = st.one_of(st.integers(0, 10**9), st.floats(0, 1e6, allow_nan=False)).map(lambda value: Number(float(value)))


def larger(inner: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "**"]), inner, inner),
        st.builds(Negative, inner),
        st.builds(Not, inner),
        st.builds(lambda one, other: Comparison(("<=",), (one, other)), inner, inner),
        st.builds(lambda one, other: Comparison(("<", "=="), (one, other, one)), inner, inner),
        st.builds(lambda word, one, other: Logical(word, (one, other)), st.sampled_from(["and", "or"]), inner, inner),
        st.builds(lambda one: Aggregate("total", (one,), Name("region"), None, Name("all")), inner),
    )


trees = st.recursive(st.one_of(names, numbers), larger, max_leaves=12)


@given(trees)
def test_a_tree_written_back_reads_as_the_same_tree(tree: object) -> None:
    text = written(tree)  # type: ignore[arg-type]
    again = written(Expression.parse(text).tree)
    assert again == text
    if "and" not in text and "or" not in text:
        assert Expression.parse(text).tree == tree


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-x ** 2", "-x ** 2"),
        ("(-x) ** 2", "(-x) ** 2"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("2 ** 3 ** 2", "2 ** 3 ** 2"),
        ("(2 ** 3) ** 2", "(2 ** 3) ** 2"),
        ("not (a and b)", "not (a and b)"),
        ("average(x, weights=w, by=g, among=all)", "average(x, weights=w, by=g, among=all)"),
    ],
)
def test_parentheses_are_kept_where_they_mean_something(text: str, shown: str) -> None:
    assert written(Expression.parse(text).tree) == shown


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "population.__class__",
        "x[0]",
        "lambda: 1",
        "[y for y in x]",
        "(y for y in x)",
        "{1: 2}",
        "f'{x}'",
        "(x := 3)",
        "x if y else z",
        "open('a')",
        "eval('1')",
        "1j",
        "b'a'",
        "...",
        "True",
        "x @ y",
        "x // y",
        "x % y",
        "x | y",
        "~x",
        "x is y",
        "total(*x)",
        "total(**x)",
        "total(x, by=a, by=b)",
        "max(x, key=y)",
        "a) + (b",
        "x; y",
        "x\x00y",
        "await x",
        "yield x",
        "9" * 5000,
        "1e999",
        "(" * 500 + "x" + ")" * 500,
        "-" * 3000 + "x",
        "not " * 900 + "x",
        "x + " * 1500 + "x",
        "x # a comment that hides )",
        '"label"',
        '"a" == "b"',
        'x < "a"',
        'x + 1 == "a"',
        "x in y",
        "x in ()",
        'x in ("a", 1)',
        "starts_with(x, y)",
        "quantile(x, 2)",
        "median(x, weights=w)",
        "total(x, by=a + b)",
        "where(x, 1)",
        "",
        "   ",
        "0,5",
        "a = b",
        "a ^ b",
        "a && b",
    ],
)
def test_what_is_not_in_the_language_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(FormulaError) as caught:
        Expression.parse(text)
    for language in ("fr", "en"):
        sentence = caught.value.text(language)
        assert sentence and "{text}" not in sentence and "{piece}" not in sentence


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        assert Expression.parse(text).names is not None
    except FormulaError as error:
        assert error.text("fr")


def test_near_names_are_offered() -> None:
    with pytest.raises(FormulaError, match="did you mean 'average'"):
        Expression.parse("avrage(x)")
    for text in ("if(x, 1, 2)", "1 if x else 2"):
        with pytest.raises(FormulaError, match="where"):
            Expression.parse(text)


def test_yes_and_no_are_one_and_nought() -> None:
    assert Expression.parse("yes").tree == Number(1.0)
    assert Expression.parse("no").tree == Number(0.0)


def test_several_lines_are_one_expression() -> None:
    assert Expression.parse("a +\n  b").names == {"a", "b"}
