// The greatest protection that money pays: what is told when floors take more than there is.

/** Shares of floors are told in hundredths of a percent. */
const PROTECTION_STEPS = 10000;
/** How far above a whole unit a floor may lie by dust alone. */
const FLOOR_DUST = 1e-9;

/** The largest part of every floor that a group's money pays, in percent, rounded down; null where it pays none. */
function greatestProtection({ context, fixed, money, groups, asked }, group) {
  const rows = groups.rows[group];
  const { earlier, floors } = asked;
  const least = rows.map((row) => Math.min(Math.max(fixed[row], earlier.lower[row]), earlier.upper[row]));
  if (!rows.some((row) => Number.isFinite(floors[row]))) return null;
  const taking = (step) => {
    let scaled = rows.map((row) => (Number.isFinite(floors[row]) ? floors[row] : 0) * (step / PROTECTION_STEPS));
    if (context.page.rounding.bounds === "inward") {
      scaled = context.unit.money(context.unit.count(scaled).map((units) => Math.ceil(units - FLOOR_DUST)));
    }
    const held = (row, at) => Math.max(least[at], Math.min(scaled[at], earlier.upper[row]));
    return sum(rows.map((row, at) => (Number.isFinite(floors[row]) ? held(row, at) : least[at])));
  };
  if (taking(1) > money[group]) return null;
  let [low, high] = [0, PROTECTION_STEPS];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    [low, high] = taking(middle) <= money[group] ? [middle, high] : [low, middle];
  }
  return low / 100;
}
