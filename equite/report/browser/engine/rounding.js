// Whole units: largest remainders, ties in code order.

/** Above this many units a float no longer tells remainders apart. */
const MOST_UNITS = 2 ** 50;

/** How far below a whole number still counts as that number. */
const wholeTolerance = (units) => Math.max(1e-9, Math.abs(units) * 2 ** -46);

/** The unit that amounts are whole multiples of, kept as a fraction. */
class Unit {
  constructor({ top, bottom, size, digits }) {
    Object.assign(this, { top, bottom, size, digits });
  }

  /** The tree of an amount in units. */
  of(tree) {
    return this.top === this.bottom ? tree : ["/", tree, this.top / this.bottom];
  }

  /** Amounts in units, not yet whole. */
  count(amounts) {
    return map1((amount) => (this.bottom > 1 ? (amount * this.bottom) / this.top : amount / this.top), amounts);
  }

  /** Whole units as money. */
  money(units) {
    return map1((unit) => (unit * this.top) / this.bottom, units);
  }
}

/**
 * Round shares to whole numbers that sum to each group's total; rows stand in code order. Each share is cut; the units
 * left go, one each, to the largest remainders, compared in steps of four tolerances. Remainders that are equal but for
 * dust are of one step, on whichever side of its edge their dust has put them.
 */
function largestRemainders(shares, total, groups, size = null) {
  const sizes = shares.map((share, row) => (size ? Math.max(Math.abs(share), size[row]) : Math.abs(share)));
  const found = new Float64Array(shares.length);
  groups.rows.forEach((rows, group) => {
    if (!rows.length) return;
    const tolerance = wholeTolerance(total[group]);
    const cut = made(rows.length, (place) => Math.floor(shares[rows[place]] + tolerance));
    const left = total[group] - rint(sum(cut));
    const each = Math.floor(left / rows.length);
    const remainders = made(rows.length, (place) => shares[rows[place]] - cut[place]);
    const first = firstByRemainder(
      remainders,
      tolerance,
      made(rows.length, (place) => DUST * sizes[rows[place]]),
      left - each * rows.length,
    );
    rows.forEach((row, place) => (found[row] = cut[place] + each + (first[place] ? 1 : 0)));
  });
  return found;
}

/** Which rows are the first `wanted`, by falling step of their remainder, then by code. */
function firstByRemainder(remainders, tolerance, dust, wanted) {
  const first = new Uint8Array(remainders.length);
  if (!wanted) return first;
  const steps = remainders.map((remainder) => Math.floor(remainder / (4 * tolerance) + 0.5));
  const order = [...remainders.keys()].sort((one, other) => remainders[other] - remainders[one] || one - other);
  const classes = new Uint32Array(remainders.length);
  for (let place = 1; place < order.length; place++) {
    const [before, here] = [order[place - 1], order[place]];
    const falls = steps[before] > steps[here] && remainders[before] - remainders[here] > dust[before] + dust[here];
    classes[here] = classes[before] + (falls ? 1 : 0);
  }
  order.sort((one, other) => classes[one] - classes[other] || one - other);
  for (const row of order.slice(0, wanted)) first[row] = 1;
  return first;
}
