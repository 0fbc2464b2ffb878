// A tree in floats, each value with a bound on its error: worked out only for trees that a comparison reads.

/** Roundings that an index's score goes through, for each of its criteria. */
const SCORE_ROUNDINGS = 64;
const AGGREGATES_NEAR = new Set(["total", "average", "median", "quantile", "lowest", "highest", "deviation"]);

/** Bound an index's error as a part of its highest score: a scale narrow beside its values magnifies theirs. */
function errorOfScores(scoring) {
  const spreads = scoring.criteria.filter((each) => each.high > each.low);
  const magnified = spreads.map((each) => Math.max(Math.abs(each.low), Math.abs(each.high)) / (each.high - each.low));
  return SCORE_ROUNDINGS * (scoring.criteria.length + 1) * Math.max(1, ...magnified) * UNIT_ROUNDOFF;
}

/** Reads trees in a scope with how far each value may lie from the exact one. */
class Bounded {
  constructor(scope) {
    this.scope = scope;
    this.names = new Map();
  }

  read(node) {
    if (isNumber(node)) return Near.typed(typedFigure(node));
    if (node === null) return new Near(NaN, 0);
    if (isName(node)) return this.name(node);
    if (isAggregate(node) && AGGREGATES_NEAR.has(node.aggregate)) return this.aggregate(node);
    if (!isAggregate(node) && node[0] === "neg") return this.read(node[1]).negative();
    if (isBinary(node)) return this.binary(...node);
    const name = functionOf(node);
    if (name in NEARS) return NEARS[name](this, node.slice(1));
    // What is decided (a condition, a step, a rounding, a rank) is a figure.
    return Near.typed(typed(this.scope.evaluate(node)));
  }

  name(name) {
    const home = this.scope.home(name);
    if (home !== this.scope) return home.equality.bounded.name(name);
    if (!this.names.has(name)) this.names.set(name, this.named(name));
    return this.names.get(name);
  }

  named(name) {
    const { scope } = this;
    const origin = scope.origin(name);
    if (origin) return origin[0].equality.bounded.read(origin[1]);
    if (scope.known.has(name)) return scope.known.get(name).near();
    if (!(name in scope.page.indices)) return Near.typed(scope.figures(name));
    const scoring = scope.scoring(name);
    const largest = scoring.scores.reduce((found, value) => Math.max(found, Math.abs(value) || 0), 0);
    return new Near(scoring.scores, filled(scope.size, largest * errorOfScores(scoring)));
  }

  binary(operator, left, right) {
    const one = this.read(left);
    if (operator === "/") {
      const divisor = this.read(right);
      const value = map2((below, settled) => (settled === 0 ? NaN : below), divisor.value, this.scope.settled(right));
      return one.over(new Near(value, divisor.error));
    }
    if (operator !== "**") return one[WAYS[operator]](this.read(right));
    const power = wholePower(right);
    if (power === null) return this.anyPower(left, right);
    return power >= 0 ? one.power(power) : this.binary("/", 1, ["**", left, -power]);
  }

  /** A power that is no whole number: its error from the base's and the exponent's, and two roundings. */
  anyPower(left, right) {
    const [base, exponent] = [this.read(left), this.read(right)];
    const value = this.scope.evaluate(["**", left, right]);
    const errorFrom = (a, e, b, f) => {
      const relative = e === 0 || b === 0 ? 0 : (Math.abs(b) * e) / (Math.abs(a) - e);
      const grown = f === 0 ? 0 : Math.abs(Math.log(Math.abs(a))) * f;
      return [relative + grown, relative < 0 ? 1 : 0];
    };
    const parts = Near.of(errorFrom, base, exponent);
    const errorOf = (found, relative, isUnsafe) => {
      const error = 2 * Math.abs(found) * relative + 4 * UNIT_ROUNDOFF * Math.abs(found);
      return error !== error || isUnsafe ? Infinity : error;
    };
    return new Near(value, map3(errorOf, value, parts.value, parts.error));
  }

  aggregate(node) {
    const { scope } = this;
    const [counted, grouping] = scope.counted(node);
    const count = grouping ? grouping.labels.length : 1;
    const inside = rowsOf(counted).filter((row) => !grouping || grouping.of[row] >= 0);
    const of = inside.map((row) => (grouping ? grouping.of[row] : 0));
    const argument = this.read(node.of[0]).rows(scope.size).at(inside);
    const weights = "weights" in node ? this.read(node.weights).rows(scope.size).at(inside) : null;
    let found;
    if (node.aggregate === "total" || node.aggregate === "average") {
      found = (weights ? argument.times(weights) : argument).summed(of, count);
      if (node.aggregate === "average") {
        const below = (weights ?? Near.typed(filled(inside.length, 1))).summed(of, count);
        found = found.over(
          new Near(
            map1((value) => (value === 0 ? NaN : value), below.value),
            below.error,
          ),
        );
      }
    } else {
      const values = laid(scope.evaluate(node), scope.size);
      const byGroup = filled(count, NaN);
      for (let row = 0; row < scope.size; row++) {
        const group = grouping ? grouping.of[row] : 0;
        if (group >= 0) byGroup[group] = values[row];
      }
      found = argument.byGroup(byGroup, of, count);
      if (node.aggregate === "deviation") {
        // A deviation moves at most twice as much as its values, and is summed over them.
        const terms = new Float64Array(count);
        for (const group of of) terms[group] += 1;
        found = new Near(
          byGroup,
          map2((error, many) => error * (2 + many), found.error, terms),
        );
      }
    }
    if (!grouping) return new Near(found.value[0], found.error[0]);
    const { of: groups } = grouping;
    const spreadOf = (values, outside) =>
      made(groups.length, (row) => (groups[row] >= 0 ? values[groups[row]] : outside));
    return new Near(spreadOf(found.value, NaN), spreadOf(found.error, 0));
  }
}

const WAYS = { "+": "plus", "-": "minus", "*": "times" };

/** Read a smooth function of one argument, given its steepest slope between two values. */
const smooth = (name, slope) => (bounded, given) => {
  const argument = bounded.read(given[0]);
  const settled = bounded.scope.settled(given[0]);
  const value = FUNCTIONS[name](settled);
  return new Near(settled, argument.error).through(value, map2(slope, settled, argument.error));
};

function rootNear(bounded, given) {
  const argument = bounded.read(given[0]);
  const value = FUNCTIONS.sqrt(bounded.scope.settled(given[0]));
  // |sqrt(a) - sqrt(b)| is at most |a - b| / sqrt(a), and at most sqrt(|a - b|).
  const errorOf = (found, error) => {
    const near = error === 0 ? 0 : Math.min(found > 0 ? error / found : Infinity, Math.sqrt(error));
    return near + 2 * UNIT_ROUNDOFF * Math.abs(found);
  };
  return new Near(value, map2(errorOf, value, argument.error));
}

/** Read `bracket` or `interpolate`: continuous lines made of pieces, as steep as the steepest. */
const along = (name) => (bounded, given) => {
  const table = bounded.scope.page.tables[given[1]];
  const argument = bounded.read(given[0]);
  let rates = [...table.values, table.above ?? 0];
  if (name === "interpolate") {
    const slopes = table.edges
      .slice(1)
      .map((edge, place) => (table.values[place + 1] - table.values[place]) / (edge - table.edges[place]));
    rates = [...slopes, 0];
  }
  const steepest = Math.max(...rates.map(Math.abs));
  const farthest = Math.max(...table.edges.map(Math.abs));
  const highest = Math.max(...table.values.map(Math.abs));
  const terms = 4 * (table.edges.length + 2) * UNIT_ROUNDOFF;
  const errorOf = (x, error) => steepest * error + terms * (steepest * (Math.abs(x) + farthest) + highest);
  return new Near(bounded.scope.evaluate([name, ...given]), map2(errorOf, argument.value, argument.error));
};

const summedNear = (bounded, given) => given.map((each) => bounded.read(each)).reduce((one, other) => one.plus(other));
const middlingNear = (name) => (bounded, given) => {
  const nears = given.map((each) => bounded.read(each));
  return Near.middling(FUNCTIONS[name](...nears.map((near) => near.value)), nears);
};

const NEARS = {
  abs: (bounded, [value]) => bounded.read(value).abs(),
  bracket: along("bracket"),
  clip: (bounded, [value, low, high]) => bounded.read(value).greatest(bounded.read(low)).least(bounded.read(high)),
  default: (bounded, [value, instead]) => {
    const missing = map1((x) => (x !== x ? 1 : 0), bounded.scope.evaluate(value));
    return bounded.read(instead).where(missing, bounded.read(value));
  },
  exp: smooth("exp", (value, error) => Math.exp(value + error)),
  interpolate: along("interpolate"),
  log: smooth("log", (value, error) => 1 / Math.max(value - error, 0)),
  max: (bounded, given) => given.map((each) => bounded.read(each)).reduce((one, other) => one.greatest(other)),
  mean_of: (bounded, given) => summedNear(bounded, given).over(Near.typed(given.length)),
  median_of: middlingNear("median_of"),
  min: (bounded, given) => given.map((each) => bounded.read(each)).reduce((one, other) => one.least(other)),
  sqrt: rootNear,
  sum_of: summedNear,
  trimmed_mean: middlingNear("trimmed_mean"),
  weighted_sum: (bounded, [name]) => {
    const table = bounded.scope.page.tables[name];
    const terms = table.columns.map((column, place) =>
      bounded.name(column).times(Near.typed(typedFigure(table.values[place]))),
    );
    return terms.reduce((one, other) => one.plus(other));
  },
  where: (bounded, [condition, yes, no]) => {
    const holds = bounded.scope.settled(condition);
    return bounded.read(yes).where(holds, bounded.read(no));
  },
};
