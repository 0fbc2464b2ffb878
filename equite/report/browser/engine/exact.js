// A tree in exact fractions, row by row; asked only for rows that have a value.

const EXACT_OPERATORS = { "+": "plus", "-": "minus", "*": "times", "/": "over" };
const WITHOUT_EXACT_VALUE = new Set(["exp", "log", "sqrt"]);

/** A fraction of a value that is there; what is missing has none. */
const fractionsOf = (figures) => figures.map((figure) => (figure === figure ? fractionOf(typedFigure(figure)) : null));

class Exact {
  constructor(scope) {
    this.scope = scope;
    this.names = new Map();
    this.sums = new Map();
  }

  /** The exact values of some rows; Inexact where the tree holds what has none. */
  read(node, rows) {
    if (isNumber(node)) return rows.map(() => fractionOf(typedFigure(node)));
    if (node === null || isLabel(node)) throw new Inexact();
    if (isName(node)) return this.name(node, rows);
    if (isAggregate(node)) return this.aggregate(node, rows);
    if (node[0] === "neg") return this.read(node[1], rows).map((value) => value.negative());
    if (isBinary(node)) return this.binary(...node, rows);
    return isCondition(node) ? this.figures(this.scope.evaluate(node), rows) : this.call(node, rows);
  }

  /** A name's exact values: one that stands twice in another is worked out once. */
  name(name, rows) {
    const home = this.scope.home(name);
    if (home !== this.scope) return home.equality.exact.name(name, rows);
    const origin = this.scope.origin(name);
    if (origin) {
      if (!this.names.has(name)) this.names.set(name, new Map());
      const known = this.names.get(name);
      const wanted = rows.filter((row) => !known.has(row));
      if (wanted.length) {
        origin[0].equality.exact.read(origin[1], wanted).forEach((value, place) => known.set(wanted[place], value));
      }
      return rows.map((row) => known.get(row));
    }
    const figures = this.scope.figures(name);
    if (figures === null) throw new Inexact();
    return this.figures(figures, rows);
  }

  figures(values, rows) {
    return fractionsOf(rows.map((row) => at(values, row)));
  }

  binary(operator, left, right, rows) {
    const one = this.read(left, rows);
    const other = this.read(right, rows);
    if (operator !== "**") {
      const way = EXACT_OPERATORS[operator];
      return one.map((value, place) => value[way](other[place]));
    }
    if (wholePower(right) === null && other.some((value) => value.bottom !== 1n)) throw new Inexact();
    return one.map((value, place) => {
      const exponent = Number(other[place].floor());
      if (Math.abs(exponent) * (bitsOf(value.top) + bitsOf(value.bottom)) > MOST_BITS_OF_POWER) throw new Inexact();
      return value.power(exponent);
    });
  }

  call(node, rows) {
    const [name, ...given] = node;
    if (WITHOUT_EXACT_VALUE.has(name)) throw new Inexact();
    if (DECIDED.has(name)) return this.figures(this.scope.evaluate(node), rows);
    if (name === "where") {
      const holds = this.scope.settled(given[0]);
      return this.either((row) => at(holds, row) !== 0, given[1], given[2], rows);
    }
    if (name === "default") {
      const values = this.scope.evaluate(given[0]);
      return this.either((row) => at(values, row) !== at(values, row), given[1], given[0], rows);
    }
    if (namesTable(node)) {
      const table = this.scope.page.tables[given[given.length - 1]];
      if (name !== "weighted_sum") return this.read(given[0], rows).map((value) => EXACT_LINES[name](value, table));
      const terms = table.columns.map((column, place) => {
        const weight = fractionOf(typedFigure(table.values[place]));
        return this.name(column, rows).map((value) => value.times(weight));
      });
      return terms.reduce((one, other) => one.map((value, place) => value.plus(other[place])));
    }
    const read = given.map((argument) => this.read(argument, rows));
    return rows.map((_, place) => EXACT_FUNCTIONS[name](read.map((values) => values[place])));
  }

  /** Read only the branch that each row takes. */
  either(isFirst, yes, no, rows) {
    const found = new Map();
    for (const [node, those] of [
      [yes, rows.filter(isFirst)],
      [no, rows.filter((row) => !isFirst(row))],
    ]) {
      if (those.length) this.read(node, those).forEach((value, place) => found.set(those[place], value));
    }
    return rows.map((row) => found.get(row));
  }

  aggregate(node, rows) {
    if (DECIDED_OVER_MANY.has(node.aggregate)) return this.figures(this.scope.evaluate(node), rows);
    if (!(node.aggregate in EXACT_OVER_MANY)) throw new Inexact();
    if (!this.sums.has(node)) this.sums.set(node, this.byGroup(node));
    const byGroup = this.sums.get(node);
    const grouping = this.scope.counted(node)[1];
    return rows.map((row) => byGroup[grouping ? grouping.of[row] : 0]);
  }

  byGroup(node) {
    const [counted, grouping] = this.scope.counted(node);
    const share = fractionOf(node.aggregate === "quantile" ? typedFigure(node.of[1]) : 0.5);
    return membersOf(counted, grouping).map((rows) => {
      // Nobody's total is 0, and there is no other figure of nobody.
      if (!rows.length) return node.aggregate === "total" ? NOTHING : null;
      const weights = "weights" in node ? this.read(node.weights, rows) : null;
      return EXACT_OVER_MANY[node.aggregate](this.read(node.of[0], rows), weights, share);
    });
  }
}

const ascending = (list) => [...list].sort((one, other) => one.compare(other));
const summedExactly = (list) => list.reduce((one, other) => one.plus(other));
const meanExactly = (list) => summedExactly(list).over(new Fraction(BigInt(list.length)));
const leastExactly = (list) => ascending(list)[0];
const greatestExactly = (list) => ascending(list)[list.length - 1];

const EXACT_FUNCTIONS = {
  abs: ([value]) => value.size(),
  clip: ([value, low, high]) => leastExactly([greatestExactly([value, low]), high]),
  max: greatestExactly,
  mean_of: meanExactly,
  median_of: (list) => {
    const [ordered, half] = [ascending(list), list.length >> 1];
    return list.length % 2 ? ordered[half] : meanExactly([ordered[half - 1], ordered[half]]);
  },
  min: leastExactly,
  sum_of: summedExactly,
  trimmed_mean: (list) => meanExactly(ascending(list).slice(1, -1)),
};

const EXACT_LINES = {
  bracket: (value, table) => {
    const pieces = bracketsOf(table).map(([start, end, rate]) => {
      const from = fractionOf(typedFigure(start));
      const reached = end === Infinity ? value : leastExactly([value, fractionOf(typedFigure(end))]);
      return greatestExactly([reached, from])
        .minus(from)
        .times(fractionOf(typedFigure(rate)));
    });
    return summedExactly(pieces);
  },
  interpolate: (value, table) => {
    const edges = table.edges.map((edge) => fractionOf(typedFigure(edge)));
    const heights = table.values.map((height) => fractionOf(typedFigure(height)));
    const last = edges.length - 1;
    if (value.compare(edges[0]) <= 0) return heights[0];
    const place = edges.findIndex((edge, one) => one > 0 && value.compare(edge) <= 0);
    if (place < 0) return heights[last];
    const [left, low] = [edges[place - 1], heights[place - 1]];
    return low.plus(heights[place].minus(low).times(value.minus(left)).over(edges[place].minus(left)));
  },
};

const totalExactly = (values, weights) =>
  exactSum(weights ? values.map((value, place) => value.times(weights[place])) : values);

/** Between the two nearest of the sorted values, as PERCENTILE.INC. */
function quantileExactly(values, weights, share) {
  const ordered = ascending(values);
  const place = share.times(new Fraction(BigInt(ordered.length - 1)));
  const low = Number(place.floor());
  const high = Math.min(low + 1, ordered.length - 1);
  const rest = place.minus(new Fraction(BigInt(low)));
  return ordered[low].plus(ordered[high].minus(ordered[low]).times(rest));
}

const EXACT_OVER_MANY = {
  average: (values, weights) => {
    const below = weights ? exactSum(weights) : new Fraction(BigInt(values.length));
    return below.top ? totalExactly(values, weights).over(below) : null;
  },
  highest: greatestExactly,
  lowest: leastExactly,
  median: quantileExactly,
  quantile: quantileExactly,
  total: totalExactly,
};
