// Composite scores: each criterion measured, turned so that more means more need, brought to one scale, combined.
// Weights are relative within their parent.

/** What every territory scores where no criterion distinguishes anybody. */
const NEUTRAL = 0.5;
const BY_RANK = { name: "rank", parameters: { ties: "average", scale: "share" } };

/** Score an index over those that take part: scores of every row, missing for the others. */
function scoredIndex(name, scope) {
  const build = new IndexBuilder(name, scope);
  const tree = build.branch(build.index, ["indices", name]);
  build.problems.refuse();
  const rows = rowsOf(scope.takingPart);
  const scores = filled(scope.size, NaN);
  const { criteria, warnings } = build;
  if (!tree) {
    for (const row of rows) scores[row] = NEUTRAL;
    warnings.push(problem("index-neutral", { index: name }));
    return { scores, criteria: [], shares: {}, warnings };
  }
  const isPlain = isLinear(tree) && isSameForAll(tree) && criteria.every((criterion) => criterion.isComplete);
  const found = isPlain ? weightedMean(tree, criteria, rows.length) : combined(tree, criteria, rows.length);
  rows.forEach((row, place) => (scores[row] = found[place]));
  return { scores, criteria, warnings, tree };
}

const isLinear = (tree) =>
  tree.method.name === "arithmetic" && tree.children.every((child) => isOne(child) || isLinear(child));
const isSameForAll = (tree) =>
  tree.weights.every((weight) => weight.length === 1) &&
  tree.children.every((child) => isOne(child) || isSameForAll(child));

/** Scores where all is linear, complete and weighs the same for all, criterion by criterion. */
function weightedMean(tree, criteria, size) {
  const total = new Float64Array(size);
  tree.children.forEach((child, place) => {
    const scores = isOne(child) ? criteria[child].scores : weightedMean(child, criteria, size);
    const weight = tree.weights[place][0];
    for (let row = 0; row < size; row++) total[row] += scores[row] * weight;
  });
  const whole = sum(tree.weights.map((weight) => weight[0]));
  return total.map((value) => value / whole);
}

/** Each row's score from the scores of all criteria. */
function combined(tree, criteria, size) {
  const columns = tree.children.map((child) =>
    isOne(child) ? criteria[child].scores : combined(child, criteria, size),
  );
  const rows = Array.from({ length: size }, (_, row) => columns.map((column) => column[row]));
  const weights = rows.map((_, row) => tree.weights.map((weight) => weight[weight.length === 1 ? 0 : row]));
  return Float64Array.from(AGGREGATORS[tree.method.name].run(rows, weights, tree.method.parameters));
}

/** Each criterion's part of the whole weight, on average over some rows. */
function sharesOfWeight(scoring, among) {
  const found = {};
  const into = (tree, share, row) => {
    const there = (child) =>
      isOne(child)
        ? scoring.criteria[child].scores[row] === scoring.criteria[child].scores[row]
        : child.children.some(there);
    const weights = tree.weights.map((weight, place) =>
      there(tree.children[place]) ? weight[weight.length === 1 ? 0 : row] : 0,
    );
    const whole = Math.max(sum(weights), Number.MIN_VALUE);
    tree.children.forEach((child, place) => {
      const part = (share * weights[place]) / whole;
      if (isOne(child)) found[scoring.criteria[child].name] = (found[scoring.criteria[child].name] ?? 0) + part;
      else into(child, part, row);
    });
  };
  if (!scoring.tree) return found;
  const isPlain = isSameForAll(scoring.tree) && scoring.criteria.every((criterion) => criterion.isComplete);
  const rows = isPlain ? among.slice(0, 1) : among;
  for (const row of rows) into(scoring.tree, 1 / rows.length, row);
  return found;
}

/** Walks an index, measures its criteria, and collects what is wrong. */
class IndexBuilder {
  constructor(name, scope) {
    Object.assign(this, { name, scope, index: scope.page.indices[name], criteria: [], warnings: [] });
    this.problems = new Problems("formula");
  }

  /** Build a family's branch; null where all of it dropped out. */
  branch(group, path) {
    const method = group.aggregate ?? this.index.aggregate;
    if (method.refused) {
      this.problems.found.push(method.refused);
      if (!method.parameters) return null;
    }
    const [names, children, weights] = [[], [], []];
    for (const [kind, work] of [
      ["criteria", "criterion"],
      ["families", "branch"],
    ]) {
      for (const spec of group[kind]) {
        const key = spec.name;
        const below = [...path, kind, key];
        const weight = this.weight(spec, below);
        const child =
          weight === null ? null : work === "branch" ? this.branch(spec, below) : this.criterion(key, spec, below);
        if (child === null) continue;
        names.push(key);
        children.push(child);
        weights.push(weight);
      }
    }
    if (!children.length) return null;
    this.sameTotal(group, weights, path);
    this.enoughPresent(children, weights, path);
    this.suits(method, children, path);
    return { method, names, children, weights };
  }

  /** Refuse scores that an aggregator cannot take: zeros in a product, places that do not match. */
  suits(method, children, path) {
    const { order } = method.parameters;
    if (order !== undefined && (order.length !== children.length || Math.min(...order) < 0 || added(order) === 0)) {
      this.problems.add("order-length", this.place(path), { count: children.length });
    }
    for (const child of children) {
      if (!AGGREGATORS[method.name].positive || !isOne(child)) continue;
      const found = this.criteria[child];
      const rows = rowsWhere(found.scores.length, (row) => found.scores[row] <= 0);
      if (!rows.length) continue;
      const about = { method: method.name, criterion: found.name, codes: codesIn(codesOf(this.scope, rows)) };
      // As the page would write them: no thousands, no typographic minus.
      const [low, high] = [sixDigits(found.low - (found.high - found.low) / 99), sixDigits(found.high)];
      this.problems.add("score-not-positive", this.place(path), { ...about, low, high });
    }
  }

  /** A weight for each territory that takes part, or one for all; null where it is zero or unusable. */
  weight(spec, path) {
    const number = plainNumber(spec.weight);
    if (number > 0 && number < Infinity) return Float64Array.of(number);
    const values = number ?? this.scope.taking(this.scope.settled(spec.weight));
    const weights = isOne(values) ? Float64Array.of(values) : values;
    if (weights.length && !(least(weights) >= 0 && most(weights) < Infinity)) {
      this.problems.add("weight-unusable", this.place([...path, "weight"]), {
        weight: this.scope.page.textOf(spec.weight),
      });
      return null;
    }
    return weights.length && most(weights) > 0 ? weights : null;
  }

  /** Refuse weights whose total differs, or is not that of the points that the page states. */
  sameTotal(group, weights, path) {
    const { scope } = this;
    const trees = [...group.criteria, ...group.families].map((child) => child.weight);
    const whole = () => trees.reduce((one, other) => ["+", one, other]);
    if (group.points !== undefined && group.points !== null) {
      const isWrong = scope.compared("!=", whole(), group.points);
      const rows = rowsOf(maskOf(scope.size, (row) => at(isWrong, row) === 1 && scope.takingPart[row]));
      const codes = codesIn(rows.map((row) => scope.table.codes[row]));
      if (rows.length)
        this.problems.add("points-not-sum", this.place(path), { points: numeralOf(group.points), codes });
      return;
    }
    const rows = Math.max(...weights.map((weight) => weight.length));
    let totals = Float64Array.from({ length: rows }, (_, row) =>
      sum(weights.map((weight) => weight[weight.length === 1 ? 0 : row])),
    );
    if (rows > 1 && weights.some((weight) => !isConstant(weight))) {
      // A criterion that drops out takes its weight along: those that are left must still have one total.
      if (trees.length === weights.length) totals = scope.taking(scope.alike(whole()));
      totals = alikeButForDust(totals);
    }
    const [low, high] = [least(totals), most(totals)];
    if (totals.length && (high !== low || low <= 0)) {
      this.problems.add("weights-differ", this.place(path), { low: numeralOf(low), high: numeralOf(high) });
    }
  }

  /** Refuse a territory for which too little of a family's weight is there. */
  enoughPresent(children, weights, path) {
    const criteria = children.map((child) => (isOne(child) ? this.criteria[child] : null));
    const size = rowsOf(this.scope.takingPart).length;
    const weightOf = (place, row) => weights[place][weights[place].length === 1 ? 0 : row];
    const wanted = Math.max(0, ...criteria.map((criterion) => criterion?.missing.minimum_present ?? 0));
    const short = [];
    for (let row = 0; row < size; row++) {
      const all = children.map((_, place) => weightOf(place, row));
      const isPresent = (criterion) => !criterion || criterion.scores[row] === criterion.scores[row];
      const present = all.map((weight, place) => (isPresent(criteria[place]) ? weight : 0));
      const share = sum(present) / Math.max(sum(all), Number.MIN_VALUE);
      if (share < wanted - DUST || share <= 0) short.push(row);
    }
    if (short.length) {
      const told = { codes: codesIn(codesOf(this.scope, short)), wanted: numeralOf(wanted) };
      this.problems.add("too-little-present", this.place(path), told);
    }
  }

  /** Measure one criterion; its column, or null where it drops out. */
  criterion(name, criterion, path) {
    // Inside groups ranks are the default: their mean is the same in each group whatever the values.
    const normaliser = criterion.normalise ?? (criterion.more_need_when.by ? BY_RANK : this.index.normalise);
    if (normaliser.refused) {
      this.problems.found.push(normaliser.refused);
      return null;
    }
    if (!parametersFit(NORMALISERS[normaliser.name], normaliser.parameters)) {
      const parameters = Object.keys(NORMALISERS[normaliser.name].parameters).join(", ") || "—";
      this.problems.add("method-parameters", this.place([...path, "normalise"]), {
        name: normaliser.name,
        parameters,
      });
      return null;
    }
    const what = {
      name,
      index: this.name,
      criterion,
      normaliser,
      missing: criterion.missing ?? this.index.missing,
      outliers: criterion.outliers === undefined ? this.index.outliers : criterion.outliers,
      path,
      page: this.scope.page,
    };
    const found = measured(what, this.scope, this.problems, this.warnings);
    if (!found) return null;
    this.criteria.push(found);
    return this.criteria.length - 1;
  }

  place(path) {
    return this.scope.page.shown(path);
  }
}

/** A number in six significant digits, as Python's `.6g` writes it. */
function sixDigits(value) {
  if (!value) return "0";
  const [digits, exponent] = value.toExponential(5).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(value.toPrecision(6)));
  const sign = power < 0 ? "-" : "+";
  return `${Number(digits)}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
}
