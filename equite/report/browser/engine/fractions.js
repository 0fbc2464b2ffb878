// Exact fractions, for the few rows in which floats cannot tell.

/** What is asked for has no exact value: a root, a logarithm, a level that was solved. */
class Inexact extends Error {}

/** Sums whose denominator has more bits than that are not worked out, nor powers of longer numbers. */
const MOST_BITS_OF_SUM = 1 << 21;
const MOST_BITS_OF_POWER = 1 << 16;

const bitsOf = (number) => (number === 0n ? 0 : (number < 0n ? -number : number).toString(16).length * 4);

function common(one, other) {
  let [left, right] = [one < 0n ? -one : one, other < 0n ? -other : other];
  while (right) [left, right] = [right, left % right];
  return left;
}

class Fraction {
  constructor(top, bottom = 1n) {
    const shared = common(top, bottom) || 1n;
    const sign = bottom < 0n ? -1n : 1n;
    this.top = (sign * top) / shared;
    this.bottom = (sign * bottom) / shared;
  }

  plus(other) {
    if (this.bottom === other.bottom) return new Fraction(this.top + other.top, this.bottom);
    return new Fraction(this.top * other.bottom + other.top * this.bottom, this.bottom * other.bottom);
  }

  minus(other) {
    return this.plus(other.negative());
  }

  negative() {
    return new Fraction(-this.top, this.bottom);
  }

  times(other) {
    return new Fraction(this.top * other.top, this.bottom * other.bottom);
  }

  over(other) {
    return new Fraction(this.top * other.bottom, this.bottom * other.top);
  }

  power(exponent) {
    const size = BigInt(Math.abs(exponent));
    const raised = new Fraction(this.top ** size, this.bottom ** size);
    return exponent < 0 ? new Fraction(raised.bottom, raised.top) : raised;
  }

  size() {
    return this.top < 0n ? this.negative() : this;
  }

  compare(other) {
    const apart = this.top * other.bottom - other.top * this.bottom;
    return apart > 0n ? 1 : apart < 0n ? -1 : 0;
  }

  sign() {
    return this.top > 0n ? 1 : this.top < 0n ? -1 : 0;
  }

  floor() {
    const cut = this.top / this.bottom;
    return this.top < 0n && this.top % this.bottom !== 0n ? cut - 1n : cut;
  }

  /** The nearest float, halves to the even one. */
  number() {
    if (this.top === 0n) return 0;
    const top = this.top < 0n ? -this.top : this.top;
    const shift = 66 - (bitsOf(top) - bitsOf(this.bottom));
    const raised = shift > 0 ? top << BigInt(shift) : top;
    const below = shift < 0 ? this.bottom << BigInt(-shift) : this.bottom;
    const cut = raised / below;
    // A last bit tells that something is left, so that a half is seen for what it is.
    const found = Number(raised % below ? cut * 2n + 1n : cut * 2n);
    const half = Math.trunc((-shift - 1) / 2);
    return this.sign() * found * 2 ** half * 2 ** (-shift - 1 - half);
  }
}

const NOTHING = new Fraction(0n);

/** A typed figure as a fraction. */
function fractionOf(figure) {
  if (Number.isInteger(figure)) return new Fraction(BigInt(figure));
  const [digits, exponent] = figure.toExponential(14).split("e");
  const whole = BigInt(digits.replace(".", ""));
  const places = Number(exponent) - 14;
  return places >= 0 ? new Fraction(whole * 10n ** BigInt(places)) : new Fraction(whole, 10n ** BigInt(-places));
}

/** Sum fractions exactly: those of one denominator first, then two by two, so that numbers grow late. */
function exactSum(terms) {
  const byBottom = new Map();
  for (const term of terms) byBottom.set(term.bottom, (byBottom.get(term.bottom) ?? 0n) + term.top);
  let bits = 0;
  for (const bottom of byBottom.keys()) bits += bitsOf(bottom);
  if (bits > MOST_BITS_OF_SUM) throw new Inexact();
  let pairs = [...byBottom].map(([bottom, top]) => new Fraction(top, bottom));
  while (pairs.length > 1) {
    const odd = pairs.length % 2 ? [pairs.pop()] : [];
    const halves = [];
    for (let place = 0; place < pairs.length; place += 2) halves.push(pairs[place].plus(pairs[place + 1]));
    pairs = halves.concat(odd);
  }
  return pairs.length ? pairs[0] : NOTHING;
}

/** `floor`, `ceil` or `round` (halves away from zero) of a fraction. */
function wholeOf(way, value) {
  if (way === "floor") return value.floor();
  if (way === "ceil") return -value.negative().floor();
  const whole = new Fraction(value.size().top * 2n + value.bottom, value.bottom * 2n).floor();
  return value.top < 0n ? -whole : whole;
}
