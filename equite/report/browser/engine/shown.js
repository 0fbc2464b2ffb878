// What is shown: whole figures that add up across and down, as docs/architecture.md tells ("What is shown").

const TOLERANCE = 1e-12;
const MOST_DUST_SHOWN = 0.01;

/** A column of steps rounded along its running total, anew in each group envelope; counted in the last decimal. */
function shownColumn(values, groups, digits) {
  const scale = TENS[digits + 324];
  const dust = Math.min(TOLERANCE * sum(map1(Math.abs, values)), MOST_DUST_SHOWN / scale);
  const rounded = (total) => withSign(Math.floor(Math.abs(total) * scale + dust * scale + 0.5), total) + 0;
  const running = new Float64Array(groups.count);
  return made(values.length, (row) => {
    const group = groups.of[row];
    const before = running[group];
    running[group] += values[row];
    return rounded(running[group]) - rounded(before);
  });
}

/** What each part gives, what each limit adds or takes, and what rounding is: cells, and the total of each column. */
function shownSteps(outcome, context) {
  const { digits } = context.unit;
  const scale = TENS[digits + 324];
  const moved = ({ before, after }) =>
    map2(
      (value, was) => {
        const change = value - was;
        return Math.abs(change) <= TOLERANCE * (Math.abs(was) + Math.abs(value)) ? 0 : change;
      },
      after,
      before,
    );
  const column = (id, values) => [id, shownColumn(values, context.envelopes, digits)];
  const parts = outcome.parts.map((part) => column(part.id, part.amounts));
  const limits = outcome.limits.map((limit) => column(limit.id, moved(limit)));
  const columns = [...parts, ...limits];
  const rounding = made(outcome.amounts.length, (row) => {
    let left = rint(outcome.amounts[row] * scale);
    for (const [, cells] of columns) left -= cells[row];
    return left;
  });
  const told = ([id, cells]) => ({ id, cells: map1((cell) => cell / scale, cells), total: sum(cells) / scale });
  return { digits, parts: parts.map(told), limits: limits.map(told), rounding: told(["rounding", rounding]) };
}
