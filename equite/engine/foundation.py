"""Foundation aid: need less one common rate on wealth, the rate that spends the money.

aid_i = clip(need_i - r wealth_i, lo_i, hi_i), with the one rate r for which the aid adds up to the money. What is
solved is what territories bear themselves: sum_i clip(r wealth_i, need_i - hi_i, need_i - lo_i) = sum_i need_i - E,
which the kernel (:mod:`equite.engine.sharing`) does as any other share.
"""

from __future__ import annotations

import numpy as np

from equite.engine.sharing import DUST, Floats, Groups, Solution, solve

__all__ = ["solve_rate"]


def solve_rate(
    need: Floats,
    wealth: Floats,
    bounds: tuple[Floats, Floats],
    money: Floats,
    groups: Groups,
    rates: tuple[float, float] = (0.0, np.inf),
) -> Solution:
    """Solve every group's rate, and give the aid; where no rate within ``rates`` spends the money, the nearest one.

    Parameters
    ----------
    need, wealth : ndarray, shape (n,)
        What each is to have, and what the rate is levied on.
    bounds : tuple of ndarray, shape (n,)
        The least and the most aid of each.
    money : ndarray, shape (groups,)
        What the aid of each group adds up to.
    groups : Groups
        Which row belongs to which group.
    rates : tuple of float
        The lowest and the highest rate.
    """
    lower, upper = bounds
    borne = solve(np.zeros_like(need), wealth, need - upper, need - lower, groups.total(need) - money, groups)
    rate = np.clip(borne.level, *rates)
    aid = np.where(wealth > 0, need - groups.spread(rate) * wealth, need)
    aid = np.where(groups.spread(rate == borne.level), need - borne.amounts, np.clip(aid, lower, upper))
    left = money - groups.total(aid)
    dust = DUST * (np.abs(money) + groups.total(need) + groups.total(np.abs(aid)))
    return Solution(aid, rate, np.where(np.abs(left) <= dust, 0.0, left))
