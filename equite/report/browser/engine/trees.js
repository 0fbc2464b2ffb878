// The tree of an expression, as the payload holds it. A number is a number, null a missing value, a text a name;
// `["+", left, right]` and `["max", a, b]` are an operator and a function over theirs, `["neg", x]`, `["not", x]`,
// `["and", …]`, `["or", …]`, `["compare", ["<", "<="], a, b, c]` and `["in", x, …]` the others. A label in quotes is
// `{"label": "rural"}`; a function over many territories is `{"aggregate": "average", "of": […]}`, with `by`, `weights`
// and `among` where they are given.

const isName = (node) => typeof node === "string";
const isNumber = (node) => typeof node === "number";
const isLabel = (node) => node !== null && typeof node === "object" && "label" in node;
const isAggregate = (node) => node !== null && typeof node === "object" && "aggregate" in node;
const isCondition = (node) => Array.isArray(node) && ["compare", "in", "and", "or", "not"].includes(node[0]);
const isBinary = (node) => Array.isArray(node) && node[0] in OPERATORS;
/** The function of a node; none of an operator, a condition or a leaf. */
const functionOf = (node) =>
  Array.isArray(node) && !isBinary(node) && !isCondition(node) && node[0] !== "neg" ? node[0] : null;
const namesTable = (node) => Array.isArray(node) && node[0] in TABLES;

/** What stands right below a node, left to right: labels and the names of tables too. */
function childrenOf(node) {
  if (isAggregate(node)) {
    return [...node.of, ...["by", "weights", "among"].filter((key) => key in node).map((key) => node[key])];
  }
  if (!Array.isArray(node)) return [];
  return node.slice(node[0] === "compare" ? 2 : 1);
}

/** A node and all below it, each before those below it. */
function walked(node, found = []) {
  found.push(node);
  for (const child of childrenOf(node)) walked(child, found);
  return found;
}

const NAMES_IN = new WeakMap();

/** The names that stand in a tree, those of tables and groups too. */
function namesIn(node) {
  if (node === null || typeof node !== "object") return new Set(isName(node) ? [node] : []);
  if (!NAMES_IN.has(node)) NAMES_IN.set(node, new Set(walked(node).filter(isName)));
  return NAMES_IN.get(node);
}

const aggregatesIn = (node) => walked(node).filter(isAggregate);

/** An exponent that is written as a whole number, else null. */
function wholePower(node) {
  const [sign, inner] = Array.isArray(node) && node[0] === "neg" ? [-1, node[1]] : [1, node];
  return isNumber(inner) && Number.isInteger(inner) && inner <= 64 ? sign * inner : null;
}

/** The value of a tree that is a plain number, else null. */
function plainNumber(node) {
  if (isNumber(node)) return node;
  return Array.isArray(node) && node[0] === "neg" && isNumber(node[1]) ? -node[1] : null;
}

const STRENGTH = { or: 1, and: 2, not: 3, compare: 4, in: 4, "+": 5, "-": 5, "*": 6, "/": 6, neg: 7, "**": 8 };

/** Write a tree as the page would, with no more parentheses than its meaning needs. */
function treeText(node, outer = 0) {
  const strength = Array.isArray(node) ? (STRENGTH[node[0]] ?? 10) : 10;
  const text = plainText(node);
  return strength < outer ? `(${text})` : text;
}

function plainText(node) {
  const listed = (nodes) => nodes.map((each) => treeText(each)).join(", ");
  if (node === null) return "null";
  if (isNumber(node)) return written(node);
  if (isName(node)) return node;
  if (isLabel(node)) return `"${node.label}"`;
  if (isAggregate(node)) {
    const keys = ["weights", "by", "among"].filter((key) => key in node).map((key) => `${key}=${treeText(node[key])}`);
    return `${node.aggregate}(${[...node.of.map((each) => treeText(each)), ...keys].join(", ")})`;
  }
  const [kind, ...rest] = node;
  if (kind === "neg") return `-${treeText(rest[0], 7)}`;
  if (kind === "not") return `not ${treeText(rest[0], 3)}`;
  if (kind === "and" || kind === "or") return rest.map((each) => treeText(each, STRENGTH[kind] + 1)).join(` ${kind} `);
  if (kind === "in") return `${treeText(rest[0], 5)} in (${listed(rest.slice(1))})`;
  if (kind === "compare") {
    const [operators, first, ...others] = rest;
    return [treeText(first, 5), ...others.map((each, place) => `${operators[place]} ${treeText(each, 5)}`)].join(" ");
  }
  if (kind in OPERATORS) {
    const strength = STRENGTH[kind];
    const [left, right] = kind === "**" ? [strength + 1, strength] : [strength, strength + 1];
    return `${treeText(rest[0], left)} ${kind} ${treeText(rest[1], right)}`;
  }
  return `${kind}(${listed(rest)})`;
}
