// Numbers. A value is one number, or one for each row (a Float64Array); what is missing is NaN.

/** What rounding errors of a sum may amount to, relative to the largest sum in play. */
const DUST = 2 ** -44;
/** One rounding of a sum, a product, a quotient or a root. */
const UNIT_ROUNDOFF = 2 ** -53;
const TINY = 5e-324;
const TENS = Array.from({ length: 633 }, (_, at) => Number(`1e${at - 324}`));

const isOne = (value) => typeof value === "number";
const at = (value, row) => (typeof value === "number" ? value : value[row]);

/** The number of rows of some values; -1 where each is one number. */
function sizeOf(...values) {
  for (const value of values) if (typeof value !== "number") return value.length;
  return -1;
}

function map1(work, value) {
  if (typeof value === "number") return work(value);
  const found = new Float64Array(value.length);
  for (let row = 0; row < found.length; row++) found[row] = work(value[row]);
  return found;
}

function map2(work, left, right) {
  const size = sizeOf(left, right);
  if (size < 0) return work(left, right);
  const found = new Float64Array(size);
  if (typeof left === "number") for (let row = 0; row < size; row++) found[row] = work(left, right[row]);
  else if (typeof right === "number") for (let row = 0; row < size; row++) found[row] = work(left[row], right);
  else for (let row = 0; row < size; row++) found[row] = work(left[row], right[row]);
  return found;
}

function map3(work, one, two, three) {
  const size = sizeOf(one, two, three);
  if (size < 0) return work(one, two, three);
  const found = new Float64Array(size);
  for (let row = 0; row < size; row++) found[row] = work(at(one, row), at(two, row), at(three, row));
  return found;
}

/** One value for each row, of one for all or of as many. */
const laid = (value, size) => (typeof value === "number" ? new Float64Array(size).fill(value) : value);
const filled = (size, value) => new Float64Array(size).fill(value);
const some = (values, holds) => (typeof values === "number" ? holds(values) : values.some(holds));

/**
 * Sum values as numpy does: by halves down to runs of 128, each in eight running sums. Every sum of a column or of a
 * group goes through here, so that both languages add in one order.
 */
function sum(values) {
  return pairwise(values, 0, values.length);
}

function pairwise(values, start, count) {
  if (count < 8) {
    let total = 0;
    for (let row = start; row < start + count; row++) total += values[row];
    return total;
  }
  if (count > 128) {
    const half = Math.trunc(count / 2);
    const first = half - (half % 8);
    return pairwise(values, start, first) + pairwise(values, start + first, count - first);
  }
  const eight = [0, 1, 2, 3, 4, 5, 6, 7].map((step) => values[start + step]);
  const end = start + count - (count % 8);
  for (let row = start + 8; row < end; row += 8) for (let step = 0; step < 8; step++) eight[step] += values[row + step];
  let total = eight[0] + eight[1] + (eight[2] + eight[3]) + (eight[4] + eight[5] + (eight[6] + eight[7]));
  for (let row = end; row < start + count; row++) total += values[row];
  return total;
}

const least = (values) => values.reduce((found, value) => (value < found || value !== value ? value : found), Infinity);
const most = (values) => values.reduce((found, value) => (value > found || value !== value ? value : found), -Infinity);

/** The nearest whole number, halves to the even one. */
function rint(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest < 0.5) return below;
  return rest > 0.5 || below % 2 !== 0 ? below + 1 : below;
}

/** The sign of one number on the size of another. */
const withSign = (size, sign) => (sign < 0 || Object.is(sign, -0) ? -Math.abs(size) : Math.abs(size));

/** Round halves away from zero; what lies below a half by no more than dust is the half. */
function roundHalfAway(value, digits) {
  const scale = TENS[Math.abs(digits) + 324];
  const scaled = digits >= 0 ? Math.abs(value) * scale : Math.abs(value) / scale;
  const whole = Math.floor(scaled + 0.5 + 2 ** -49 * scaled);
  const rounded = digits >= 0 ? whole / scale : whole * scale;
  return withSign(scaled * 2 ** -49 >= 0.125 ? Math.abs(value) : rounded, value);
}

/** A figure as it was typed: the number nearest to its 15 significant digits. */
function typedFigure(value) {
  if (!Number.isFinite(value) || Number.isInteger(value)) return value;
  const size = Math.abs(value);
  if (size < 1e9 && rint(value * 1e6) / 1e6 === value) return value;
  let exponent = Math.floor(Math.log10(size));
  if (TENS[exponent + 324] > size) exponent -= 1;
  if (TENS[exponent + 325] <= size) exponent += 1;
  const places = 14 - exponent;
  if (places > 22) return Number(value.toPrecision(15));
  const scale = TENS[places + 324];
  return rint(value * scale) / scale;
}

const typed = (values) => map1(typedFigure, values);

/** The rows in the order of some values, equal ones in their own order; missing values last. */
function sorted(values) {
  const order = Uint32Array.from(values, (_, row) => row);
  return order.sort((one, other) => byValue(values[one], values[other]) || one - other);
}

function byValue(one, other) {
  if (one < other) return -1;
  if (one > other) return 1;
  return (one !== one ? 1 : 0) - (other !== other ? 1 : 0);
}

/** Texts by their code points, as every other part of equite sorts codes; JavaScript's own order is of UTF-16. */
function byCodePoint(one, other) {
  const left = [...one];
  const right = [...other];
  for (let place = 0; place < Math.min(left.length, right.length); place++) {
    const apart = left[place].codePointAt(0) - right[place].codePointAt(0);
    if (apart) return apart;
  }
  return left.length - right.length;
}

/** How many of some rising edges lie below a value; with `included`, at or below it. */
function placeAmong(edges, value, included) {
  let place = 0;
  while (place < edges.length && (value !== value || (included ? edges[place] <= value : edges[place] < value)))
    place++;
  return place;
}

/** Rows for which a mask holds. */
function rowsOf(mask) {
  const rows = [];
  for (let row = 0; row < mask.length; row++) if (mask[row]) rows.push(row);
  return rows;
}

const anyOf = (mask) => mask.some((is) => is === 1);
const everyOf = (mask) => mask.every((is) => is === 1);

/** One number for each row, worked out from its place. */
function made(size, work) {
  const found = new Float64Array(size);
  for (let row = 0; row < size; row++) found[row] = work(row);
  return found;
}

/** One yes or no for each row. */
function maskOf(size, holds) {
  const found = new Uint8Array(size);
  for (let row = 0; row < size; row++) if (holds(row)) found[row] = 1;
  return found;
}

/** The rows, of so many, for which something holds. */
function rowsWhere(size, holds) {
  const rows = [];
  for (let row = 0; row < size; row++) if (holds(row)) rows.push(row);
  return rows;
}

function taken(values, rows) {
  const found = new Float64Array(rows.length);
  for (let place = 0; place < rows.length; place++) found[place] = values[rows[place]];
  return found;
}

/** A number as Python writes it. */
function written(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const size = Math.abs(value);
  const text = String(value);
  if (size >= 1e16 || (size < 1e-4 && size > 0)) {
    const [digits, exponent] = value.toExponential().split("e");
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  }
  return Number.isInteger(value) ? `${text}.0` : text;
}
