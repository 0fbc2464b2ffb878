// Floats with a bound on their error: what decides whether a comparison may be trusted as it stands.
//
// Running error analysis (Wilkinson, 1963; Higham, 2002, § 3.3): each operation bounds how far its result may lie from
// what exact arithmetic on the figures as typed would give, from the bounds of its operands and one rounding more.

const SLACK = 1 + 2 ** -20;
/** Whole numbers below this are floats exactly. */
const WHOLE = 2 ** 53;

const isWhole = (value, error) => error === 0 && value === rint(value);
const roundingOf = (value, exact) => (exact && Math.abs(value) < WHOLE ? 0 : Math.abs(value) * UNIT_ROUNDOFF + TINY);

class Near {
  constructor(value, error) {
    this.value = value;
    this.error = error;
  }

  /** Figures as typed: whole numbers are exact, others within half a unit of their last binary place. */
  static typed(figures) {
    const errorOf = (figure) =>
      figure === rint(figure) && Math.abs(figure) <= WHOLE ? 0 : Math.abs(figure) * UNIT_ROUNDOFF;
    return new Near(figures, map1(errorOf, figures));
  }

  /** Work two operands out row by row; `work` gives a value and its error. */
  static of(work, one, other) {
    const size = sizeOf(one.value, one.error, other.value, other.error);
    if (size < 0) return new Near(...work(one.value, one.error, other.value, other.error));
    const value = new Float64Array(size);
    const error = new Float64Array(size);
    for (let row = 0; row < size; row++) {
      const found = work(at(one.value, row), at(one.error, row), at(other.value, row), at(other.error, row));
      value[row] = found[0];
      error[row] = found[1];
    }
    return new Near(value, error);
  }

  negative() {
    return new Near(
      map1((value) => -value, this.value),
      this.error,
    );
  }

  plus(other) {
    return Near.of((a, e, b, f) => [a + b, e + f + roundingOf(a + b, isWhole(a, e) && isWhole(b, f))], this, other);
  }

  minus(other) {
    return this.plus(other.negative());
  }

  times(other) {
    return Near.of(
      (a, e, b, f) => {
        const exact = (isWhole(a, e) && isWhole(b, f)) || (a === 0 && e === 0) || (b === 0 && f === 0);
        return [a * b, Math.abs(a) * f + (Math.abs(b) + f) * e + roundingOf(a * b, exact)];
      },
      this,
      other,
    );
  }

  /** Divide; where the divisor may be zero nothing is known of the quotient. */
  over(other) {
    return Near.of(
      (a, e, b, f) => {
        const safe = Math.abs(b) > 2 * f;
        const value = safe ? a / b : 0;
        const error = safe
          ? (e + Math.abs(value) * f) / (Math.abs(b) - f) + Math.abs(value) * UNIT_ROUNDOFF + TINY
          : Infinity;
        return [a !== a || b !== b ? NaN : value, error];
      },
      this,
      other,
    );
  }

  abs() {
    return new Near(map1(Math.abs, this.value), this.error);
  }

  /** Raise to a whole power, zero or more. */
  power(exponent) {
    return Near.of(
      (a, e) => {
        const value = raised(a, exponent);
        const largest = raised(Math.abs(a) + e, exponent);
        if (isWhole(a, e) && Math.abs(value) < WHOLE) return [value, 0];
        const grown = e === 0 ? 0 : Math.max(largest - Math.abs(value), 0);
        return [value, grown + 4 * UNIT_ROUNDOFF * largest + TINY];
      },
      this,
      this,
    );
  }

  /** A smooth function's values, from the steepest slope near each argument, and two roundings. */
  through(value, slope) {
    const errorOf = (error, steep, found) => {
      const sized = (error === 0 ? 0 : Math.abs(steep) * error) + 4 * UNIT_ROUNDOFF * Math.abs(found) + TINY;
      return sized !== sized ? Infinity : sized;
    };
    return new Near(value, map3(errorOf, this.error, slope, value));
  }

  least(other) {
    return this.negative().greatest(other.negative()).negative();
  }

  /** The larger of two: where they lie apart it is as far off as that one, else as the worst of both. */
  greatest(other) {
    return Near.of(
      (a, e, b, f) => {
        const apart = Math.abs(a - b) > 2 * (e + f);
        return [Math.max(a, b), apart ? (a > b ? e : f) : Math.max(e, f)];
      },
      this,
      other,
    );
  }

  /** This where a condition holds, the other where it does not, neither where it is missing. */
  where(condition, other) {
    const value = map3(
      (holds, a, b) => (holds !== holds ? NaN : holds !== 0 ? a : b),
      condition,
      this.value,
      other.value,
    );
    return new Near(
      value,
      map3((holds, e, f) => (holds !== 0 ? e : f), condition, this.error, other.error),
    );
  }

  rows(size) {
    return new Near(laid(this.value, size), laid(this.error, size));
  }

  at(rows) {
    return new Near(taken(this.value, rows), taken(this.error, rows));
  }

  /** Sum rows by group, `of` giving each row's; the bound holds for any order of summing. */
  summed(of, count) {
    const [value, size, error, terms, broken] = [1, 2, 3, 4, 5].map(() => new Float64Array(count));
    of.forEach((group, row) => {
      value[group] += this.value[row];
      size[group] += Math.abs(this.value[row]);
      error[group] += this.error[row];
      terms[group] += 1;
      if (!isWhole(this.value[row], this.error[row])) broken[group] = 1;
    });
    const rounded = (group) => (!broken[group] && size[group] < WHOLE ? 0 : terms[group] * UNIT_ROUNDOFF * size[group]);
    return new Near(
      value,
      error.map((found, group) => found + rounded(group)),
    );
  }

  /** A value between the least and the greatest of each group (a median): it moves no more than they do. */
  byGroup(value, of, count) {
    const error = new Float64Array(count);
    const size = new Float64Array(count);
    of.forEach((group, row) => {
      error[group] = Math.max(error[group], this.error[row]);
      size[group] = Math.max(size[group], Math.abs(this.value[row]));
    });
    return new Near(
      value,
      error.map((found, group) => found + 4 * UNIT_ROUNDOFF * size[group]),
    );
  }

  /** A value between the least and the greatest of several (a median, a trimmed mean). */
  static middling(value, nears) {
    const error = nears.map((near) => near.error).reduce((one, other) => map2(Math.max, one, other));
    const size = nears.map((near) => map1(Math.abs, near.value)).reduce((one, other) => map2(Math.max, one, other));
    const more = (nears.length + 2) * UNIT_ROUNDOFF;
    return new Near(
      value,
      map2((found, largest) => found + more * largest, error, size),
    );
  }

  /** The bound on the error, with what its own computation may lack. */
  get bound() {
    return map1((error) => error * SLACK + TINY, this.error);
  }
}

/** A power as numpy has it; the root is a root, and a square a product. */
function raised(base, exponent) {
  if (exponent === 0.5) return Math.sqrt(base);
  if (exponent === 2) return base * base;
  return base ** exponent;
}
