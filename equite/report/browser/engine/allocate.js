// From a page and a table to whole units.

/** Tables as they were read: one is shared many times. */
const TABLES_READ = new WeakMap();

/** The table as the engine reads it: columns of figures, and of labels as groups. */
function readTable(table) {
  if (TABLES_READ.has(table)) return TABLES_READ.get(table);
  const columns = Object.create(null);
  const withheld = Object.create(null);
  for (const [name, column] of Object.entries(table.columns)) {
    columns[name] = column.labels
      ? { of: Int32Array.from(column.of), labels: column.labels }
      : made(column.figures.length, (row) => column.figures[row] ?? NaN);
    if (column.withheld) withheld[name] = column.withheld;
  }
  const served = table.served && new Uint8Array(table.codes.length);
  for (const row of table.served ?? []) served[row] = 1;
  TABLES_READ.set(table, { codes: table.codes, columns, withheld, served });
  return TABLES_READ.get(table);
}

/** Apply the page's conditions; a refusal tells everything else that is missing of those who surely take part. */
function eligibleOf(page, table, scope, everybody) {
  try {
    return appliedRules(scope, page.eligible, everybody, ["eligible"]);
  } catch (refused) {
    if (!(refused instanceof Refusal)) throw refused;
    const conditions = page.eligible.map((rule) => scope.settledRows(rule.where));
    const isSure = (row) => conditions.every((holds) => holds[row] === holds[row] && holds[row] !== 0);
    throw withAllMissing(refused, new Scope(page, table, maskOf(everybody.length, isSure)), false);
  }
}

/** Who takes part, and who does not and why. */
function takingPart(page, table) {
  const scope = new Scope(page, table, null);
  const everybody = maskOf(table.codes.length, () => true);
  const [kept, excluded] = eligibleOf(page, table, scope, everybody);
  const served = table.served ?? everybody;
  if (!rowsOf(kept).some((row) => served[row])) {
    throw new Refusal("sharing", [
      problem("nobody-eligible", { count: rowsOf(served).length }, page.shown(["eligible"])),
    ]);
  }
  const own = new Set(rowsOf(served).map((row) => table.codes[row]));
  return [kept, excluded.filter((each) => own.has(each.code))];
}

/** Run conditions with aggregates again, now that it is known who must have a value for them. */
function confirmEligibility(scope, page) {
  for (const { where } of page.eligible) {
    const names = [...namesIn(where)].flatMap((name) => [...page.restsOn(name)]);
    const trees = [where, ...names.filter((name) => name in page.variables).map((name) => page.variables[name])];
    if (trees.some((tree) => aggregatesIn(tree).length)) scope.evaluate(where);
  }
}

/** Every step, in order. */
function stepsTaken(page, table) {
  const [eligible, excluded] = takingPart(page, table);
  let scope = new Scope(page, table, eligible);
  try {
    const context = new Context(page, scope);
    confirmEligibility(scope, page);
    const envelope = envelopeUnits(scope, context);
    if (envelope !== null) {
      const money = context.unit.money(envelope);
      const value = context.envelopes.count === 1 ? money[0] : context.full(context.envelopes.spread(money));
      scope = scope.bound([["envelope", new Known(value, { isTyped: true })]]);
    }
    const scorings = Object.keys(page.indices).map((name) => [name, scope.scoring(name)]);
    const [shared, known] = new Sharing(scope, context, envelope && context.unit.money(envelope)).run();
    const [parts, reserve] = againstEnvelope(context, shared, envelope && context.unit.money(envelope));
    const stages = new Stages(context, known, parts, ...moneyOf(context, parts));
    stages.run();
    const whole = wholeUnits(context, stages, envelope, plus(reserve, stages.reserve));
    return { context, scope: known, excluded, parts, stages, scorings, whole };
  } catch (refused) {
    if (!(refused instanceof Refusal || refused instanceof MissingInAggregate)) throw refused;
    throw withAllMissing(refused, new Scope(page, table, eligible));
  }
}

/** What the steps came to, in plain arrays, each with one value for each that takes part, in code order. */
function outcomeOf({ context, scope, excluded, parts, stages, scorings, whole }) {
  const { unit, page } = context;
  const amounts = unit.money(whole.units);
  // The places of those that the money is for among all that were measured.
  const measuredRows = rowsOf(scope.takingPart);
  const own = rowsWhere(measuredRows.length, (place) => context.rows[measuredRows[place]]);
  const money = (units) => (units === null ? null : [...unit.money(units)]);
  const outcome = {
    refused: null,
    codes: context.codes,
    rows: context.those,
    units: whole.units,
    amounts,
    envelopes: context.labels.map((label, group) => ({
      label,
      envelope: money(whole.envelope)?.[group] ?? null,
      onTop: money(whole.onTop)[group],
      reserve: money(whole.reserve)[group],
    })),
    excluded,
    parts: parts.map((result) => ({
      id: result.part.id,
      amounts: result.amounts,
      level: result.level,
      prorated: result.prorated === true,
      excluded: result.excluded,
    })),
    limits: stages.results.map((result) => ({
      id: result.limit.id,
      before: result.before,
      after: result.after,
      raised: rowsOf(result.raised),
      lowered: rowsOf(result.lowered),
      decided: rowsOf(result.overridden),
      level: result.level,
      prorated: result.prorated,
    })),
    indices: scorings.map(([name, scoring]) => ({
      id: name,
      scores: context.among(scoring.scores),
      criteria: scoring.criteria.map((criterion) => ({
        id: criterion.name,
        scores: taken(criterion.scores, own),
      })),
      shares: sharesOfWeight(scoring, own),
    })),
    checks: checksOf(context, scope, stages, amounts),
    warnings: [...scorings.flatMap(([, scoring]) => scoring.warnings), ...whole.warnings],
  };
  return { ...outcome, shown: shownSteps(outcome, context) };
}

/**
 * What remains of each part in the final amounts: where an amount covers the fixed parts, these are whole and the
 * others share the rest as they did; where it does not, the fixed parts shrink in proportion.
 */
function finalParts(stages, amounts) {
  const { parts, fixed, score } = stages;
  const found = parts.map(({ part, amounts: given }) => {
    const kept = given.map((value, row) => {
      const [b, s, rest] = [fixed[row], score[row], amounts[row] - fixed[row]];
      const shrinks = (rest < 0 && b > 0) || (s === 0 && b !== 0);
      if (isFixed(part)) return value * (shrinks && b !== 0 ? amounts[row] / b : 1);
      return value * (shrinks || s === 0 ? 0 : rest / s);
    });
    return [part.id, kept];
  });
  // Where nothing but a floor gives anything, the first part carries it.
  const whole = found.reduce((one, [, values]) => plus(one, values), new Float64Array(amounts.length));
  found[0][1] = found[0][1].map((value, row) => value + (amounts[row] - whole[row]));
  return found;
}

/** The page's assertions, run on final amounts. */
function checksOf(context, scope, stages, amounts) {
  const { page } = context;
  if (!page.checks.length) return [];
  const largest = most(amounts);
  const known = finalParts(stages, amounts).map(([id, values]) => [
    id,
    new Known(context.full(values, 0), { size: largest }),
  ]);
  known.push(["amount", new Known(context.full(amounts, 0), { isTyped: true })]);
  const last = scope.bound(known);
  return page.checks.map((check) => {
    const holds = last.settledRows(check.that);
    const failing = context.those.filter((row) => holds[row] === 0 || holds[row] !== holds[row]);
    return {
      that: page.textOf(check.that),
      title: check.title,
      passed: !failing.length,
      failing: failing.map((row) => scope.table.codes[row]),
    };
  });
}

/**
 * Share as a page asks, with some of its parameters moved.
 *
 * @param payload what `equite.report.browser.payload` writes: the page, the table, the parameters
 * @param moves   by the id of a parameter, the number that it is to have
 * @param table   another table, laid out as the payload's is
 * @returns an outcome; where the page refuses, `refused` holds the problems and nothing else is there
 */
function allocate(payload, moves = {}, table = payload.table) {
  try {
    if (payload.closed.length) throw new Refusal("formula", [problem("browser-closed")]);
    checkMoves(payload, moves);
    const page = new Page(payload, moves);
    page.countEnvelope();
    return outcomeOf(stepsTaken(page, readTable(table)));
  } catch (refused) {
    if (!(refused instanceof Refusal)) throw refused;
    return { refused: { kind: refused.kind, problems: refused.problems } };
  }
}

/** Refuse what is no parameter of the page, and no number. */
function checkMoves(payload, moves) {
  const known = new Map(payload.parameters.map((parameter) => [parameter.id, parameter]));
  const problems = new Problems("formula");
  for (const [id, value] of Object.entries(moves)) {
    if (!known.has(id)) problems.add("browser-unknown-parameter", "", { name: id });
    else if (typeof value !== "number" || !Number.isFinite(value))
      problems.add("browser-no-number", "", { name: known.get(id).title });
  }
  problems.refuse();
}

/**
 * Compute as decided, and compare with the units that Python stored: a page that differs says so, and stays there.
 *
 * @returns `agrees`, the codes that differ, and the outcome; of a page that is closed nothing is computed, nor known
 */
function verify(payload) {
  if (payload.closed.length) return { agrees: null, differing: [], outcome: null };
  const outcome = allocate(payload);
  const { codes, units } = payload.decided;
  if (outcome.refused) return { agrees: false, differing: [...codes], outcome };
  const places = new Map(codes.map((code, place) => [code, place]));
  const differing = codes.filter(
    (code, place) => outcome.codes[place] !== code || outcome.units[place] !== units[place],
  );
  const added = outcome.codes.filter((code) => !places.has(code));
  return { agrees: !differing.length && !added.length, differing: [...differing, ...added], outcome };
}
