// What follows once it is known who takes part: the envelope, the parts, the limits, whole units.

/** Each group envelope in whole units; null for entitlements. */
function envelopeUnits(scope, context) {
  const { page } = context;
  if (!page.envelope) return null;
  const { units: stated, value: tree } = page.envelope;
  const units = stated === null ? oneEnvelopeEach(scope, context, tree) : filled(context.envelopes.count, stated);
  if (sum(units.map(Math.abs)) > MOST_UNITS) {
    throw new Refusal("sharing", [problem("too-many-units", { unit: context.unit.size }, context.shown("envelope"))]);
  }
  return units;
}

/** Evaluate a computed envelope, in whole units; it has one value in each group envelope. */
function oneEnvelopeEach(scope, context, tree) {
  const { page, envelopes, unit } = context;
  const where = context.shown("envelope");
  const settled = scope.settled(tree);
  const values = isOne(settled) ? settled : scope.alike(tree);
  const problems = new Problems("formula");
  refuseMissing(problems, scope, tree, values, context.rows, "wanted-envelope", where);
  problems.refuse();
  const members = context.among(values);
  const firstOf = (list) => {
    const found = new Float64Array(envelopes.count);
    for (let row = context.size - 1; row >= 0; row--) found[envelopes.of[row]] = list[row];
    return found;
  };
  const money = firstOf(members);
  const differs = rowsWhere(members.length, (row) => members[row] !== money[envelopes.of[row]]);
  if (differs.length) {
    const id = page.within === null ? "envelope-by-territory" : "envelope-by-territory-within";
    problems.add(id, where, { within: page.within ?? "", codes: context.codesAt(differs) });
  } else if (money.some((value) => value < 0)) {
    problems.add("envelope-computed-negative", where, { value: context.amount(least(money)) });
  } else if (most(money) > (MOST_UNITS * unit.top) / unit.bottom) {
    problems.add("too-many-units", where, { unit: unit.size });
  }
  problems.refuse();
  return firstOf(context.among(scope.rows(["round", unit.of(tree)])));
}

/** Hold parts against the envelope: refuse, scale, or keep what is left. */
function againstEnvelope(context, parts, envelope) {
  const none = new Float64Array(context.envelopes.count);
  let reserve = parts.reduce((one, result) => plus(one, result.reserve), none);
  if (envelope === null) return [parts, reserve];
  const taking = parts.reduce((one, result) => plus(one, takenBy(result, context)), none);
  const half = (0.5 * context.unit.top) / context.unit.bottom;
  const left = envelope.map((money, group) => money - taking[group]);
  const short = rowsWhere(left.length, (group) => left[group] < -half);
  const over = rowsWhere(left.length, (group) => left[group] > half);
  const isProrated = context.page.if_short === "prorate" && short.every((group) => taking[group] > 0);
  const problems = isProrated ? [] : exceeding(context, taking, envelope, short, context.shown("parts"));
  if (context.page.if_over !== "reserve") problems.push(...leftOver(context, taking, envelope, over));
  if (problems.length) throw new Refusal("sharing", problems);
  reserve = reserve.map((value, group) => value + (over.includes(group) ? left[group] : 0));
  if (!short.length) return [parts, reserve];
  const factor = taking.map((value, group) => (short.includes(group) ? envelope[group] / value : 1));
  return [
    parts.map((result) => scaledPart(context, result, factor)),
    reserve.map((value, group) => value * factor[group]),
  ];
}

/** Tell that parts leave money in their group envelope, with the sums of each. */
function leftOver(context, taking, envelope, over) {
  const found = over.map((group) => {
    const label = context.labels[group];
    const sums = {
      sum: context.amount(taking[group]),
      money: context.amount(envelope[group]),
      gap: context.amount(envelope[group] - taking[group]),
    };
    return problem(
      label ? "money-left-in-group-envelope" : "money-left",
      { group: label, ...sums },
      context.shown("parts"),
    );
  });
  return truncated(found);
}

/** A part whose amounts are multiplied, group envelope by group envelope. */
function scaledPart(context, result, factor) {
  const byRow = (values) => values.map((value, row) => value * factor[context.envelopes.of[row]]);
  const envelopeOf = context.envelopeOf(result.groups);
  return {
    ...result,
    amounts: byRow(result.amounts),
    fixed: byRow(result.fixed),
    bounds: new Bounds(byRow(result.bounds.lower), byRow(result.bounds.upper)),
    pool: result.pool.map((value, group) => value * factor[envelopeOf[group]]),
    reserve: result.reserve.map((value, group) => value * factor[group]),
    scaled: true,
  };
}

/** The money that limits share anew, by group where every part stays within the same groups. */
function moneyOf(context, parts) {
  const [first] = parts;
  const isSame = first.part.within !== undefined && parts.every((result) => result.part.within === first.part.within);
  const groups = isSame ? first.groups : context.envelopes;
  const amounts = parts.reduce((one, result) => plus(one, result.amounts), new Float64Array(context.size));
  const isStated = parts.every((result) => result.part.pool?.amount !== undefined);
  return [context.page.envelope || isStated ? groups.total(amounts) : null, groups];
}

const nearestUnits = (units) => units.map((value) => roundHalfAway(value, 0));

/** Round to whole units; gives them, and by group envelope the money, what came on top and the reserve. */
function wholeUnits(context, stages, envelope, reserve) {
  const { unit, envelopes } = context;
  const shares = unit.count(stages.amounts);
  if (!(sum(shares.map(Math.abs)) <= MOST_UNITS)) {
    const rows = [...shares.keys()].sort(
      (one, other) => byValue(-Math.abs(shares[one]), -Math.abs(shares[other])) || one - other,
    );
    throw new Refusal("sharing", [problem("amount-without-limit", { codes: context.codesAt(rows.slice(0, 5)) })]);
  }
  const counted = (money) => nearestUnits(unit.count(money));
  const kept = counted(reserve);
  const costs = (results) =>
    results.reduce((one, result) => plus(one, result.onTop), new Float64Array(envelopes.count));
  if (stages.money === null) {
    const onTop = counted(costs(stages.results.filter((result) => result.limit.fund === "on_top")));
    return { units: eachAlone(shares, stages, context), envelope: null, onTop, reserve: kept, warnings: [] };
  }
  const onTop = costs(stages.results);
  const sums = envelopes.total(shares);
  const wanted = nearestUnits(sums);
  const onTopUnits = counted(onTop);
  const whole = envelope ?? wanted.map((value, group) => value + kept[group] - onTopUnits[group]);
  const extra = onTop.map((value, group) => (value !== 0 ? wanted[group] + kept[group] - whole[group] : 0));
  const total = whole.map((value, group) => value + extra[group] - kept[group]);
  if (sums.some((value, group) => Math.abs(value - total[group]) > 1 + 1e-9 * Math.abs(total[group]))) {
    // Rounding must never paper over money that a step lost.
    throw new Refusal("sharing", [problem("money-lost", { id: context.page.id })]);
  }
  const [units, warnings] = roundedByGroup(context, shares, stages, total, unit.count(stages.fixed.map(Math.abs)));
  return { units, envelope: whole, onTop: extra, reserve: kept, warnings };
}

/** Round each amount by itself, within its bounds where they are whole; what is due is told exactly. */
function eachAlone(shares, stages, context) {
  const { unit } = context;
  const exactly =
    stages.amountTree === null ? null : context.among(stages.scope.rows(["round", unit.of(stages.amountTree)]));
  const isInward = context.page.rounding.bounds === "inward";
  return shares.map((share, row) => {
    const whole = exactly && stages.untouched[row] ? exactly[row] : roundHalfAway(share, 0);
    if (!isInward) return whole;
    // Bounds are whole units by now, but for those that stages scaled.
    const [lower, upper] = [unit.count(stages.bounds.lower[row]), unit.count(stages.bounds.upper[row])];
    return Math.min(Math.max(whole, Math.ceil(lower - 1e-6)), Math.floor(upper + 1e-6));
  });
}

/** Round each group envelope together; where groups have totals of their own, groups first, then their members. */
function roundedByGroup(context, shares, stages, total, size) {
  const groups = stages.groupBounds ? stages.groupBounds.groups : stages.groups;
  let totals = total;
  if (groups !== context.envelopes) {
    const envelopes = new Groups(context.envelopeOf(groups), context.envelopes.count);
    totals = largestRemainders(groups.total(shares), total, envelopes, groups.total(size));
  }
  if (context.page.rounding.method === "largest-remainders")
    return [largestRemainders(shares, totals, groups, size), []];
  const sizes = shares.map((share, row) => Math.max(Math.abs(share), size[row]));
  return unitsByDivisors(context, stages, totals, groups, sizes);
}

/** Apportion each group's units by the page's divisor method; tell what only the order of the codes decided. */
function unitsByDivisors(context, stages, total, groups, size) {
  const { method } = context.page.rounding;
  const shares = context.unit
    .count(stages.amounts)
    .map((share, row) => (Math.abs(share) <= DUST * size[row] ? 0 : share));
  const [floors, caps] = wholeBounds(context, stages.bounds, shares);
  refuseUnapportionable(context, shares, [floors, caps], total, groups);
  const dust = size.map((value, row) => DUST * (shares[row] > 0 ? value / shares[row] : 1));
  const claims = { shares, least: floors, most: caps, total, groups, dust, weights: exactWeights(context, stages) };
  const found = apportioned(claims, method);
  if (!found.given.length) return [found.units, []];
  const told = { method, given: context.codesAt(found.given), refused: context.codesAt(found.refused) };
  return [found.units, [problem("apportionment-tie", told, context.shown("rounding", "method"))]];
}

/** The least and the most units of each: its bounds, the page's minimum, one where the method gives it. */
function wholeBounds(context, bounds, shares) {
  const { rounding } = context.page;
  const [lower, upper] = [context.unit.count(bounds.lower), context.unit.count(bounds.upper)];
  const serves = servesAll(rounding.method);
  // Bounds between two units, which the page may let amounts pass, are widened to whole ones.
  const floors = lower.map((value, row) => {
    const whole = Math.floor(value + wholeTolerance(value));
    const floor = Math.max(whole !== whole ? 0 : Math.max(whole, 0), rounding.minimum ?? 0);
    return serves && shares[row] > 0 ? Math.max(floor, 1) : floor;
  });
  const caps = upper.map((value) => {
    const whole = Math.ceil(value - wholeTolerance(value));
    return whole !== whole ? Infinity : whole;
  });
  return [floors, caps];
}

/** Refuse amounts below zero, and bounds that no apportionment meets. */
function refuseUnapportionable(context, shares, [floors, caps], total, groups) {
  const { method, minimum } = context.page.rounding;
  const problems = new Problems("sharing");
  const where = context.shown("rounding", minimum === null ? "method" : "minimum");
  const rows = (holds) => rowsWhere(shares.length, holds);
  const below = rows((row) => shares[row] < 0);
  if (below.length) problems.add("apportionment-negative", where, { method, codes: context.codesAt(below) });
  const above = rows((row) => floors[row] > caps[row]);
  if (above.length) problems.add("apportionment-above-ceiling", where, { codes: context.codesAt(above) });
  groups.total(floors).forEach((taking, group) => {
    if (!(taking > total[group])) return;
    const [lowest, money] = [context.unit.money(taking), context.unit.money(total[group])];
    const told = {
      least: context.amount(lowest),
      total: context.amount(money),
      codes: context.codesAt(groups.rows[group]),
    };
    problems.add("apportionment-too-few", where, told);
  });
  problems.refuse();
}

/** What gives rows the exact measure that they share by: where one part does, and nothing bounds it; else nothing. */
function exactWeights(context, stages) {
  const tree = stages.parts.length === 1 ? stages.parts[0].part.share.in_proportion_to : undefined;
  const { part } = stages.parts[0];
  const isBounded = part.at_least !== undefined || part.at_most !== undefined;
  if (tree === undefined || !everyOf(stages.untouched) || isBounded) return () => null;
  return (rows) => {
    try {
      return stages.scope.equality.exact.read(
        tree,
        rows.map((row) => context.those[row]),
      );
    } catch (inexact) {
      if (!(inexact instanceof Inexact)) throw inexact;
      return null;
    }
  };
}
