// Bounds of a part or a stage: evaluated once, moved inward to whole units, and what to do when they cannot be met.

/** Up to so many problems of one kind are all told; beyond, the first few are, and the others counted. */
const MOST_TOLD = 12;
const FEW_TOLD = 5;

/** What every step needs: the page, the unit, who takes part, their codes, their group envelopes. */
class Context {
  constructor(page, scope, withGroups = true) {
    this.page = page;
    this.unit = page.unit;
    // Whom the money is for: the others that take part only count in averages, ranks and scales.
    const { served } = scope.table;
    this.rows = served ? maskOf(scope.size, (row) => scope.takingPart[row] && served[row]) : scope.takingPart;
    this.those = rowsOf(this.rows);
    this.codes = this.those.map((row) => scope.table.codes[row]);
    this.size = this.codes.length;
    this.envelopes = Groups.single(this.size);
    this.labels = [""];
    if (page.within === null || !withGroups) return;
    const { of, labels } = labelledGroups(scope, this, page.within, ["within"]);
    const found = [...new Set(of)].sort((one, other) => one - other);
    const places = new Map(found.map((group, place) => [group, place]));
    this.envelopes = new Groups(
      of.map((group) => places.get(group)),
      found.length,
    );
    this.labels = found.map((group) => labelText(labels[group]));
  }

  /** The values of those that take part, of values of the whole table. */
  among(values) {
    if (isOne(values)) return filled(this.size, values);
    return this.size === values.length ? values : taken(values, this.those);
  }

  /** Spread values of those that take part over the whole table. */
  full(values, fill = NaN) {
    if (this.size === this.rows.length) return values;
    const found = filled(this.rows.length, fill);
    this.those.forEach((row, place) => (found[row] = values[place]));
    return found;
  }

  amount(value, digits = this.unit.digits) {
    return { amount: value, digits };
  }

  /** An amount that lies between two units, with as many decimals as it needs. */
  unrounded(value) {
    const finer = [2, 4, 6].filter((digits) => digits > this.unit.digits);
    return this.amount(value, finer.find((digits) => Number(value.toFixed(digits)) === typedFigure(value)) ?? 8);
  }

  codesAt(rows) {
    return codesIn(rows.map((row) => this.codes[row]));
  }

  /** Groups inside group envelopes: what is in one group but in two group envelopes is two groups. */
  crossed(of, count) {
    if (this.envelopes.count === 1) return new Groups(of, count);
    const keys = Array.from(of, (group, row) => this.envelopes.of[row] * count + group);
    const found = [...new Set(keys)].sort((one, other) => one - other);
    const places = new Map(found.map((key, place) => [key, place]));
    return new Groups(
      keys.map((key) => places.get(key)),
      found.length,
    );
  }

  /** The group envelope that each group draws on. */
  envelopeOf(groups) {
    const found = new Int32Array(groups.count);
    if (groups === this.envelopes) return found.map((_, group) => group);
    groups.of.forEach((group, row) => (found[group] = this.envelopes.of[row]));
    return found;
  }

  /** Sum values of groups by group envelope. */
  byEnvelope(values, groups) {
    if (groups === this.envelopes) return values;
    return new Groups(this.envelopeOf(groups), this.envelopes.count).total(values);
  }

  named(name, envelope) {
    const label = this.labels[envelope];
    return label ? `${name}, ${label}` : name;
  }

  shown(...path) {
    return this.page.shown(path);
  }
}

/** The group of each that takes part, and the groups' labels; those that have none are refused. */
function labelledGroups(scope, context, name, path) {
  const grouping = scope.grouping(name);
  const of = new Int32Array(taken(grouping.of, context.those));
  const none = rowsWhere(of.length, (row) => of[row] < 0);
  if (none.length) {
    throw new Refusal("sharing", [
      problem("group-missing", { name, codes: context.codesAt(none) }, context.shown(...path)),
    ]);
  }
  return { of, labels: grouping.labels };
}

/** Keep every one of some problems, or the first few and a count of the others if they are many. */
function truncated(found, count = found.length) {
  const kept = found.slice(0, count <= MOST_TOLD ? count : FEW_TOLD);
  if (count <= kept.length) return kept;
  return [...kept, problem("input-more", { count: count - kept.length }, kept[kept.length - 1].where)];
}

/** Lower and upper bounds of each row; `exact` holds them as the page states them, before they were moved inward. */
class Bounds {
  constructor(lower, upper, exact = null) {
    Object.assign(this, { lower, upper, exact });
  }

  static none(size) {
    return new Bounds(filled(size, -Infinity), filled(size, Infinity));
  }

  get bindsAnybody() {
    return this.lower.some(Number.isFinite) || this.upper.some(Number.isFinite);
  }

  get unmoved() {
    return this.exact ? new Bounds(...this.exact) : this;
  }

  /** Add later bounds; where the two cross, the earlier wins. */
  then(later) {
    if (!this.bindsAnybody) return later;
    const inside = (values) => values.map((value, row) => Math.min(Math.max(value, this.lower[row]), this.upper[row]));
    const found = new Bounds(inside(later.lower), inside(later.upper));
    if (this.exact || later.exact) {
      const exact = this.unmoved.then(later.unmoved);
      found.exact = [exact.lower, exact.upper];
    }
    return found;
  }

  /** Change every pair of them in one way. */
  mapped(change) {
    return new Bounds(...change(this.lower, this.upper), this.exact && change(...this.exact));
  }

  /** Hold some rows at an amount. */
  frozen(rows, amounts) {
    const held = (values) => values.map((value, row) => (rows[row] ? amounts[row] : value));
    return this.mapped((lower, upper) => [held(lower), held(upper)]);
  }

  /** Leave some rows without any. */
  without(rows) {
    const open = (values, value) => values.map((bound, row) => (rows[row] ? value : bound));
    return this.mapped((lower, upper) => [open(lower, -Infinity), open(upper, Infinity)]);
  }
}

/** Evaluate bounds for those that take part (of whom only `bound` are bounded); a missing bound is no bound. */
function evaluatedBounds(scope, context, { at_least: floor, at_most: cap }, path, bound = null, alike = false) {
  if (floor === undefined && cap === undefined) return Bounds.none(context.size);
  const run = (tree) => context.among(alike ? scope.alike(tree) : scope.settledRows(tree));
  const evaluated = (tree, absent) =>
    tree === undefined
      ? filled(context.size, absent)
      : run(tree).map((value, row) => (value !== value || (bound && !bound[row]) ? absent : value));
  const lower = evaluated(floor, -Infinity);
  let upper = evaluated(cap, Infinity);
  let crossed = rowsWhere(lower.length, (row) => lower[row] > upper[row]);
  if (crossed.length && floor !== undefined && cap !== undefined) {
    const above = context.among(scope.compared(">", floor, cap));
    crossed = crossed.filter((row) => above[row] === 1);
    // What crosses by dust alone is one bound.
    const isCrossed = new Set(crossed);
    upper = upper.map((value, row) => (isCrossed.has(row) ? value : Math.max(lower[row], value)));
  }
  if (crossed.length) {
    throw new Refusal("sharing", [
      problem("bounds-crossed", { codes: context.codesAt(crossed) }, context.shown(...path)),
    ]);
  }
  if (context.page.rounding.bounds !== "inward") return new Bounds(lower, upper);
  const moved = [movedInward(scope, context, floor, lower, "ceil"), movedInward(scope, context, cap, upper, "floor")];
  const squeezed = rowsWhere(lower.length, (row) => moved[0][row] > moved[1][row]);
  if (squeezed.length) {
    const ends = { low: context.unrounded(lower[squeezed[0]]), high: context.unrounded(upper[squeezed[0]]) };
    const told = { codes: context.codesAt(squeezed), ...ends };
    throw new Refusal("sharing", [problem("bounds-without-unit", told, context.shown(...path))]);
  }
  return new Bounds(...moved, [lower, upper]);
}

/** Move a bound inward to a whole unit; one that is a whole unit stays where it is. */
function movedInward(scope, context, tree, bound, way) {
  if (tree === undefined) return bound;
  const units = context.among(scope.rows([way, context.unit.of(tree)]));
  return bound.map((value, row) => (Number.isFinite(value) ? context.unit.money(units[row]) : value));
}

/** Scale floors that money cannot pay: the k with the sum of clip(k floor, b, floor) = E. */
function prorated(fixed, earlier, floors, money, groups) {
  const lowest = fixed.map((value, row) => Math.min(Math.max(value, earlier.lower[row]), earlier.upper[row]));
  const highest = lowest.map((value, row) => Math.max(value, Math.min(floors[row], earlier.upper[row])));
  const scores = floors.map((value) => (Number.isFinite(value) ? Math.max(value, 0) : 0));
  return solve(filled(lowest.length, 0), scores, lowest, highest, money, groups);
}

/**
 * Refuse a solution that leaves money, lacks money, or has a negative level, with the sums and who weighs most.
 * `asStated` solves the same within the bounds as the page states them: where that can be done, moving them to whole
 * units is what makes it impossible, and that is said.
 */
function settle(solved, reserve, asStated = null) {
  const { context, found, groups } = solved;
  const wrong = rowsWhere(
    found.gap.length,
    (g) => (found.gap[g] > 0 && !reserve) || found.gap[g] < 0 || found.level[g] < 0,
  );
  if (!wrong.length) return;
  const stated = asStated && context.page.rounding.bounds === "inward" ? asStated() : null;
  const told = [];
  for (const [place, group] of wrong.entries()) {
    if (told.length === MOST_TOLD) throw new Refusal("sharing", truncated(told, told.length + wrong.length - place));
    const found = unsettled(solved, stated, group);
    if (found) told.push(found);
  }
  if (told.length) throw new Refusal("sharing", told);
}

/** What is wrong in one group; null where a level below zero is but dust. */
function unsettled(solved, stated, group) {
  const { found, bounds, fixed, groups } = solved;
  const rows = groups.rows[group];
  const [gap, money] = [found.gap[group], solved.money[group]];
  const total = sum(taken(found.amounts, rows));
  const say = (id, amount, lacking, weight) => unsettledProblem(solved, stated, { id, group, amount, lacking, weight });
  if (gap && solved.byRate)
    return say(gap > 0 ? "foundation-over" : "foundation-short", total, Math.abs(gap), found.amounts);
  if (gap > 0) {
    const isOpen = rows.some((row) => bounds.upper[row] === Infinity || bounds.upper[row] === -Infinity);
    return say(isOpen ? "stage-nothing-to-share-by" : "stage-over", total, gap, bounds.upper);
  }
  if (gap < 0) return say("stage-short", total, -gap, bounds.lower);
  const atZero = taken(fixed, rows).map((value, place) =>
    Math.min(Math.max(value, bounds.lower[rows[place]]), bounds.upper[rows[place]]),
  );
  const taking = sum(atZero);
  if (taking - money <= DUST * sum(atZero.map(Math.abs))) return null;
  const weight = bounds.lower.map((value, row) => Math.max(value, fixed[row]));
  return say("stage-negative-level", taking, taking - money, weight);
}

function unsettledProblem(solved, stated, { id, group, amount, lacking, weight }) {
  const { context, groups } = solved;
  const values = {
    name: context.named(solved.name, context.envelopeOf(groups)[group]),
    money: context.amount(solved.money[group]),
    gap: context.amount(lacking),
    sum: context.amount(amount),
    codes: context.codesAt(heaviest(groups.rows[group], weight)),
  };
  const dust = DUST * Math.abs(solved.money[group]);
  const fits = stated && Math.abs(stated.gap[group]) <= dust && stated.level[group] >= 0;
  const where = context.shown(...solved.path);
  if (id !== "stage-nothing-to-share-by" && fits) {
    const unit = context.amount(context.unit.top / context.unit.bottom);
    return problem(`${id}-inward`, { ...values, unit }, where);
  }
  const isShort = id === "stage-short" || id === "stage-negative-level";
  const share = isShort && solved.asked ? greatestProtection(solved, group) : null;
  return share === null ? problem(id, values, where) : problem(`${id}-fits`, { ...values, share: { percent: share } }, where);
}

/** The rows that weigh most, at most five; any, where none weighs anything. */
function heaviest(rows, weight) {
  const some = rows.filter((row) => Number.isFinite(weight[row]));
  const heavy = some.filter((row) => weight[row] > 0);
  return [...(heavy.length ? heavy : some)]
    .sort((one, other) => weight[other] - weight[one] || one - other)
    .slice(0, 5);
}
