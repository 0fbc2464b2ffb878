// The methods that turn measures into scores, each a pure function under its name on the page. They follow OECD and JRC
// (2008), Handbook on Constructing Composite Indicators, as equite/engine/methods.py tells. `parameters` has each one's
// default, null where the page must give it; `rises` wants them to rise, `least` has the least value of some.

const meanOf = (values) => sum(values) / values.length;

function medianOf(values) {
  const ordered = Float64Array.from(values).sort();
  const half = ordered.length >> 1;
  return ordered.length % 2 ? ordered[half] : (ordered[half - 1] + ordered[half]) / 2;
}

/** The value below which a share lies, as numpy interpolates. */
function quantileBetween(values, share) {
  const ordered = Float64Array.from(values).sort();
  const place = share * (ordered.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, ordered.length - 1);
  const rest = place - low;
  const apart = ordered[high] - ordered[low];
  return rest >= 0.5 ? ordered[high] - apart * (1 - rest) : ordered[low] + apart * rest;
}

/** For each value, how many of all are lower, and how many are as low or lower. */
function standings(values) {
  const ordered = Float64Array.from(values).sort();
  const [below, upTo] = [new Map(), new Map()];
  ordered.forEach((value, place) => {
    if (!below.has(value)) below.set(value, place);
    upTo.set(value, place + 1);
  });
  return Array.from(values, (value) => [below.get(value), upTo.get(value)]);
}

function minMax(values, { low, high }) {
  const [first, last] = [least(values), most(values)];
  return values.map((value) => ((value - first) / (last - first)) * (high - low) + low);
}

function averageRank(values, { ties, scale }) {
  return Float64Array.from(standings(values), ([below, upTo]) => {
    const place = ties === "average" ? upTo - (upTo - below - 1) / 2 : below + 1;
    return scale === "places" ? place : (place - 0.5) / values.length;
  });
}

function quantileBands(values, { bands }) {
  const count = Math.max(2, Math.trunc(bands));
  const [lowest, highest] = [least(values), most(values)];
  return Float64Array.from(standings(values), ([below, upTo], row) => {
    if (values[row] === lowest) return 0;
    if (values[row] === highest) return 1;
    // Twice the mean place, less one: whole numbers tell an edge from what lies beside it.
    const place = (below + upTo) * count;
    const band = Math.floor(place / (2 * values.length));
    return (place % (2 * values.length) === 0 ? band - 0.5 : band) / (count - 1);
  });
}

function modifiedZ(values) {
  const middle = medianOf(values);
  const apart = values.map((value) => value - middle);
  const spread = medianOf(apart.map(Math.abs));
  if (spread > 0) return apart.map((value) => (0.6745 * value) / spread);
  const mean = meanOf(apart.map(Math.abs));
  return apart.map((value) => (0.7979 * value) / mean);
}

function zScore(values, { mean, deviation }) {
  const middle = meanOf(values);
  const apart = values.map((value) => value - middle);
  const spread = Math.sqrt(sum(apart.map((value) => value * value)) / (values.length - 1));
  return apart.map((value) => (value / spread) * deviation + mean);
}

function distanceToTarget(values, { target }) {
  const span = target - least(values);
  // A target that everybody has reached or passed leaves no distance to measure.
  return span > 0 ? values.map((value) => 1 - (target - value) / span) : filled(values.length, NaN);
}

const within01 = (value) => Math.min(Math.max(value, 0), 1);

const NORMALISERS = {
  "min-max": { run: minMax, parameters: { low: 0, high: 1 }, rises: true },
  goalposts: {
    run: (values, { low, high }) => values.map((value) => within01((value - low) / (high - low))),
    parameters: { low: null, high: null },
    rises: true,
    inUnits: true,
  },
  "z-score": { run: zScore, parameters: { mean: 0, deviation: 1 }, least: { deviation: 1e-9 } },
  "modified-z": { run: modifiedZ, parameters: {} },
  rank: { run: averageRank, parameters: { ties: ["average", "lowest"], scale: ["share", "places"] } },
  "percentile-rank": {
    run: (values) => Float64Array.from(standings(values), ([below]) => below / (values.length - 1)),
    parameters: {},
  },
  "share-of-total": {
    run: (values) => {
      const total = sum(values);
      return values.map((value) => value / total);
    },
    parameters: {},
    onlyHigh: true,
  },
  "ratio-to-mean": {
    run: (values) => {
      const mean = meanOf(values);
      return values.map((value) => value / mean);
    },
    parameters: {},
    onlyHigh: true,
  },
  "fraction-of-highest": {
    run: (values) => {
      const highest = most(values);
      return values.map((value) => value / highest);
    },
    parameters: {},
    onlyHigh: true,
  },
  "distance-to-best": {
    run: (values) => {
      const [lowest, highest] = [least(values), most(values)];
      return values.map((value) => 1 - (highest - value) / (highest - lowest));
    },
    parameters: {},
  },
  "distance-to-target": { run: distanceToTarget, parameters: { target: null }, inUnits: true },
  "quantile-bands": { run: quantileBands, parameters: { bands: 5 }, least: { bands: 2 } },
};

/** The scores of one territory after the other, and their weights, as lists of rows. */
function powerMean(scores, weights, { power }) {
  if (power === 0) return geometricMean(scores, weights);
  return scores.map((row, at) => {
    const weighing = weights[at].map((weight, place) => (row[place] !== row[place] ? 0 : weight));
    const total = sum(weighing);
    const terms = row.map(
      (score, place) => (score !== score ? 1 : power === 1 ? score : raised(score, power)) * weighing[place],
    );
    const mean = total > 0 ? sum(terms) / total : NaN;
    return power === 1 ? mean : raised(mean, 1 / power);
  });
}

function geometricMean(scores, weights) {
  const logarithms = scores.map((row) => row.map(Math.log));
  return powerMean(logarithms, weights, { power: 1 }).map(Math.exp);
}

/** The share of duels won (Copeland, 1951): whoever is needier on more than half the weight wins; a draw is half. */
function copeland(given, weights) {
  const count = given.length;
  const columns = given[0].map((_, place) => alikeButForDust(Float64Array.from(given, (row) => row[place])));
  const scores = given.map((_, row) => columns.map((column) => column[row]));
  return scores.map((own, row) => {
    let won = 0;
    for (const other of scores) {
      const weighing = other.map((score, place) =>
        score !== score || own[place] !== own[place] ? 0 : weights[row][place],
      );
      const ahead = sum(weighing.map((weight, place) => (own[place] > other[place] ? weight : 0)));
      const behind = sum(weighing.map((weight, place) => (own[place] < other[place] ? weight : 0)));
      if (Math.abs(ahead - behind) <= DUST * (ahead + behind)) won += 0.5;
      else if (ahead > behind) won += 1;
    }
    return (won - 0.5) / Math.max(count - 1, 1);
  });
}

/** A mean weighted by place, neediest criterion first (Yager, 1988), times each criterion's own weight. */
function orderedWeighted(scores, weights, { order }) {
  const falling = scores.map((row) => {
    const equal = alikeButForDust(Float64Array.from(row));
    return [...row.keys()].sort((one, other) => byValue(-equal[one], -equal[other]) || one - other);
  });
  const placed = scores.map((row, at) => falling[at].map((place) => row[place]));
  const weighing = weights.map((row, at) => falling[at].map((place, rank) => row[place] * order[rank]));
  return powerMean(placed, weighing, { power: 1 });
}

const AGGREGATORS = {
  arithmetic: { run: (scores, weights) => powerMean(scores, weights, { power: 1 }), parameters: {} },
  geometric: { run: geometricMean, parameters: {}, positive: true },
  harmonic: { run: (scores, weights) => powerMean(scores, weights, { power: -1 }), parameters: {}, positive: true },
  "power-mean": { run: powerMean, parameters: { power: null }, positive: true },
  copeland: { run: copeland, parameters: {} },
  "ordered-weighted": { run: orderedWeighted, parameters: { order: null } },
};

const TRANSFORMS = {
  log: { run: (values) => values.map((value) => (value > 0 ? Math.log(value) : NaN)), parameters: {} },
  winsorise: {
    run: (values, { low, high }) => {
      const present = values.filter((value) => value === value);
      if (!present.length) return values;
      const [lowest, highest] = [quantileBetween(present, low), quantileBetween(present, high)];
      return values.map((value) => Math.min(Math.max(value, lowest), highest));
    },
    parameters: { low: null, high: null },
    rises: true,
  },
  line: {
    run: (values, { from, to }) => values.map((value) => within01((value - from) / (to - from))),
    parameters: { from: null, to: null },
    rises: true,
  },
};

/** Whether a method's parameters, all of which are there, fit: those that must rise do, none is below its least. */
function parametersFit(method, given) {
  if (Object.entries(method.least ?? {}).some(([name, lowest]) => given[name] < lowest)) return false;
  const numbers = Object.keys(method.parameters)
    .map((name) => given[name])
    .filter(isOne);
  return !method.rises || numbers.every((value, place) => !place || value > numbers[place - 1]);
}

function skewness(values) {
  const n = values.length;
  if (n < 3 || most(values) === least(values)) return 0;
  const mean = meanOf(values);
  const apart = values.map((value) => value - mean);
  const spread = meanOf(apart.map((value) => value * value));
  return ((Math.sqrt(n * (n - 1)) / (n - 2)) * meanOf(apart.map((value) => value ** 3))) / spread ** 1.5;
}

function excessKurtosis(values) {
  const n = values.length;
  if (n < 4 || most(values) === least(values)) return 0;
  const mean = meanOf(values);
  const apart = values.map((value) => value - mean);
  const spread = meanOf(apart.map((value) => value * value));
  const plain = meanOf(apart.map((value) => value ** 4)) / (spread * spread) - 3;
  return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * plain + 6);
}

/** Whether a criterion's extremes would flatten the others. */
const isExtreme = (values) => Math.abs(skewness(values)) > 2 * (1 + DUST) && excessKurtosis(values) > 3.5 * (1 + DUST);

/** Pull extremes in, at most so many times, or take the logarithm; leave other values as they are. */
function withoutExtremes(values, times) {
  const rows = rowsOf(values.map((value) => (value === value ? 1 : 0)));
  const present = taken(values, rows);
  let treated = Float64Array.from(present);
  for (let step = 0; step < times && isExtreme(treated); step++) {
    const high = skewness(treated) >= 0;
    const edge = high ? most(treated) : least(treated);
    const others = treated.filter((value) => value !== edge);
    const next = high ? most(others) : least(others);
    treated = treated.map((value) => (value === edge ? next : value));
  }
  let points = treated.filter((value, place) => value !== present[place]).length;
  const logged = isExtreme(treated);
  if (logged) {
    const [lowest, highest] = [least(present), most(present)];
    treated = present.map((value) => Math.log(value - lowest + 0.01 * (highest - lowest)));
    points = 0;
  }
  const found = Float64Array.from(values);
  rows.forEach((row, place) => (found[row] = treated[place]));
  return { values: found, points, logged };
}
