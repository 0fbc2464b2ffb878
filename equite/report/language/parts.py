"""Parts, limits and rounding in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from equite.formula.model import Limit, Part, Rule
from equite.formula.nodes import Name
from equite.report.language.speech import Section, Speech, SpokenLine
from equite.wording import Numeral

__all__ = ["apportionment_said", "has_own_money", "limits_section", "parts_section", "rounding_section"]


def has_own_money(speech: Speech) -> bool:
    """Whether a total is shared, so that what one gets another does not; else each amount stands by itself."""
    page = speech.formula
    return page.envelope is not None or all(
        part.pool is not None and part.pool.amount is not None for part in page.parts
    )


def parts_section(speech: Speech) -> Section:
    """Say how the money is shared."""
    page = speech.formula
    lines = [line for part in page.parts for line in _part(speech, part)]
    after = []
    if len(page.parts) > 1:
        after.append(SpokenLine(speech.say("words-parts-add-up" if page.limits else "words-parts-add-up-freely")))
    if page.if_short == "prorate":
        after.append(SpokenLine(speech.say("words-if-short-prorate-parts")))
    if page.if_over == "reserve":
        after.append(SpokenLine(speech.say("words-if-over-reserve-parts")))
    return Section(speech.say("words-heading-parts"), tuple(lines), tuple(after))


def _part(speech: Speech, part: Part) -> Iterator[SpokenLine]:
    title = speech.titles.of_step(part)
    yield SpokenLine(speech.say("words-part", name=title, sentence=_sharing(speech, part)))
    if part.within is not None:
        yield SpokenLine(speech.say("words-part-within", column=speech.named(part.within)), 1)
    for rule in part.eligible:
        yield SpokenLine(_eligible(speech, rule), 1)
    if part.previous is not None:
        yield SpokenLine(speech.say("words-part-previous", column=speech.named(part.previous)), 1)
    if part.share.rate_at_least is not None:
        yield SpokenLine(speech.say("words-rate-at-least", rate=Numeral(float(part.share.rate_at_least))), 1)
    if part.share.rate_at_most is not None:
        yield SpokenLine(speech.say("words-rate-at-most", rate=Numeral(float(part.share.rate_at_most))), 1)
    if part.at_least is not None:
        yield SpokenLine(speech.say("words-part-at-least", amount=speech.quantity(part.at_least)), 1)
    if part.at_most is not None:
        yield SpokenLine(speech.say("words-part-at-most", amount=speech.quantity(part.at_most)), 1)
    yield from _conditions(speech, part)


def _eligible(speech: Speech, rule: Rule) -> str:
    condition = speech.expression(rule.where)
    if rule.reason is None:
        return speech.say("words-part-eligible", condition=condition)
    return speech.say("words-part-eligible-reason", condition=condition, reason=_reason(speech, rule.reason))


def _reason(speech: Speech, reason: Mapping[str, str]) -> str:
    return speech.quoted(reason[speech.language].rstrip("."))


def _conditions(speech: Speech, stage: Part | Limit) -> Iterator[SpokenLine]:
    """Say what happens when there is too little or too much money for a part or a limit."""
    if stage.if_short == "prorate":
        yield SpokenLine(speech.say("words-if-short-prorate"), 1)
    if stage.if_over == "reserve":
        yield SpokenLine(speech.say("words-if-over-reserve"), 1)


def _sharing(speech: Speech, part: Part) -> str:
    levy = "-levy" if part.levy else ""
    if part.share.as_is is not None:
        return speech.say(f"words-part-as-is{levy}", amount=speech.quantity(part.share.as_is))
    if part.pool is not None and part.pool.each is not None:
        return speech.say(f"words-part-each{levy}", amount=speech.quantity(part.pool.each))
    return speech.say(f"words-part-shared{levy}", pool=_pool(speech, part), way=_way(speech, part))


def _pool(speech: Speech, part: Part) -> str:
    pool = part.pool
    assert pool is not None
    if pool.amount is not None:
        plain = pool.amount.number is not None or isinstance(pool.amount.tree, Name)
        entry = "words-pool-amount" if plain else "words-pool-computed"
        return speech.say(entry, amount=speech.quantity(pool.amount))
    if pool.fraction is not None:
        if pool.fraction.number is not None:
            return speech.say("words-pool-fraction", share=speech.percent(pool.fraction.number))
        return speech.say("words-pool-fraction-computed", share=speech.expression(pool.fraction))
    return speech.say("words-pool-whole" if len(speech.formula.parts) == 1 else "words-pool-remainder")


def _way(speech: Speech, part: Part) -> str:
    share = part.share
    if share.in_proportion_to is not None:
        tree = share.in_proportion_to.tree
        if isinstance(tree, Name):
            return speech.say("words-way-proportion-name", name=speech.named(tree.name))
        return speech.say("words-way-proportion", expression=speech.expression(share.in_proportion_to))
    if share.foundation is not None and share.rate_on is not None:
        need, wealth = speech.expression(share.foundation), speech.expression(share.rate_on)
        return speech.say("words-way-foundation", need=need, wealth=wealth)
    if share.level_up is None:
        return speech.say("words-way-equally")
    own = speech.expression(share.level_up)
    if share.counting is None:
        return speech.say("words-way-level-up", own=own)
    return speech.say("words-way-level-up-counting", own=own, counting=speech.expression(share.counting))


def limits_section(speech: Speech) -> Section:
    """Say the limits in their order: whose amount, who is left out, who pays, what if it cannot be."""
    limits = speech.formula.limits
    lines = [line for limit in limits for line in _limit(speech, limit)]
    shared = has_own_money(speech)
    after = [SpokenLine(speech.say("words-limits-rule" if shared else "words-limits-rule-freely"))]
    if shared and any(limit.if_short == "refuse" or limit.if_over == "refuse" for limit in limits):
        after.append(SpokenLine(speech.say("words-limits-refuse")))
    bounds = [bound for limit in limits for bound in (limit.at_least, limit.at_most) if bound is not None]
    names = speech.formula.names
    if names.closure(name for bound in bounds for name in bound.names) & frozenset(names.columns):
        after.append(SpokenLine(speech.say("words-limits-missing")))
    return Section(speech.say("words-heading-limits"), tuple(lines), tuple(after), numbered=True)


def _limit(speech: Speech, limit: Limit) -> Iterator[SpokenLine]:
    title = speech.titles.of_step(limit)
    yield SpokenLine(speech.say("words-limit", name=title, sentence=_bounds(speech, limit)))
    if limit.exempt is not None:
        yield SpokenLine(speech.say("words-limit-exempt", condition=speech.expression(limit.exempt)), 1)
    for decided in limit.override:
        values = {"amount": speech.quantity(decided.amount), "reason": _reason(speech, decided.reason)}
        yield SpokenLine(speech.say("words-override", code=decided.code, **values), 1)
    if has_own_money(speech):
        yield from _who_pays(speech, limit)
    if limit.then == "hold":
        yield SpokenLine(speech.say("words-then-hold"), 1)
    yield from _conditions(speech, limit)


def _bounds(speech: Speech, limit: Limit) -> str:
    if limit.part is not None:
        whose = speech.say("words-whose-part", part=speech.named(limit.part))
    elif limit.by is not None:
        whose = speech.say("words-whose-group", column=speech.named(limit.by))
    else:
        whose = speech.say("words-whose-each")
    low = speech.quantity(limit.at_least) if limit.at_least is not None else ""
    high = speech.quantity(limit.at_most) if limit.at_most is not None else ""
    if low and high:
        return speech.say("words-limit-between", whose=whose, low=low, high=high)
    if low:
        return speech.say("words-limit-at-least", whose=whose, low=low)
    return speech.say("words-limit-at-most", whose=whose, high=high) if high else speech.say("words-limit-decided")


def _who_pays(speech: Speech, limit: Limit) -> Iterator[SpokenLine]:
    if limit.fund == "on_top":
        yield SpokenLine(speech.say("words-fund-on-top"), 1)
    elif limit.part is not None:
        yield SpokenLine(speech.say("words-limit-part-keeps"), 1)
    elif limit.at_least is not None and limit.at_most is not None:
        yield SpokenLine(speech.say("words-fund-both"), 1)
    elif limit.at_least is not None:
        yield SpokenLine(speech.say("words-fund-floor"), 1)
    elif limit.at_most is not None and limit.if_over == "refuse":
        yield SpokenLine(speech.say("words-fund-ceiling"), 1)
    if limit.move is not None:
        yield SpokenLine(speech.say("words-move", expression=speech.expression(limit.move.in_proportion_to)), 1)


def apportionment_said(speech: Speech) -> Iterator[str]:
    """Say the divisor method that gives whole units, and what everyone has at least; nothing for largest remainders."""
    rounding = speech.formula.rounding
    if rounding.by_divisors:
        yield speech.say(f"words-method-{rounding.method}")
    if rounding.minimum is not None:
        yield speech.say("words-minimum", amount=speech.money(float(rounding.minimum)))


def rounding_section(speech: Speech) -> Section:
    """Say the unit, and whether limits survive it."""
    page = speech.formula
    unit = speech.money(float(page.rounding_to))
    together = "words-rounding-exact" if has_own_money(speech) else "words-rounding-alone"
    lines = [SpokenLine(speech.say("words-rounding", unit=unit) + " " + speech.say(together))]
    lines += map(SpokenLine, apportionment_said(speech))
    bounded = page.limits or any(part.at_least or part.at_most for part in page.parts)
    if bounded and page.rounding.bounds == "inward":
        lines.append(SpokenLine(speech.say("words-rounding-inward")))
    elif bounded:
        lines.append(SpokenLine(speech.say("words-rounding-nearest", unit=unit)))
    return Section(speech.say("words-heading-rounding"), tuple(lines))
