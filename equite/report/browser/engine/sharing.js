// The kernel: one function does all sharing. Given a fixed part b, a score s >= 0 and bounds lo <= hi of each row, and
// an amount E, it finds the one level L such that the sum of clip(b + L s, lo, hi) is E, by pegging (Bitran and Hax,
// 1981, Management Science 27): solve as if nobody were bounded; if the caps cut off more than the floors add, the true
// level is higher, so whoever stands at a cap stays there, and conversely; repeat on the others.

/** A score below this part of its group's total is no score. */
const SPECK = 2 ** -900;

/** A division of rows into groups, numbered from 0. */
class Groups {
  constructor(of, count) {
    Object.assign(this, { of, count });
  }

  static single(rows) {
    return new Groups(new Int32Array(rows), 1);
  }

  /** The rows of each group, in their order. */
  get rows() {
    if (!this.members) {
      this.members = Array.from({ length: this.count }, () => []);
      this.of.forEach((group, row) => this.members[group].push(row));
    }
    return this.members;
  }

  total(values) {
    if (this.count === 1) return Float64Array.of(sum(values));
    return Float64Array.from(this.rows, (rows) => sum(taken(values, rows)));
  }

  spread(byGroup) {
    return made(this.of.length, (row) => byGroup[this.of[row]]);
  }

  /** Which groups have rows. */
  get present() {
    return this.rows.map((rows) => rows.length > 0);
  }
}

/**
 * Solve every group's level. Gives amounts; the level of each group, 0 where nobody has a score; and the gap, the money
 * left over (positive) or missing (negative) that no level can place.
 */
function solve(fixed, score, lower, upper, amount, groups) {
  const scale = score.reduce((found, value) => Math.max(found, value), 0);
  const scaled = scale > 0 ? map1((value) => value / scale, score) : score;
  const bounded = lower.some(Number.isFinite) || upper.some(Number.isFinite);
  const amounts = new Float64Array(fixed.length);
  const level = new Float64Array(groups.count);
  groups.rows.forEach((rows, group) => {
    const solved = bounded ? peggedLevel : freeLevel;
    level[group] = solved(rows, { b: fixed, s: scaled, lo: lower, hi: upper }, amount[group], amounts);
  });
  const gap = new Float64Array(groups.count);
  const [total, sizes, sizesOfFixed] = [amounts, amounts.map(Math.abs), fixed.map(Math.abs)].map((values) =>
    groups.total(values),
  );
  gap.forEach((_, group) => {
    const left = amount[group] - total[group];
    const dust = DUST * (Math.abs(amount[group]) + sizes[group] + sizesOfFixed[group]);
    gap[group] = Math.abs(left) <= dust ? 0 : left;
  });
  return { amounts, level: scale > 0 ? level.map((value) => value / scale) : level, gap };
}

/** Solve where nobody is bounded: one linear equation. */
function freeLevel(rows, { b, s }, money, amounts) {
  const slope = sum(taken(s, rows));
  const level = slope > 0 ? (money - sum(taken(b, rows))) / slope : 0;
  for (const row of rows) amounts[row] = b[row] + level * s[row];
  return level;
}

function peggedLevel(members, { b, s, lo, hi }, amount, amounts) {
  for (const row of members) amounts[row] = Math.min(Math.max(b[row], lo[row]), hi[row]);
  // Specks beside the sum of scores count as zero.
  const speck = sum(taken(s, members)) * SPECK;
  let rows = members.filter((row) => s[row] > speck);
  let money = amount;
  if (rows.length < members.length)
    money -= sum(made(members.length, (place) => (s[members[place]] > speck ? 0 : amounts[members[place]])));
  let [level, lowest, highest] = [0, -Infinity, Infinity];
  while (rows.length) {
    const slope = sum(taken(s, rows));
    level = (money - sum(taken(b, rows))) / slope;
    const [free, clipped, cut] = [1, 2, 3].map(() => new Float64Array(rows.length));
    for (let place = 0; place < rows.length; place++) {
      const row = rows[place];
      free[place] = level * s[row] + b[row];
      clipped[place] = Math.min(Math.max(free[place], lo[row]), hi[row]);
      cut[place] = free[place] - clipped[place];
    }
    const above = sum(map1((value) => Math.max(value, 0), cut));
    const below = -sum(map1((value) => Math.min(value, 0), cut));
    // Holding somebody at a cap says that the level is no lower than this one, at a floor that it is no higher.
    if (above > below) lowest = Math.max(lowest, level);
    if (below > above) highest = Math.min(highest, level);
    const way = Math.sign(above - below);
    const isHeld = (place) =>
      (way > 0 && free[place] >= hi[rows[place]]) || (way < 0 && free[place] <= lo[rows[place]]);
    money -= sum(made(rows.length, (place) => (isHeld(place) ? clipped[place] : 0)));
    const staying = [];
    rows.forEach((row, place) => {
      // Where caps cut off exactly what floors add (or neither does anything), this level is the solution.
      if (way === 0 || isHeld(place)) amounts[row] = clipped[place];
      else staying.push(row);
    });
    rows = staying;
  }
  return Math.min(Math.max(level, lowest), Math.max(lowest, highest));
}

/**
 * Foundation aid: need less one common rate on wealth, the rate that spends the money. What is solved is what
 * territories bear themselves; where no rate within `rates` spends the money, the nearest one is taken.
 */
function solveRate(need, wealth, lower, upper, money, groups, rates) {
  const borneLeast = need.map((value, row) => value - upper[row]);
  const borneMost = need.map((value, row) => value - lower[row]);
  const needed = groups.total(need);
  const toBear = needed.map((value, group) => value - money[group]);
  const borne = solve(filled(need.length, 0), wealth, borneLeast, borneMost, toBear, groups);
  const rate = borne.level.map((value) => Math.min(Math.max(value, rates[0]), rates[1]));
  const amounts = need.map((value, row) => {
    const group = groups.of[row];
    if (rate[group] === borne.level[group]) return value - borne.amounts[row];
    const aid = wealth[row] > 0 ? value - rate[group] * wealth[row] : value;
    return Math.min(Math.max(aid, lower[row]), upper[row]);
  });
  const [given, sizes] = [groups.total(amounts), groups.total(amounts.map(Math.abs))];
  const gap = money.map((value, group) => {
    const left = value - given[group];
    return Math.abs(left) <= DUST * (Math.abs(value) + needed[group] + sizes[group]) ? 0 : left;
  });
  return { amounts, level: rate, gap };
}
