// Parts: how much each holds, and how it is shared.

const isFixed = (part) => part.levy || part.share.as_is !== undefined || part.pool?.each !== undefined;
const takesRemainder = (part) => part.pool?.remainder === true;
const signed = (part, pool) => (part.levy ? pool.map((value) => -value) : pool);
const plus = (one, other) => one.map((value, row) => value + other[row]);

/** Apply rules in order to some rows; later rules only look at those that earlier ones kept. */
function appliedRules(scope, rules, rows, path) {
  let kept = Uint8Array.from(rows);
  const excluded = [];
  const problems = new Problems("formula");
  rules.forEach((rule, place) => {
    const holds = scope.settledRows(rule.where);
    refuseMissing(
      problems,
      scope,
      rule.where,
      holds,
      kept,
      "wanted-condition",
      scope.page.shown([...path, place, "where"]),
    );
    // Whoever a condition says nothing of is refused, and later ones only look at those that are surely in.
    const out = maskOf(scope.size, (row) => kept[row] && (holds[row] === 0 || !Number.isFinite(holds[row])));
    const reason = rule.reason ?? { fr: scope.page.textOf(rule.where), en: scope.page.textOf(rule.where) };
    for (const row of rowsOf(out)) excluded.push({ code: scope.table.codes[row], reason });
    kept = kept.map((is, row) => (is && !out[row] ? 1 : 0));
  });
  problems.refuse();
  return [kept, excluded];
}

/** Fills and shares every part. */
class Sharing {
  constructor(scope, context, envelope) {
    Object.assign(this, { scope, context, envelope, page: context.page, results: new Map() });
  }

  /** Share every part; gives results in the page's order, and a scope that knows each part's amounts. */
  run() {
    const { parts } = this.page;
    this.pools = this.independentPools();
    for (const place of this.order()) {
      const part = parts[place];
      const groups = this.groups(part, place);
      const pool = takesRemainder(part)
        ? this.remainder(place)
        : (this.pools.get(place) ?? this.pool(part, place, groups, true));
      const found = this.shared(part, place, pool, groups);
      this.results.set(part.id, found);
      this.scope = this.scope.bound([[part.id, bindingOf(found, this.context)]]);
    }
    return [parts.map((part) => this.results.get(part.id)), this.scope];
  }

  /** The parts in the order they can be shared: the remainder after all that do not name it. */
  order() {
    const last = this.page.parts.find(takesRemainder)?.id;
    const rank = (part) => (part.id === last ? 1 : last !== undefined && this.page.restsOn(part.id).has(last) ? 2 : 0);
    return [...this.page.parts.keys()].sort(
      (one, other) => rank(this.page.parts[one]) - rank(this.page.parts[other]) || one - other,
    );
  }

  groups(part, place) {
    if (part.within === undefined) return this.context.envelopes;
    const { of, labels } = labelledGroups(this.scope, this.context, part.within, ["parts", place, "within"]);
    return this.context.crossed(of, labels.length);
  }

  /** What other parts leave of each group envelope: those shared already, and pools naming the remainder. */
  remainder(place) {
    const { context, page } = this;
    let taken = new Float64Array(context.envelopes.count);
    for (const result of this.results.values()) taken = plus(taken, takenBy(result, context));
    page.parts.forEach((part, other) => {
      if (this.results.has(part.id) || other === place) return;
      const groups = this.groups(part, other);
      if (!this.pools.has(other)) this.pools.set(other, this.pool(part, other, groups, true));
      taken = plus(taken, signed(part, context.byEnvelope(this.pools.get(other), groups)));
    });
    const left = this.envelope.map((money, group) => money - taken[group]);
    const short = rowsWhere(
      left.length,
      (group) => left[group] < -DUST * (this.envelope[group] + Math.abs(taken[group])),
    );
    if (short.length && page.if_short !== "prorate") {
      throw new Refusal("sharing", exceeding(context, taken, this.envelope, short, context.shown("parts", place)));
    }
    return left.map((money) => Math.max(money, 0));
  }

  /** Evaluate the pools that rest on no other part, and round them to units together. */
  independentPools() {
    const { context, page } = this;
    const ids = page.parts.map((part) => part.id);
    const found = new Map();
    const units = [];
    const envelopes = [];
    page.parts.forEach((part, place) => {
      if (!part.pool || takesRemainder(part) || part.pool_needs.some((name) => ids.includes(name))) return;
      const groups = this.groups(part, place);
      const pool = this.pool(part, place, groups, false);
      const counted = context.unit.count(pool);
      if (sum(counted) > MOST_UNITS) {
        const told = { part: part.id, unit: context.unit.size };
        throw new Refusal("sharing", [problem("pool-too-many-units", told, context.shown("parts", place, "pool"))]);
      }
      found.set(place, pool);
      units.push(...counted);
      envelopes.push(...context.envelopeOf(groups));
    });
    if (!found.size) return found;
    const shares = Float64Array.from(units);
    const groups = new Groups(Int32Array.from(envelopes), context.envelopes.count);
    const total = groups.total(shares).map((value) => roundHalfAway(value, 0));
    const whole = context.unit.money(largestRemainders(shares, total, groups));
    let start = 0;
    for (const [place, pool] of found) {
      found.set(place, whole.slice(start, start + pool.length));
      start += pool.length;
    }
    return found;
  }

  /** A part's pool by group, in money; `alone` rounds it to whole units. */
  pool(part, place, groups, alone) {
    const { scope, context } = this;
    if (!part.pool) return new Float64Array(groups.count);
    const tree = part.pool.each ?? part.pool.amount ?? part.pool.fraction;
    const path = ["parts", place, "pool"];
    const problems = new Problems("sharing");
    let values = scope.settled(tree);
    const isOneValue = isOne(values);
    if (!isOneValue) values = scope.alike(tree);
    refuseMissing(problems, scope, tree, values, context.rows, "wanted-pool", context.shown(...path));
    problems.refuse();
    let byGroup = new Float64Array(groups.count);
    // A group of which nobody takes part draws on nothing.
    if (isOneValue) groups.present.forEach((is, group) => (byGroup[group] = is ? values : 0));
    else byGroup = this.oneByGroup(context.among(values), groups, part, path);
    if (part.pool.each !== undefined) {
      const members = groups.total(new Float64Array(this.members(part, place)[0]));
      byGroup = byGroup.map((value, group) => value * members[group]);
    }
    if (part.pool.fraction !== undefined) {
      const money = context.among(scope.numbers("envelope"));
      const envelope = new Float64Array(groups.count);
      groups.of.forEach((group, row) => (envelope[group] = money[row]));
      byGroup = byGroup.map((value, group) => value * envelope[group]);
    }
    if (byGroup.some((value) => value < 0)) {
      const told = { part: part.id, value: context.amount(least(byGroup)) };
      throw new Refusal("sharing", [problem("pool-negative", told, context.shown(...path))]);
    }
    if (!alone) return byGroup;
    return context.unit.money(context.unit.count(byGroup).map((value) => roundHalfAway(value, 0)));
  }

  /** The one value that each group has; a pool that differs inside a group is refused. */
  oneByGroup(values, groups, part, path) {
    const { context, page } = this;
    const byGroup = new Float64Array(groups.count);
    groups.of.forEach((group, row) => (byGroup[group] = values[row]));
    const differs = rowsWhere(values.length, (row) => values[row] !== byGroup[groups.of[row]]);
    if (differs.length) {
      const within = part.within ?? page.within;
      const id = within === null ? "pool-not-one-value" : "pool-not-one-value-within";
      const told = { part: part.id, codes: context.codesAt(differs), within: within ?? "" };
      throw new Refusal("sharing", [problem(id, told, context.shown(...path))]);
    }
    return byGroup;
  }

  /** Who is eligible to a part, of those that take part in the allocation. */
  members(part, place) {
    const { scope, context } = this;
    if (!part.eligible.length) return [new Uint8Array(context.size).fill(1), []];
    const [kept, excluded] = appliedRules(scope, part.eligible, context.rows, ["parts", place, "eligible"]);
    return [maskOf(context.size, (place) => kept[context.those[place]]), excluded];
  }

  /** Share one part's pool with its own level and bounds. */
  shared(part, place, pool, groups) {
    const { context } = this;
    const path = ["parts", place];
    const [members, excluded] = this.members(part, place);
    const [fixed, score, floor] = this.scoreOf(part, path, members);
    const scope = part.previous === undefined ? this.scope : this.scope.bound([["previous", part.previous]]);
    let bounds = evaluatedBounds(scope, context, part, path, members);
    const everybody = everyOf(members);
    if (!everybody || Number.isFinite(floor) || part.at_least !== undefined || part.at_most !== undefined) {
      bounds = bounds.mapped((low, high) => {
        const lower = Number.isFinite(floor) ? low.map((value) => Math.max(value, floor)) : low;
        const upper = high.map((value, row) => Math.max(value, lower[row]));
        const own = (values) => values.map((value, row) => (members[row] ? value : 0));
        return everybody ? [lower, upper] : [own(lower), own(upper)];
      });
    }
    const none = new Float64Array(context.envelopes.count);
    const result = {
      part,
      fixed,
      score,
      bounds,
      pool,
      groups,
      level: new Float64Array(groups.count),
      reserve: none,
      members,
      excluded,
    };
    const sign = part.levy ? -1 : 1;
    if (part.share.as_is !== undefined) {
      const amounts = fixed.map((value, row) => Math.min(Math.max(value, bounds.lower[row]), bounds.upper[row]));
      return { ...result, amounts: amounts.map((value) => sign * value), pool: groups.total(amounts) };
    }
    const solved = resolvedPart(context, result, bounds, path);
    return { ...solved, amounts: solved.amounts.map((value) => sign * value) };
  }

  /** b, s and the natural floor of a part's shares, over those that take part. */
  scoreOf(part, path, members) {
    const { share } = part;
    const zeros = new Float64Array(this.context.size);
    const measure = (key) => this.measured(share[key], [...path, "share", key], members);
    const counts = new Float64Array(members);
    if (share.equally) return [zeros, counts, -Infinity];
    if (share.in_proportion_to !== undefined) return [zeros, measure("in_proportion_to"), -Infinity];
    if (share.level_up !== undefined) {
      const own = this.toldApart(measure("level_up"));
      return [own.map((value) => -value), share.counting === undefined ? counts : measure("counting"), 0];
    }
    if (share.foundation !== undefined) return [this.toldApart(measure("foundation")), measure("rate_on"), 0];
    return [this.measured(share.as_is, [...path, "share", "as_is"], members, !part.levy), zeros, -Infinity];
  }

  /** Refuse figures that stand beside money and hold more units than floats can tell apart. */
  toldApart(values) {
    const beyond = rowsWhere(values.length, (row) => this.context.unit.count(Math.abs(values[row])) > MOST_UNITS);
    if (beyond.length)
      throw new Refusal("sharing", [problem("amount-without-limit", { codes: this.context.codesAt(beyond) })]);
    return values;
  }

  /** Evaluate what a part is shared by; missing and (unless allowed) negative values of its members are refused. */
  measured(tree, path, members, negative = false) {
    const { scope, context } = this;
    const values = scope.settledRows(tree);
    const rows = maskOf(scope.size, () => false);
    context.those.forEach((row, place) => (rows[row] = members[place]));
    const problems = new Problems("formula");
    refuseMissing(problems, scope, tree, values, rows, "wanted-score", context.shown(...path));
    const below = rowsOf(rows).filter((row) => values[row] < 0);
    if (below.length && !negative) {
      const told = {
        codes: codesIn(below.map((row) => scope.table.codes[row])),
        expression: this.page.textOf(tree),
      };
      problems.add("score-negative", context.shown(...path), told);
    }
    problems.refuse();
    return context.among(values).map((value, row) => (members[row] ? value : 0));
  }
}

/** What a part takes from each group envelope; negative for a levy. */
const takenBy = (result, context) => signed(result.part, context.byEnvelope(result.pool, result.groups));

/** What a part's name stands for: the tree of what is paid as it is, else what its level gave each. */
function bindingOf(result, context) {
  const { part, fixed, amounts } = result;
  const due = part.levy || result.scaled ? undefined : part.share.as_is;
  const isAsIs =
    due !== undefined &&
    context.size === context.rows.length &&
    everyOf(result.members) &&
    amounts.every((value, row) => value === fixed[row]);
  if (isAsIs) return due;
  const size = fixed.some((value) => value !== 0) ? context.full(fixed.map(Math.abs), 0) : 0;
  return new Known(context.full(amounts, 0), { size });
}

/** Tell that parts take more than their group envelope holds, with the sums of each group envelope. */
function exceeding(context, taken, envelope, short, where) {
  const found = short.map((group) => {
    const label = context.labels[group];
    const sums = {
      sum: context.amount(taken[group]),
      money: context.amount(envelope[group]),
      gap: context.amount(taken[group] - envelope[group]),
    };
    return problem(label ? "parts-exceed-group-envelope" : "parts-exceed-envelope", { group: label, ...sums }, where);
  });
  return truncated(found);
}

/** Solve a part's level within bounds, keeping its pool. */
function resolvedPart(context, result, bounds, path) {
  const { part, fixed, score, groups, pool: money } = result;
  const byRate = part.share.foundation !== undefined;
  const solved = (within) =>
    byRate
      ? solveRate(
          fixed,
          score,
          within.lower,
          within.upper,
          money,
          groups,
          part.share.rates.map((rate) => rate ?? Infinity),
        )
      : solve(fixed, score, within.lower, within.upper, money, groups);
  let found = solved(bounds);
  const isLacking = found.gap.map((gap, group) => (gap < 0 || found.level[group] < 0 ? 1 : 0));
  const short = part.if_short === "prorate" && anyOf(isLacking);
  if (short) {
    const scaled = prorated(fixed, new Bounds(filled(fixed.length, 0), bounds.upper), bounds.lower, money, groups);
    found = mixed(found, scaled, isLacking, groups);
  }
  const asked = byRate ? null : { earlier: new Bounds(filled(fixed.length, 0), bounds.upper), floors: bounds.lower };
  settle(
    { context, found, bounds, fixed, money, groups, name: part.id, path, byRate, asked },
    part.if_over === "reserve",
    byRate ? null : () => solved(bounds.unmoved),
  );
  const kept = context.byEnvelope(
    found.gap.map((gap) => Math.max(gap, 0)),
    groups,
  );
  return { ...result, amounts: found.amounts, level: found.level, bounds, reserve: kept, prorated: short };
}

/** One solution in some groups, scaled floors in those that lack money. */
function mixed(found, scaled, isLacking, groups) {
  return {
    amounts: found.amounts.map((value, row) => (isLacking[groups.of[row]] ? scaled.amounts[row] : value)),
    gap: found.gap.map((value, group) => (isLacking[group] ? scaled.gap[group] : value)),
    level: found.level.map((value, group) => (isLacking[group] ? 0 : value)),
  };
}
