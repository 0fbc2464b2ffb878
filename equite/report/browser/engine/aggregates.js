// Functions over many territories, by group where asked.

/** The group of each row: its number, -1 where it has none, and each group's label; groups are sorted. */
function groupedBy(values) {
  const labels = [...new Set(values)].filter((value) => value === value).sort(byValue);
  const places = new Map(labels.map((label, place) => [label, place]));
  const of = new Int32Array(values.length);
  for (let row = 0; row < of.length; row++) of[row] = places.get(values[row]) ?? -1;
  return { of, labels };
}

/** A group's label as text: 3 for the number 3. */
const labelText = (label) =>
  typeof label === "number" ? (Number.isInteger(label) ? String(label) : written(label)) : label;

const OVER_MANY = {
  average: averaged,
  count: (numbers) => numbers.reduce((found, value) => found + (value !== 0 ? 1 : 0), 0),
  deviation: deviationOf,
  highest: (numbers) => (numbers.length ? most(numbers) : NaN),
  lowest: (numbers) => (numbers.length ? least(numbers) : NaN),
  median: (numbers) => quantileOf(numbers, 0.5, true),
  quantile: (numbers, weights, share) => quantileOf(numbers, share, false),
  rank: null,
  total: totalOf,
};

/** Several groups are summed as they come, a single one by halves: as numpy does. */
function totalOf(numbers, weights, share, isAlone) {
  const terms = weights ? numbers.map((value, row) => value * weights[row]) : numbers;
  return isAlone ? sum(terms) : added(terms);
}

function averaged(numbers, weights, share, isAlone) {
  const below = weights ? totalOf(weights, null, share, isAlone) : numbers.length;
  return below !== 0 ? totalOf(numbers, weights, share, isAlone) / below : NaN;
}

/** The standard deviation with n - 1, by Welford's running sums. */
function deviationOf(numbers) {
  let mean = 0;
  let squares = 0;
  numbers.forEach((value, row) => {
    const before = mean;
    mean += (value - before) / (row + 1);
    squares += (value - mean) * (value - before);
  });
  return numbers.length > 1 ? Math.sqrt(squares / (numbers.length - 1)) : NaN;
}

/** The value below which a share lies, between the two nearest, as PERCENTILE.INC. */
function quantileOf(numbers, share, isMedian) {
  if (!numbers.length) return NaN;
  const ordered = Float64Array.from(numbers).sort();
  if (isMedian) {
    const half = ordered.length >> 1;
    return ordered.length % 2 ? ordered[half] : (ordered[half - 1] + ordered[half]) / 2;
  }
  const place = share * (ordered.length - 1);
  const low = Math.floor(place);
  const rest = place % 1;
  return rest > 0 ? ordered[low] + (ordered[low + 1] - ordered[low]) * rest : ordered[low];
}

/** The rows of each group that count. */
function membersOf(rows, grouping) {
  const members = Array.from({ length: grouping ? grouping.labels.length : 1 }, () => []);
  for (let row = 0; row < rows.length; row++) {
    const group = grouping ? grouping.of[row] : 0;
    if (rows[row] && group >= 0) members[group].push(row);
  }
  return members;
}

/**
 * One aggregate over the rows that count: one number without groups, else each row's group's; a rank for each row.
 */
function aggregated(name, values, weights, rows, grouping, share) {
  const members = membersOf(rows, grouping);
  if (name === "rank") return ranked(values, members, rows.length);
  const byGroup = members.map((those) => {
    const numbers = values === null ? filled(those.length, 1) : taken(values, those);
    return OVER_MANY[name](numbers, weights && taken(weights, those), share, members.length === 1);
  });
  if (!grouping) return byGroup[0];
  const { of } = grouping;
  return made(of.length, (row) => (of[row] >= 0 ? byGroup[of[row]] : NaN));
}

/** The place of each, 1 for the highest; ties share the better place. */
function ranked(values, members, size) {
  const found = filled(size, NaN);
  for (const those of members) {
    const ordered = [...those].sort((one, other) => byValue(values[other], values[one]));
    ordered.forEach((row, place) => {
      const before = place ? ordered[place - 1] : -1;
      found[row] = place && values[before] === values[row] ? found[before] : place + 1;
    });
  }
  return found;
}
