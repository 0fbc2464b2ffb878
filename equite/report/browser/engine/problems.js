// What is refused: each problem with the id of its sentence, the values that fill it and its place on the page.

/** The page or the sums cannot be meant: every problem that was found. */
class Refusal extends Error {
  constructor(kind, problems) {
    super(problems.map((problem) => problem.id).join(", "));
    Object.assign(this, { kind, problems });
  }
}

const problem = (id, values = {}, where = "") => ({ id, values, where });
const codesIn = (codes) => ({ codes: [...codes] });
const numeralOf = (value) => ({ numeral: value });

/** Gather every problem first, refuse once. */
class Problems {
  constructor(kind) {
    Object.assign(this, { kind, found: [] });
  }

  add(id, where, values = {}) {
    this.found.push(problem(id, values, where));
  }

  refuse() {
    if (this.found.length) throw new Refusal(this.kind, this.found);
  }
}

/** Why one row's value is missing: the first place in its tree where something could not be computed. */
function whyMissing(node, scope, row) {
  if (isName(node)) {
    // A part may have a `previous` of its own.
    const origin = scope.home(node).origin(node);
    if (origin) return whyMissing(origin[1], origin[0], row);
    const isWithheld = node in scope.table.withheld && scope.table.withheld[node].includes(row);
    return [isWithheld ? "suppressed-cell" : "missing-cell", { name: node }];
  }
  if (!isAggregate(node)) {
    const children = childrenOf(node).filter((child) => !isLabel(child));
    if (namesTable(node)) {
      const table = scope.page.tables[children.pop()];
      if (node[0] === "weighted_sum") children.push(...table.columns);
    }
    for (const child of children) if (isMissing(scope, child, row)) return whyMissing(child, scope, row);
  }
  return [causeOf(node), { piece: treeText(node) }];
}

function isMissing(scope, node, row) {
  const value = scope.evaluate(node);
  if (value.labels) return value.of[row] < 0;
  return at(value, row) !== at(value, row);
}

function causeOf(node) {
  if (isAggregate(node)) return "missing-aggregate";
  const kind = Array.isArray(node) ? node[0] : null;
  if (kind === "/") return "missing-division";
  if (kind === "log") return "missing-logarithm";
  if (kind === "sqrt") return "missing-root";
  return kind === "step" || kind === "bracket" ? "missing-table" : "missing-value";
}

/** Note every cause for which some rows' values are missing or infinite, with the codes it concerns. */
function refuseMissing(problems, scope, node, values, rows, wanted, where) {
  const missing = rowsOf(maskOf(scope.size, (row) => rows[row] && !Number.isFinite(at(values, row))));
  const causes = new Map();
  for (const row of missing.slice(0, 200)) {
    const [id, found] = whyMissing(node, scope, row);
    const key = JSON.stringify([id, found]);
    if (!causes.has(key)) causes.set(key, [id, found, []]);
    causes.get(key)[2].push(scope.table.codes[row]);
  }
  const [first] = causes.values();
  // Beyond that the cause is rarely another; the codes are counted all the same.
  if (first) first[2].push(...missing.slice(200).map((row) => scope.table.codes[row]));
  for (const [id, found, codes] of causes.values())
    problems.add(id, where, { wanted: { say: wanted }, codes: { codes }, ...found });
}

/** Say what a function over many territories takes in that is missing, and for whom. */
function aggregateProblem(missing, scope) {
  const hidden = suppressed(missing.node, scope);
  const withheld = rowsOf(missing.rows).filter((row) => hidden[row]);
  const rows = withheld.length ? withheld : rowsOf(missing.rows);
  const codes = rows.map((row) => scope.table.codes[row]);
  const id = withheld.length ? "aggregate-suppressed" : "aggregate-missing";
  return problem(id, { function: missing.called, piece: treeText(missing.node), codes: { codes } });
}
