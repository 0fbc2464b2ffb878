// Limits: ordered stages, each of which solves the level anew for whomever no bound holds.
//
// A stage gives each territory clip(b + L s, lo, hi), where b is what parts paid `each` or `as_is` give (levies
// included) and s is the sum of the other parts. Bounds are evaluated once, as the stage begins; earlier ones stay.

/** The tree of the amounts where every part pays as it is, so that halves and bounds are told exactly. */
function amountTree(context, parts) {
  if (parts.some((result) => bindingOf(result, context) instanceof Known)) return null;
  return parts.map((result) => result.part.id).reduce((one, other) => ["+", one, other]);
}

/** Runs the stages one after another, and keeps what stays in force between them. */
class Stages {
  constructor(context, scope, parts, money, groups) {
    Object.assign(this, { context, scope, money, groups, page: context.page });
    this.parts = [...parts];
    this.addUp();
    this.bounds = Bounds.none(context.size);
    this.isFrozen = new Uint8Array(context.size);
    this.groupBounds = null;
    this.amounts = plus(this.fixed, this.score);
    this.amountTree = money === null ? amountTree(context, parts) : null;
    this.untouched = new Uint8Array(context.size).fill(1);
    this.reserve = new Float64Array(context.envelopes.count);
    this.isProrated = new Uint8Array(context.size);
    this.decided = new Set();
    this.results = [];
  }

  /** Add parts up: b, what those paid `each` or `as_is` give, less levies; s, what the others give. */
  addUp() {
    const total = (fixed) =>
      this.parts
        .filter((result) => isFixed(result.part) === fixed)
        .reduce((one, result) => plus(one, result.amounts), new Float64Array(this.context.size));
    this.fixed = total(true);
    this.score = total(false);
  }

  run() {
    this.page.limits.forEach((limit, place) => {
      const path = ["limits", place];
      const before = this.amounts;
      const scope = this.scopeOf(limit);
      const result = limit.part
        ? this.partStage(limit, scope, path)
        : limit.by
          ? this.groupStage(limit, scope, path)
          : this.stage(limit, scope, path);
      this.untouched = this.untouched.map((is, row) => (is && result.after[row] === before[row] ? 1 : 0));
      this.amounts = result.after;
      this.results.push({ ...result, limit, before, prorated: anyOf(this.isProrated) });
      this.isProrated = new Uint8Array(this.context.size);
    });
  }

  scopeOf(limit) {
    const known = this.parts.map((result) => [result.part.id, bindingOf(result, this.context)]);
    const size = this.context.full(this.fixed.map(Math.abs), 0);
    const isDue = this.amountTree !== null && everyOf(this.untouched);
    // A tree is read in the scope above, which knows the parts.
    if (isDue) known.push(["amount", this.amountTree]);
    else known.push(["amount", new Known(this.context.full(this.amounts, 0), { size })]);
    const part = limit.part ? this.parts.find((result) => result.part.id === limit.part).part : null;
    if (part?.previous) known.push(["previous", part.previous]);
    return this.scope.bound(known);
  }

  /** Bound each territory's amount. */
  stage(limit, scope, path) {
    const { context } = this;
    const earlier = this.bounds;
    const stated = this.withoutExempt(limit, scope, path).without(this.isFrozen);
    this.bounds = earlier.then(stated);
    const [overridden, amounts] = this.overrides(limit, scope, path);
    this.bounds = this.bounds.frozen(overridden, amounts);
    let [level, kept, onTop] = [
      new Float64Array(0),
      new Float64Array(context.envelopes.count),
      new Float64Array(context.envelopes.count),
    ];
    let after;
    if (limit.fund === "on_top" || this.money === null) {
      after = this.clipped(limit, path);
      const gained = after.map((value, row) => value - this.amounts[row]);
      onTop = context.envelopes.total(gained);
      if (this.money !== null) this.money = plus(this.money, this.groups.total(gained));
    } else {
      const movedBy = limit.move === undefined ? null : this.movedBy(limit, scope, path);
      [after, level, kept] = this.solved(limit, earlier, stated, path, movedBy);
    }
    const [raised, lowered] = this.held(after, stated);
    this.isFrozen = either(this.isFrozen, overridden);
    if (limit.then === "hold") {
      const held = either(raised, lowered);
      this.bounds = this.bounds.frozen(held, after);
      this.isFrozen = either(this.isFrozen, held);
    }
    const told = (mask) => mask.map((is, row) => (is && !overridden[row] ? 1 : 0));
    return { after, raised: told(raised), lowered: told(lowered), overridden, level, onTop, kept };
  }

  /** Whom a stage's floor holds, and whom its cap: by no more than what solving a level may leave of dust. */
  held(after, stated) {
    const isAt = (row, bound) =>
      Math.abs(after[row] - bound) <= DUST * (Math.abs(after[row]) + Math.abs(this.fixed[row]));
    const raised = maskOf(after.length, (row) => {
      const reached = isAt(row, stated.lower[row]) || (this.isProrated[row] && after[row] <= stated.lower[row]);
      return reached && isAt(row, this.bounds.lower[row]);
    });
    const lowered = maskOf(
      after.length,
      (row) => isAt(row, stated.upper[row]) && isAt(row, this.bounds.upper[row]) && !raised[row],
    );
    return [raised, lowered];
  }

  /** Find the level within all bounds in force; give amounts, level and what caps leave, by group envelope. */
  solved(limit, earlier, stated, path, movedBy = null) {
    const { context, fixed, groups } = this;
    const score = movedBy ?? this.score;
    const bounds = this.withinGroupBounds(this.fixed, score, path);
    let found = solve(this.fixed, score, bounds.lower, bounds.upper, this.money, this.groups);
    const short = found.gap.map((gap, group) => (gap < 0 || found.level[group] < 0 ? 1 : 0));
    if (limit.if_short === "prorate" && anyOf(short)) {
      const floors = stated.lower.map((value, row) => (this.isFrozen[row] ? -Infinity : value));
      const scaled = prorated(this.fixed, earlier, floors, this.money, this.groups);
      this.isProrated = maskOf(context.size, (row) => short[this.groups.of[row]]);
      found = mixed(found, scaled, short, this.groups);
      this.bounds = new Bounds(
        bounds.lower.map((value, row) => (this.isProrated[row] ? scaled.amounts[row] : value)),
        bounds.upper.map((value, row) => (this.isProrated[row] ? Math.max(value, scaled.amounts[row]) : value)),
      );
    }
    const { money } = this;
    const asked = { earlier, floors: stated.lower };
    const solved = { context, found, bounds, fixed, money, groups, name: limit.id, path, asked };
    settle(solved, limit.if_over === "reserve", () => this.solvedAsStated(score, path));
    const left = found.gap.map((gap) => Math.max(gap, 0));
    this.money = this.money.map((value, group) => value - left[group]);
    const kept = context.byEnvelope(left, groups);
    this.reserve = plus(this.reserve, kept);
    return [found.amounts, found.level, kept];
  }

  /** Solve within the bounds as the page states them, before they were moved to whole units. */
  solvedAsStated(score, path) {
    const [moved, held] = [this.bounds, this.groupBounds];
    this.bounds = moved.unmoved;
    if (held) this.groupBounds = { ...held, bounds: held.bounds.unmoved };
    try {
      const within = this.withinGroupBounds(this.fixed, score, path);
      return solve(this.fixed, score, within.lower, within.upper, this.money, this.groups);
    } finally {
      [this.bounds, this.groupBounds] = [moved, held];
    }
  }

  /** Bound amounts without sharing anything anew; bounds of groups stay in force. */
  clipped(limit, path) {
    const clip = ({ lower, upper }) =>
      this.amounts.map((value, row) => Math.min(Math.max(value, lower[row]), upper[row]));
    if (limit.fund !== "on_top") {
      // Nothing is shared, so nobody's part is fixed: a group comes to its bound in proportion to its amounts.
      const score = this.amounts.map((value) => Math.max(value, 0));
      return clip(this.withinGroupBounds(new Float64Array(this.context.size), score, path));
    }
    const after = clip(this.bounds);
    if (this.groupBounds) {
      const { groups, bounds } = this.groupBounds;
      const problems = new Problems("sharing");
      groups.total(after).forEach((total, group) => {
        if (total > bounds.upper[group] + DUST * Math.abs(total))
          this.impossible(problems, "group-cap-impossible", group, total, path);
      });
      problems.refuse();
    }
    return after;
  }

  /** Note a bound of a group's total that its members cannot meet. */
  impossible(problems, id, group, total, path) {
    const { bounds, labels } = this.groupBounds;
    const bound = id === "group-floor-impossible" ? bounds.lower[group] : bounds.upper[group];
    const told = {
      group: groupText(labels[group]),
      bound: this.context.amount(bound),
      sum: this.context.amount(total),
    };
    problems.add(id, this.context.shown(...path), told);
  }

  /** Evaluate a stage's bounds; `except` removes the bound only. */
  withoutExempt(limit, scope, path) {
    if (limit.except === undefined) return evaluatedBounds(scope, this.context, limit, path);
    const values = scope.settledRows(limit.except);
    const problems = new Problems("formula");
    refuseMissing(
      problems,
      scope,
      limit.except,
      values,
      this.context.rows,
      "wanted-condition",
      this.context.shown(...path, "except"),
    );
    problems.refuse();
    const bound = maskOf(this.context.size, (place) => values[this.context.those[place]] === 0);
    return evaluatedBounds(scope, this.context, limit, path, bound);
  }

  /** Find the territories whose amount is decided by name. */
  overrides(limit, scope, path) {
    const { context } = this;
    const [rows, amounts] = [new Uint8Array(context.size), new Float64Array(context.size)];
    const problems = new Problems("sharing");
    limit.override.forEach(({ code, amount: tree }, place) => {
      const where = context.shown(...path, "override", place);
      const row = context.codes.indexOf(code);
      const [value, unit] = [context.page.textOf(tree), context.unit.size];
      if (row < 0) return problems.add("override-unknown", where, { code, nearest: { nearest: [] } });
      if (rows[row] || this.decided.has(code)) return problems.add("override-twice", where, { code });
      const amount = context.among(scope.rows(tree))[row];
      const units = context.unit.of(tree);
      const isWhole = context.among(scope.compared("==", units, ["round", units]))[row] === 1;
      if (!Number.isFinite(amount) || !isWhole)
        return problems.add("override-not-multiple", where, { code, value, unit });
      if (limit.fund === "on_top" && amount < this.amounts[row])
        return problems.add("override-lowers", where, { code, value });
      rows[row] = 1;
      amounts[row] = amount;
    });
    problems.refuse();
    for (const { code } of limit.override) this.decided.add(code);
    return [rows, amounts];
  }

  movedBy(limit, scope, path) {
    const { context } = this;
    const values = scope.settledRows(limit.move);
    const problems = new Problems("formula");
    const where = context.shown(...path, "move");
    refuseMissing(problems, scope, limit.move, values, context.rows, "wanted-score", where);
    const below = context.those.filter((row) => values[row] < 0);
    if (below.length) {
      const codes = codesIn(below.map((row) => scope.table.codes[row]));
      problems.add("score-negative", where, { codes, expression: context.page.textOf(limit.move) });
    }
    problems.refuse();
    return context.among(values);
  }

  /** Bound one part, which keeps its pool; then the whole again where bounds are in force. */
  partStage(limit, scope, path) {
    const { context } = this;
    const place = this.parts.findIndex((result) => result.part.id === limit.part);
    const was = this.parts[place];
    const stated = this.withoutExempt(limit, scope, path);
    const wanted = { ...was, part: { ...was.part, if_short: limit.if_short, if_over: limit.if_over } };
    const solved = resolvedPart(context, wanted, was.bounds.then(stated), path);
    this.parts[place] = { ...solved, part: was.part };
    this.addUp();
    const kept = solved.reserve.map((value, envelope) => value - was.reserve[envelope]);
    if (this.money !== null && kept.some((value) => value !== 0)) {
      const lost = this.groups.total(was.amounts.map((value, row) => value - solved.amounts[row]));
      this.money = this.money.map((value, group) => value - lost[group]);
      this.reserve = plus(this.reserve, kept);
    }
    let [after, level] = [null, new Float64Array(0)];
    if (this.money === null) {
      this.amounts = plus(this.fixed, this.score);
      after = this.clipped(limit, path);
    } else {
      [after, level] = this.solved(limit, this.bounds, Bounds.none(context.size), path);
    }
    const raised = maskOf(
      context.size,
      (row) => solved.amounts[row] <= stated.lower[row] && stated.lower[row] > -Infinity,
    );
    const lowered = maskOf(context.size, (row) => solved.amounts[row] >= stated.upper[row] && !raised[row]);
    const none = new Float64Array(context.envelopes.count);
    return { after, raised, lowered, overridden: new Uint8Array(context.size), level, onTop: none, kept };
  }

  /** Bound the totals of groups, solved jointly with their members' bounds. */
  groupStage(limit, scope, path) {
    const { context } = this;
    const { of, labels } = labelledGroups(scope, context, limit.by, [...path, "by"]);
    const groups = context.crossed(of, labels.length);
    const named = [];
    groups.of.forEach((group, row) => (named[group] = labels[of[row]]));
    const stated = evaluatedBounds(scope, context, limit, path, null, true);
    let bounds = stated.mapped((low, high) => [this.oneEach(low, groups, path), this.oneEach(high, groups, path)]);
    const { lower, upper } = bounds;
    if (this.groupBounds) bounds = this.groupBounds.bounds.then(bounds);
    this.groupBounds = { groups, bounds, labels: named };
    const [overridden, amounts] = this.overrides(limit, scope, path);
    this.bounds = this.bounds.frozen(overridden, amounts);
    let [after, level, kept] = [null, new Float64Array(0), new Float64Array(context.envelopes.count)];
    if (this.money === null) after = this.clipped(limit, path);
    else {
      const movedBy = limit.move === undefined ? null : this.movedBy(limit, scope, path);
      [after, level, kept] = this.solved(limit, this.bounds, Bounds.none(context.size), path, movedBy);
    }
    this.isFrozen = either(this.isFrozen, overridden);
    const [totals, sizes] = [groups.total(after), groups.total(after.map(Math.abs))];
    const near = totals.map((total, group) => DUST * (Math.abs(total) + sizes[group]));
    const raised = maskOf(
      context.size,
      (row) => totals[groups.of[row]] <= lower[groups.of[row]] + near[groups.of[row]],
    );
    const lowered = maskOf(
      context.size,
      (row) => totals[groups.of[row]] >= upper[groups.of[row]] - near[groups.of[row]] && !raised[row],
    );
    return { after, raised, lowered, overridden, level, onTop: new Float64Array(context.envelopes.count), kept };
  }

  /** The one bound of each group; one that differs among its members is refused. */
  oneEach(values, groups, path) {
    const byGroup = new Float64Array(groups.count);
    groups.of.forEach((group, row) => (byGroup[group] = values[row]));
    const differs = rowsWhere(values.length, (row) => values[row] !== byGroup[groups.of[row]]);
    if (differs.length) {
      const told = { codes: this.context.codesAt(differs) };
      throw new Refusal("sharing", [problem("group-bound-differs", told, this.context.shown(...path))]);
    }
    return byGroup;
  }

  /**
   * Turn bounds on a group's total into bounds of its members. A group stands at its bound from the level at which its
   * total reaches it. Held there, each member has the amount of that level.
   */
  withinGroupBounds(fixed, score, path) {
    if (!this.groupBounds) return this.bounds;
    const { groups, bounds } = this.groupBounds;
    let { lower, upper } = this.bounds;
    const problems = new Problems("sharing");
    for (const [wanted, isFloor] of [
      [bounds.lower, true],
      [bounds.upper, false],
    ]) {
      const money = wanted.map((value) => (Number.isFinite(value) ? value : 0));
      const found = solve(fixed, score, this.bounds.lower, this.bounds.upper, money, groups);
      const clipped = fixed.map((value, row) =>
        Math.min(Math.max(value, this.bounds.lower[row]), this.bounds.upper[row]),
      );
      const [lowest, highest] = [groups.total(clipped), groups.total(found.amounts)];
      // A floor below what members' floors give, or a cap above what their caps allow, binds nobody.
      const isBinding = maskOf(
        wanted.length,
        (g) => Number.isFinite(wanted[g]) && (isFloor ? found.gap[g] >= 0 : found.gap[g] <= 0),
      );
      isBinding.forEach((is, group) => {
        const gap = found.gap[group];
        if (!is || !(isFloor ? gap > 0 : gap < 0 || found.level[group] < 0)) return;
        this.impossible(
          problems,
          isFloor ? "group-floor-impossible" : "group-cap-impossible",
          group,
          (isFloor ? highest : lowest)[group],
          path,
        );
      });
      const held = (values) => values.map((value, row) => (isBinding[groups.of[row]] ? found.amounts[row] : value));
      if (isFloor) lower = held(lower);
      else upper = held(upper);
    }
    problems.refuse();
    return new Bounds(
      lower,
      upper.map((value, row) => Math.max(value, lower[row])),
    );
  }
}

const either = (one, other) => one.map((is, row) => (is || other[row] ? 1 : 0));
/** A group's label as Python's `str` has it: 3.0 for the number 3. */
const groupText = (label) =>
  typeof label === "number"
    ? Number.isInteger(label) && Math.abs(label) < 1e16
      ? `${label}.0`
      : written(label)
    : label;
