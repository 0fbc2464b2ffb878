// Whole units by a divisor method: seats and posts as laws apportion them. The unit that comes after k others goes to
// whomever has the highest share / d(k) (Balinski and Young, 2001, Fair Representation). Binary search finds the
// priority that the last unit has, in floats; the few units so near it that floats cannot tell are put in order, in
// exact fractions where the shares have exact weights.

const fractionOver = (top, bottom = 1) => new Fraction(BigInt(top), BigInt(bottom));

/** d(k) in floats, the same exactly to the power that is a fraction, and whether d(0) is 0. */
const DIVISORS = {
  adams: { near: (k) => k, exactly: (k) => fractionOver(k), power: 1 },
  dean: {
    near: (k) => k * ((k + 1) / (k + 0.5)),
    exactly: (k) => fractionOver(2 * k * (k + 1), 2 * k + 1),
    power: 1,
  },
  dhondt: { near: (k) => k + 1, exactly: (k) => fractionOver(k + 1), power: 1 },
  "huntington-hill": {
    near: (k) => Math.sqrt(k) * Math.sqrt(k + 1),
    exactly: (k) => fractionOver(k * (k + 1)),
    power: 2,
  },
  "sainte-lague": { near: (k) => k + 0.5, exactly: (k) => fractionOver(2 * k + 1, 2), power: 1 },
};

const servesAll = (method) => DIVISORS[method].exactly(0).top === 0n;

/** Apportion each group's units within whole bounds; gives units, and whom only the order of codes gave or refused. */
function apportioned(claims, method) {
  const [sure, possible] = bracketed(claims, method);
  const units = Float64Array.from(sure);
  const [given, refused] = [new Set(), new Set()];
  claims.groups.rows.forEach((rows, group) => {
    const open = [];
    for (const row of rows) for (let after = sure[row]; after < possible[row]; after++) open.push({ row, after });
    const left = claims.total[group] - rint(sum(taken(sure, rows)));
    const classes = classesOf(claims, method, open);
    open.sort((one, other) => one.rank - other.rank || one.place - other.place);
    open.forEach((unit, place) => (unit.isServed = place < left));
    for (const unit of open) if (unit.isServed) units[unit.row] += 1;
    for (let each = 0; each < classes; each++) {
      const those = open.filter((unit) => unit.rank === each);
      if (those.every((unit) => unit.isServed) || !those.some((unit) => unit.isServed)) continue;
      for (const unit of those) (unit.isServed ? given : refused).add(unit.row);
    }
  });
  return { units, given: [...given].sort((a, b) => a - b), refused: [...refused].sort((a, b) => a - b) };
}

/** The units that each surely gets, and those that it may get, from the priority of the last unit. */
function bracketed({ shares, least: floors, most: caps, total, groups, dust }, method) {
  const divisor = DIVISORS[method].near;
  const [sure, possible] = [new Float64Array(shares.length), new Float64Array(shares.length)];
  groups.rows.forEach((rows, group) => {
    // Whoever has no share gets what its floor gives.
    const limit = (row) => (shares[row] > 0 ? Math.min(caps[row], total[group]) : floors[row]);
    const counted = (row, priority) => {
      const quotient = Math.min(shares[row] / priority, limit(row) + 1);
      const whole = Math.floor(quotient);
      return Math.min(Math.max(whole + (quotient >= divisor(whole) ? 1 : 0), floors[row]), limit(row));
    };
    let [low, high] = [-1000, 1000];
    for (let step = 0; step < 55; step++) {
      const middle = (low + high) / 2;
      const priority = 2 ** middle;
      if (sum(made(rows.length, (place) => counted(rows[place], priority))) > total[group]) low = middle;
      else high = middle;
    }
    for (const row of rows) {
      const near = 2 ** -40 + 4 * dust[row];
      sure[row] = counted(row, 2 ** high * (1 + near));
      possible[row] = counted(row, 2 ** low / (1 + near));
    }
  });
  return [sure, possible];
}

/** Give each open unit of a group its place by falling priority, and the class of equals it is in. */
function classesOf({ shares, dust, weights }, method, open) {
  if (!open.length) return 0;
  const divisor = DIVISORS[method];
  const exact = weights(open.map((unit) => unit.row));
  open.forEach((unit, place) => {
    const below = exact ? divisor.exactly(unit.after) : null;
    unit.place = place;
    // A unit whose divisor is 0 comes before all others.
    unit.key = below?.top ? exact[place].power(divisor.power).over(below) : null;
    unit.priority = exact ? 0 : shares[unit.row] / divisor.near(unit.after);
    unit.near = unit.priority * dust[unit.row];
  });
  const apart = exact
    ? (one, other) => (one.key && other.key ? other.key.compare(one.key) : (one.key ? 1 : 0) - (other.key ? 1 : 0))
    : (one, other) => byValue(other.priority, one.priority);
  const falling = [...open].sort((one, other) => apart(one, other) || one.place - other.place);
  falling.forEach((unit, place) => {
    const before = falling[place - 1];
    const falls =
      place && (exact ? apart(before, unit) !== 0 : before.priority - unit.priority > before.near + unit.near);
    unit.rank = place ? before.rank + (falls ? 1 : 0) : 0;
  });
  return falling[falling.length - 1].rank + 1;
}
