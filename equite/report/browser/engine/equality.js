// The one meaning of "equal": a comparison gives what exact arithmetic on the figures as typed gives.
//
// It is decided in floats where two values differ by more than a bound on the error of the arithmetic (Bounded); the
// rows inside the bound are worked out in fractions (Exact). Where a tree holds what has no exact value, inside the
// bound means equal. All that compares, ranks, groups or cuts asks here.

/** What is decided over many territories too: figures whose sign no dust can change. */
const DECIDED_OVER_MANY = new Set(["count", "rank"]);
/** Functions whose sign is that of some argument. */
const KEEPS_SIGN = new Set(["abs", "clip", "default", "max", "min", "sqrt", "where"]);
/** Sums, in which values of two signs may leave dust. */
const SUMS = new Set(["average", "mean_of", "sum_of", "total"]);

/**
 * Give equal values one float: sorted, and cut where neighbours differ. Without `exact`, which gives the exact values
 * of some rows, values inside the bound of the first of their class are equal.
 */
function alikeOf(values, bounds, exact = null) {
  const order = sorted(values);
  const boundOf = (place) => at(bounds, order[place]);
  const found = Float64Array.from(values);
  const doubted = [];
  for (let first = 0, place = 1; place <= order.length; place++) {
    const touches =
      place < order.length && values[order[place]] - values[order[place - 1]] <= boundOf(place) + boundOf(place - 1);
    if (touches) continue;
    if (place - first > 1) {
      const run = Array.from({ length: place - first }, (_, step) => first + step);
      if (run.slice(1).some((one) => boundOf(one) > 0 || boundOf(one - 1) > 0)) doubted.push(run);
    }
    first = place;
  }
  if (!doubted.length) return values;
  if (exact) {
    const rows = doubted.flat().map((place) => order[place]);
    exact(rows).forEach((value, step) => (found[rows[step]] = value.number()));
    return found;
  }
  for (const run of doubted) {
    let first = run[0];
    for (const place of run) {
      const apart = values[order[place]] - values[order[first]];
      if (apart > boundOf(place) + boundOf(first)) first = place;
      found[order[place]] = values[order[first]];
    }
  }
  return found;
}

/** Give one float to values that differ by no more than what a few operations leave; missing ones stay. */
function alikeButForDust(values) {
  const rows = rowsOf(values.map((value) => (value === value ? 1 : 0)));
  const found = Float64Array.from(values);
  if (!rows.length) return found;
  const kept = taken(values, rows);
  alikeOf(kept, DUST * most(kept.map(Math.abs))).forEach((value, place) => (found[rows[place]] = value));
  return found;
}

function roundedBy(way, scaled) {
  if (way === "floor") return Math.floor(scaled);
  return way === "ceil" ? Math.ceil(scaled) : withSign(Math.floor(Math.abs(scaled) + 0.5), scaled);
}

/** Compares trees in a scope. */
class Equality {
  constructor(scope) {
    this.scope = scope;
    this.bounded = new Bounded(scope);
    this.exact = new Exact(scope);
  }

  /** -1, 0 or 1 where the left is less, equal or greater; missing where either is. */
  signs(left, right) {
    const one = this.scope.evaluate(left);
    const other = this.scope.evaluate(right);
    const figures = [this.figures(left), this.figures(right)];
    if (figures[0] !== null && figures[1] !== null) return map2((a, b) => Math.sign(a - b), ...figures);
    const near = this.bounded.read(left);
    const far = this.bounded.read(right);
    const size = sizeOf(one, other, near.value, near.error, far.value, far.error);
    const count = Math.max(size, 1);
    const found = new Float64Array(count);
    const close = [];
    for (let row = 0; row < count; row++) {
      const gap = at(near.value, row) - at(far.value, row);
      const isMissing = at(one, row) !== at(one, row) || at(other, row) !== at(other, row);
      const [error, beside] = [at(near.error, row), at(far.error, row)];
      found[row] = isMissing ? NaN : Math.sign(gap);
      const bound = error * SLACK + TINY + (beside * SLACK + TINY);
      if (!isMissing && (error !== 0 || beside !== 0) && Math.abs(gap) <= bound) close.push(row);
    }
    this.decide(found, close, {
      exactly: (rows) => {
        const others = this.exact.read(right, rows);
        return this.exact.read(left, rows).map((value, place) => value.compare(others[place]));
      },
      within: (row) => 0,
      beyond: (row) => Math.sign(at(one, row) - at(other, row)),
      error: (row) => at(near.error, row) + at(far.error, row),
    });
    return size < 0 ? found[0] : found;
  }

  /** Decide by fractions what lies inside the bound; where there are none, it is equal. */
  decide(found, rows, { exactly, within, beyond, error }) {
    if (!rows.length) return;
    try {
      exactly(rows).forEach((value, place) => (found[rows[place]] = value));
    } catch (problem) {
      if (!(problem instanceof Inexact)) throw problem;
      for (const row of rows) found[row] = Number.isFinite(error(row)) ? within(row) : beyond(row);
    }
  }

  /** The figures of a tree that is but figures as typed; null for one that computes. */
  figures(node) {
    if (isNumber(node)) return typedFigure(node);
    if (isName(node)) return this.scope.figures(node);
    if (Array.isArray(node) && node[0] === "neg") {
      const inner = this.figures(node[1]);
      return inner === null ? null : map1((value) => -value, inner);
    }
    return this.isDecided(node) ? typed(this.scope.evaluate(node)) : null;
  }

  /** A tree's values with the sign that exact arithmetic gives them: dust is zero. */
  settled(node) {
    const values = this.scope.evaluate(node);
    if (this.signIsSure(node)) return values;
    const near = this.bounded.read(node);
    const size = sizeOf(values, near.value, near.error);
    const count = Math.max(size, 1);
    const found = new Float64Array(count);
    const close = [];
    for (let row = 0; row < count; row++) {
      const [value, read, error] = [at(values, row), at(near.value, row), at(near.error, row)];
      // Where nothing was rounded, the value read from figures as typed is the exact one.
      found[row] = error === 0 && value === value ? read : value;
      if (error > 0 && value === value && Math.abs(read) <= error * SLACK + TINY) close.push(row);
    }
    this.decide(found, close, {
      exactly: (rows) => this.exact.read(node, rows).map((value) => value.number()),
      within: () => 0,
      beyond: (row) => found[row],
      error: (row) => at(near.error, row),
    });
    return size < 0 ? found[0] : found;
  }

  /** A computed tree's values for every row, equal ones the same float: so they sort and group right. */
  alike(node) {
    const size = this.scope.size;
    const found = Float64Array.from(laid(this.scope.settled(node), size));
    const near = this.bounded.read(node).rows(size);
    const rows = rowsOf(found.map((value) => (value === value ? 1 : 0)));
    const values = taken(found, rows);
    const bounds = near.at(rows).bound;
    const exactly = (some) =>
      this.exact.read(
        node,
        some.map((place) => rows[place]),
      );
    let equal;
    try {
      equal = Float64Array.from(alikeOf(values, bounds, exactly));
      // A value that may be a figure (0.1 + 0.2) is read as what it is, so that edges of a method find it.
      const doubted = [];
      equal.forEach((value, place) => {
        const figure = typedFigure(value);
        if (figure !== value && Math.abs(figure - value) <= bounds[place]) doubted.push(place);
      });
      if (doubted.length) exactly(doubted).forEach((value, step) => (equal[doubted[step]] = value.number()));
    } catch (problem) {
      if (!(problem instanceof Inexact)) throw problem;
      equal = alikeOf(
        values,
        bounds.map((bound) => (Number.isFinite(bound) ? bound : 0)),
      );
    }
    rows.forEach((row, place) => (found[row] = equal[place]));
    return found;
  }

  /** `floor`, `ceil` or `round` (halves away from zero) to some decimals. */
  whole(way, node, digits = 0) {
    const values = this.scope.evaluate(node);
    const figures = this.figures(node);
    const near = figures === null ? this.bounded.read(node) : Near.typed(figures);
    const power = TENS[Math.abs(digits) + 324];
    const size = sizeOf(values, near.value, near.error);
    const count = Math.max(size, 1);
    const [found, scaled] = [new Float64Array(count), new Float64Array(count)];
    const close = [];
    for (let row = 0; row < count; row++) {
      const [value, error] = [at(near.value, row), at(near.error, row)];
      scaled[row] = digits >= 0 ? value * power : value / power;
      const bound = (error * SLACK + TINY) * (digits >= 0 ? power : 1 / power) + Math.abs(scaled[row]) * 2 ** -52;
      const isMissing = at(values, row) !== at(values, row);
      found[row] = isMissing ? NaN : roundedBy(way, scaled[row]);
      // The result changes at whole numbers, or half way between two.
      const moved = way === "round" ? scaled[row] - 0.5 : scaled[row];
      const isExact = error === 0 && digits === 0;
      if (!isMissing && !isExact && Math.abs(moved - rint(moved)) <= bound) close.push(row);
    }
    this.decide(found, close, {
      exactly: (rows) => {
        const shift = new Fraction(10n).power(digits);
        return this.exact.read(node, rows).map((value) => Number(wholeOf(way, value.times(shift))));
      },
      // Inside the bound of a whole number is that number; of a half, the half, which goes away from zero.
      within: (row) => roundedBy(way, way === "round" ? rint(scaled[row] * 2) / 2 : rint(scaled[row])),
      beyond: (row) => roundedBy(way, way === "round" ? rint(scaled[row] * 2) / 2 : rint(scaled[row])),
      error: () => 0,
    });
    // Beyond 2^53 a float is whole; what is too large to scale stays as it is.
    const shown = found.map((value, row) => {
      if (!(Math.abs(scaled[row]) < WHOLE)) return at(values, row);
      return digits >= 0 ? value / power : value * power;
    });
    return size < 0 ? shown[0] : shown;
  }

  /** How many edges lie below each value; with `included`, at or below it. */
  place(node, edges, included) {
    const figures = this.figures(node);
    if (figures !== null) return map1((figure) => placeAmong(edges, figure, included), figures);
    const near = this.bounded.read(node);
    const values = this.scope.evaluate(node);
    let found = map1((value) => placeAmong(edges, value, included), near.value);
    edges.forEach((edge, place) => {
      const bound = map1((error) => error * SLACK + TINY + Math.abs(edge) * UNIT_ROUNDOFF, near.error);
      const isClose = (value, limit, x) => (x === x && Math.abs(value - edge) <= limit ? 1 : 0);
      const close = map3(isClose, near.value, bound, values);
      if (!some(close, (is) => is === 1)) return;
      const sign = this.signs(node, edge);
      const beyond = map1((value) => ((included ? value >= 0 : value > 0) ? 1 : 0), sign);
      found = map3((was, is, past) => (is ? place + past : was), found, close, beyond);
    });
    return found;
  }

  isDecided(node) {
    if (isCondition(node)) return true;
    if (isAggregate(node)) return DECIDED_OVER_MANY.has(node.aggregate);
    return DECIDED.has(functionOf(node));
  }

  /** Whether no dust can stand for zero in a tree: it holds no difference, nor a sum of two signs. */
  signIsSure(node) {
    if (isNumber(node) || node === null) return true;
    if (isName(node)) return this.scope.signIsSure(node);
    if (isAggregate(node)) {
      const weights = "weights" in node ? [node.weights] : [];
      if (SUMS.has(node.aggregate)) return this.sameSigns([...node.of, ...weights]);
      if (node.aggregate === "lowest" || node.aggregate === "highest") return this.signIsSure(node.of[0]);
      return this.isDecided(node);
    }
    const [kind, ...operands] = node;
    if (kind === "neg") return this.signIsSure(operands[0]);
    if (["*", "/", "**"].includes(kind)) return operands.every((operand) => this.signIsSure(operand));
    if (kind === "+" || (SUMS.has(kind) && !isCondition(node))) return this.sameSigns(operands);
    if (kind === "exp") return true;
    // A condition decides for itself.
    if (KEEPS_SIGN.has(kind)) return operands.slice(kind === "where" ? 1 : 0).every((each) => this.signIsSure(each));
    return this.isDecided(node);
  }

  sameSigns(nodes) {
    return nodes.every((node) => this.signIsSure(node) && !some(this.scope.evaluate(node), (value) => value < 0));
  }
}
