// The row functions of the language: one value for each territory, nothing looks at another row.
//
// What cannot be computed (x / 0, the logarithm of zero, what is too large) is missing.

const finite = (value) => (Number.isFinite(value) ? value : NaN);
const truth = (holds, ...operands) => (operands.some((operand) => operand !== operand) ? NaN : holds ? 1 : 0);

/** `and`: no wins over missing, missing wins over yes. */
const bothOf = (left, right) => (left === 0 || right === 0 ? 0 : truth(left !== 0 && right !== 0, left, right));
/** `or`: yes wins over missing, missing wins over no. */
const eitherOf = (left, right) => {
  const yes = (left !== 0 && left === left) || (right !== 0 && right === right);
  return yes ? 1 : truth(false, left, right);
};
const negated = (value) => truth(value === 0, value);

/** Functions whose results are decided (a rounding, a step, yes or no): figures, as those that were typed. */
const DECIDED = new Set(["ceil", "floor", "is_missing", "is_suppressed", "round", "starts_with", "step"]);

const OPERATORS = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => finite(left / right),
  "**": (left, right) => (left !== left || right !== right ? NaN : finite(raised(left, right))),
};

const COMPARISONS = {
  "==": (sign) => sign === 0,
  "!=": (sign) => sign !== 0,
  "<": (sign) => sign < 0,
  "<=": (sign) => sign <= 0,
  ">": (sign) => sign > 0,
  ">=": (sign) => sign >= 0,
};

/** Run a function of several values row by row, its arguments in one list. */
function spread(work, values) {
  const size = sizeOf(...values);
  if (size < 0) return work(values.map((value) => value));
  const found = new Float64Array(size);
  for (let row = 0; row < size; row++) found[row] = work(values.map((value) => at(value, row)));
  return found;
}

const inOrder = (list) => [...list].sort(byValue);
const added = (list) => list.reduce((total, value) => total + value, 0);

function middle(list) {
  if (list.some((value) => value !== value)) return NaN;
  const ordered = inOrder(list);
  const half = ordered.length >> 1;
  return ordered.length % 2 ? ordered[half] : (ordered[half - 1] + ordered[half]) / 2;
}

function trimmedMean(list) {
  if (list.some((value) => value !== value)) return NaN;
  const kept = inOrder(list).slice(1, -1);
  return added(kept) / kept.length;
}

/** Functions of values alone. */
const FUNCTIONS = {
  abs: (value) => map1(Math.abs, value),
  clip: (value, low, high) => map3((x, a, b) => Math.min(Math.max(x, a), b), value, low, high),
  default: (value, instead) => map2((x, y) => (x !== x ? y : x), value, instead),
  exp: (value) => map1((x) => finite(Math.exp(x)), value),
  is_missing: (value) => map1((x) => (x !== x ? 1 : 0), value),
  // Where no figure of the table is withheld, none is.
  is_suppressed: (value) => map1(() => 0, value),
  log: (value) => map1((x) => (x > 0 ? Math.log(x) : NaN), value),
  max: (...values) => values.reduce((one, other) => map2(Math.max, one, other)),
  mean_of: (...values) => spread((list) => added(list) / list.length, values),
  median_of: (...values) => spread(middle, values),
  min: (...values) => values.reduce((one, other) => map2(Math.min, one, other)),
  sqrt: (value) => map1(Math.sqrt, value),
  sum_of: (...values) => spread(added, values),
  trimmed_mean: (...values) => spread(trimmedMean, values),
  where: (condition, yes, no) =>
    map3((holds, a, b) => (holds !== holds ? NaN : holds !== 0 ? a : b), condition, yes, no),
};

/** The value of the step that holds x, of which `place` edges lie below; beyond the table, `above` or missing. */
function stepAt(table, value, place) {
  if (value !== value) return NaN;
  if (table.kind === "up_to") return place < table.values.length ? table.values[place] : (table.above ?? NaN);
  return place > 0 ? table.values[place - 1] : NaN;
}

/** The step that holds each of some figures, which are compared as they stand. */
const stepsOf = (figures, table) =>
  map1((figure) => stepAt(table, figure, placeAmong(table.edges, figure, table.kind === "from")), figures);

/** The brackets of a table: where each begins, where it ends, its rate. */
function bracketsOf(table) {
  const starts = table.kind === "up_to" ? [0, ...table.edges] : [...table.edges];
  const rates = table.kind === "up_to" ? [...table.values, table.above ?? 0] : [...table.values];
  return starts.map((start, place) => [start, place + 1 < starts.length ? starts[place + 1] : Infinity, rates[place]]);
}

/** Each bracket's rate times the part of x that lies in it, as income tax does. */
function bracketAt(table, brackets, value, place) {
  if (value !== value) return NaN;
  if (table.kind === "up_to" && table.above === null && place === table.edges.length) return NaN;
  return sum(brackets.map(([start, end, rate]) => (Math.min(Math.max(value, start), end) - start) * rate));
}

/** The straight line between points; flat beyond the first and the last. */
function interpolated(table, value) {
  const { edges, values } = table;
  const last = edges.length - 1;
  if (value !== value) return NaN;
  if (value <= edges[0]) return values[0];
  if (value >= edges[last]) return values[last];
  const place = placeAmong(edges, value, true) - 1;
  const slope = (values[place + 1] - values[place]) / (edges[place + 1] - edges[place]);
  return slope * (value - edges[place]) + values[place];
}

/** Functions of a value and one of the page's tables; for a step and a bracket, and of the value's place. */
const TABLES = {
  bracket: (value, table, place) => {
    const brackets = bracketsOf(table);
    return map2((x, at) => bracketAt(table, brackets, x, at), value, place);
  },
  interpolate: (value, table) => map1((x) => interpolated(table, x), value),
  step: (value, table, place) => map2((x, at) => stepAt(table, x, at), value, place),
  weighted_sum: (values, table) => spread((list) => added(list.map((x, at) => x * table.values[at])), values),
};
