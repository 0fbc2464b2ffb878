// One criterion from its raw values to its scores: missing values, transform, direction, normalise. Values are those of
// the rows that take part.

const FILLED = { median: "filled-median", mean: "filled-mean", value: "filled-value", column: "filled-column" };

const isConstant = (values) => values.length === 0 || most(values) === least(values);
const isThere = (values) => maskOf(values.length, (row) => values[row] === values[row]);
const hasMissing = (values) => values.some((value) => value !== value);

/** Score one criterion; null where it distinguishes nobody (noted in `warnings`) or is unusable (`problems`). */
function measured(what, scope, problems, warnings) {
  const before = problems.found.length;
  const raw = scope.taking(scope.alike(what.name));
  const told = { criterion: what.name, index: what.index };
  if (raw.length && what.missing.rule === "skip" && raw.every((value) => value !== value)) {
    warnings.push(problem("criterion-empty", told));
    return null;
  }
  withinRange(what, scope, problems);
  const first = filledCells(what, raw, scope, problems, warnings);
  if (first.every((value) => value !== value)) return null;
  let values = transformed(what, first, scope, problems);
  values = pulledIn(what, values, warnings);
  const asGiven = values === raw;
  if (!asGiven) values = alikeButForDust(values);
  if (problems.found.length > before) return null;
  const direction = what.criterion.more_need_when;
  const groups = direction.by ? contextGroups(what, direction, scope, problems) : [];
  if (problems.found.length > before) return null;
  const rows = rowsOf(isThere(values));
  if (!suitsNormaliser(what, direction, taken(values, rows), problems)) return null;
  let found;
  if (groups.length) {
    found = taken(scoredInGroups(values, groups, what), rows);
  } else {
    const turned = taken(turnedValues(what, values, direction, scope, asGiven), rows);
    if (isConstant(turned)) {
      warnings.push(problem("criterion-constant", told));
      return null;
    }
    found = normalised(what, turned, turnedParameters(what, direction));
  }
  const scores = filled(values.length, NaN);
  rows.forEach((row, place) => (scores[row] = found[place]));
  if (hasMissing(found)) {
    refuseUnscored(
      what,
      rows.filter((row) => scores[row] !== scores[row]),
      scope,
      problems,
    );
    return null;
  }
  if (isConstant(found)) {
    warnings.push(problem("criterion-constant", told));
    return null;
  }
  const present = taken(values, rows);
  return {
    name: what.name,
    missing: what.missing,
    scores,
    low: least(present),
    high: most(present),
    isComplete: !scores.length || !hasMissing(scores),
  };
}

/** The codes of some of the rows that take part. */
function codesOf(scope, rows) {
  const those = rowsOf(scope.takingPart);
  return rows.map((row) => scope.table.codes[those[row]]);
}

const placeOf = (what, scope, ...keys) => scope.page.shown([...what.path, ...keys]);

/** Refuse a normaliser that has no meaning for this criterion's direction or values. */
function suitsNormaliser(what, direction, values, problems) {
  const method = NORMALISERS[what.normaliser.name];
  const unlike = direction.pull !== "high" || values.some((value) => value < 0) || sum(values) === 0;
  const id =
    method.onlyHigh && unlike
      ? "normaliser-only-high"
      : method.inUnits && !direction.pull
        ? "normaliser-one-direction"
        : null;
  if (id)
    problems.add(id, what.page.shown([...what.path, "normalise"]), {
      name: what.normaliser.name,
      criterion: what.name,
    });
  return !id;
}

/** Bring values to the normaliser's scale; NaN wherever it gives no finite score. */
const normalised = (what, values, parameters) =>
  NORMALISERS[what.normaliser.name].run(values, parameters).map((value) => (Number.isFinite(value) ? value : NaN));

/** Refuse a criterion of which values that are there got no score. */
function refuseUnscored(what, rows, scope, problems) {
  const where = placeOf(what, scope, "normalise");
  if (what.normaliser.name === "distance-to-target") problems.add("target-reached", where, { criterion: what.name });
  else {
    const codes = codesIn(codesOf(scope, rows));
    problems.add("normaliser-without-score", where, { name: what.normaliser.name, criterion: what.name, codes });
  }
}

/** The normaliser's parameters, turned with the values where they are stated in the criterion's own unit. */
function turnedParameters(what, direction) {
  const given = what.normaliser.parameters;
  if (!NORMALISERS[what.normaliser.name].inUnits || direction.pull !== "low") return given;
  const names = Object.keys(given);
  return Object.fromEntries(names.map((name, place) => [name, -given[names[names.length - 1 - place]]]));
}

/** Refuse values that the criterion cannot have. */
function withinRange(what, scope, problems) {
  const [low, high] = what.criterion.range;
  if (low === null && high === null) return;
  const outside = maskOf(scope.size, () => false);
  for (const [sign, end] of [
    ["<", low],
    [">", high],
  ]) {
    if (end === null) continue;
    const holds = scope.compared(sign, what.name, end < 0 ? ["neg", -end] : end);
    for (let row = 0; row < scope.size; row++) if (at(holds, row) === 1 && scope.takingPart[row]) outside[row] = 1;
  }
  if (!anyOf(outside)) return;
  const codes = codesIn(rowsOf(outside).map((row) => scope.table.codes[row]));
  const ends = { low: numeralOf(low ?? -Infinity), high: numeralOf(high ?? Infinity) };
  problems.add("criterion-out-of-range", placeOf(what, scope), { criterion: what.name, codes, ...ends });
}

/** Refuse, skip or fill missing cells by the page's rule, and tell which. */
function filledCells(what, raw, scope, problems, warnings) {
  if (!hasMissing(raw)) return raw;
  const rule = what.missing;
  const lacking = rowsOf(isThere(raw).map((is) => 1 - is));
  const those = rowsOf(scope.takingPart);
  const rows = maskOf(scope.size, () => false);
  for (const row of lacking) rows[those[row]] = 1;
  const refuse = (which, wanted) =>
    refuseMissing(problems, scope, what.name, scope.numbers(what.name), which, wanted, placeOf(what, scope));
  if (rule.rule === "refuse") {
    refuse(rows, "wanted-criterion");
    return raw;
  }
  if (rule.rule !== "skip" && !rule.suppressed) {
    const hidden = suppressed(what.name, scope);
    const withheld = rows.map((is, row) => (is && hidden[row] ? 1 : 0));
    if (anyOf(withheld)) {
      refuse(withheld, "wanted-fill");
      return raw;
    }
  }
  const told = { criterion: what.name, codes: codesIn(codesOf(scope, lacking)), count: lacking.length };
  if (rule.rule === "skip") {
    warnings.push(problem("cells-skipped", told));
    return raw;
  }
  const instead = fillings(rule, raw, scope);
  const found = raw.map((value, row) => (value !== value ? instead[row] : value));
  if (hasMissing(found)) refuseUnfilled(what, raw, rowsOf(isThere(found).map((is) => 1 - is)), scope, problems);
  else warnings.push(problem("cells-filled", { ...told, rule: { say: FILLED[rule.rule] } }));
  return found;
}

function refuseUnfilled(what, raw, left, scope, problems) {
  const { rule, by } = what.missing;
  const where = placeOf(what, scope);
  const codes = codesIn(codesOf(scope, left));
  const isTypical = rule === "median" || rule === "mean";
  if (isTypical && raw.every((value) => value !== value))
    problems.add("fill-from-nobody", where, { criterion: what.name });
  else if (isTypical && by) problems.add("fill-from-no-neighbour", where, { criterion: what.name, by, codes });
  else problems.add("fill-impossible", where, { criterion: what.name, codes });
}

/** What the page's rule puts where a value is missing, for every row. */
function fillings(rule, raw, scope) {
  if (rule.rule === "value") return filled(raw.length, rule.value);
  if (rule.rule === "column") return scope.taking(scope.numbers(rule.column));
  const of = rule.by ? rowsOf(scope.takingPart).map((row) => scope.grouping(rule.by).of[row]) : [...raw].map(() => 0);
  const found = filled(raw.length, NaN);
  for (const group of new Set(of)) {
    const rows = rowsWhere(raw.length, (row) => of[row] === group);
    const present = taken(raw, rows).filter((value) => value === value);
    if (!present.length) continue;
    const sums = () => sum(taken(raw, rows).map((value) => (value === value ? value : 0)));
    const typical = rule.rule === "median" ? medianOf(present) : sums() / present.length;
    for (const row of rows) found[row] = typical;
  }
  return found;
}

function transformed(what, values, scope, problems) {
  const method = what.criterion.transform;
  if (!method) return values;
  const where = placeOf(what, scope, "transform");
  if (method.refused) {
    problems.found.push(method.refused);
    return values;
  }
  const isStep = method.name === "step";
  const sharesOf = Object.values(method.parameters ?? {});
  if (
    !isStep &&
    (!parametersFit(TRANSFORMS[method.name], method.parameters) ||
      (method.name === "winsorise" && sharesOf.some((share) => !(share >= 0 && share <= 1))))
  ) {
    const wanted = Object.keys(TRANSFORMS[method.name].parameters).join(", ") || "—";
    problems.add("transform-parameters", where, { name: method.name, parameters: wanted });
    return values;
  }
  const run = isStep
    ? stepsOf(values, scope.page.tables[method.table])
    : TRANSFORMS[method.name].run(values, method.parameters);
  const changed = run.map((value) => (Number.isFinite(value) ? value : NaN));
  const lost = rowsOf(changed.map((value, row) => (value !== value && values[row] === values[row] ? 1 : 0)));
  if (lost.length) {
    const codes = codesIn(codesOf(scope, lost));
    problems.add("transform-impossible", where, { name: method.name, criterion: what.name, codes });
  }
  return changed;
}

/** Pull extreme values in where the page asks, and tell what that changed. */
function pulledIn(what, values, warnings) {
  if (what.outliers === null) return values;
  const found = withoutExtremes(values, what.outliers);
  if (found.points || found.logged) {
    const [before, after] = [values, found.values].map((each) => each.filter((value) => value === value));
    const measures = {
      skew_before: skewness(before),
      skew_after: skewness(after),
      kurtosis_before: excessKurtosis(before),
      kurtosis_after: excessKurtosis(after),
    };
    const told = { criterion: what.name, points: found.points };
    for (const [name, value] of Object.entries(measures)) told[name] = { numeral: value, digits: 2 };
    warnings.push(problem(found.logged ? "outliers-logged" : "outliers-pulled", told));
  }
  return found.values;
}

/** Turn values so that higher means more need; distances that are equal are the same float. */
function turnedValues(what, values, direction, scope, asGiven) {
  if (direction.toward !== undefined && asGiven) {
    const distance = ["abs", ["-", what.name, direction.toward]];
    return scope.taking(scope.alike(distance)).map((value) => -value);
  }
  if (direction.toward !== undefined) {
    const point = scope.taking(scope.rows(direction.toward));
    return alikeButForDust(values.map((value, row) => -Math.abs(value - point[row])));
  }
  return direction.pull === "low" ? values.map((value) => -value) : values;
}

/** The groups of a context-directed criterion, each with its pull; every group needs one. */
function contextGroups(what, direction, scope, problems) {
  if (direction.cut !== undefined) return sidesOfCut(what, direction, scope, problems);
  const grouping = scope.grouping(direction.by);
  const of = rowsOf(scope.takingPart).map((row) => grouping.of[row]);
  const found = [];
  for (const group of [...new Set(of)].sort((one, other) => one - other)) {
    const rows = rowsWhere(of.length, (row) => of[row] === group);
    const label = group >= 0 ? labelText(grouping.labels[group]) : "";
    if (label in direction.labels) found.push({ pull: direction.labels[label], rows });
    else {
      const told = { label, by: direction.by, codes: codesIn(codesOf(scope, rows)), nearest: { nearest: [] } };
      problems.add("context-without-direction", placeOf(what, scope, "more_need_when"), told);
    }
  }
  return found;
}

/** The two groups below and above a number. */
function sidesOfCut(what, direction, scope, problems) {
  const where = placeOf(what, scope, "more_need_when");
  const values = scope.numbers(direction.by);
  refuseMissing(problems, scope, direction.by, values, scope.takingPart, "wanted-criterion", where);
  const isBelow = laid(
    scope.compared("<", direction.by, direction.cut < 0 ? ["neg", -direction.cut] : direction.cut),
    scope.size,
  );
  const below = scope.taking(isBelow);
  const sides = [
    ["below", (row) => below[row] === 1],
    ["above", (row) => below[row] !== 1],
  ];
  return sides
    .map(([side, holds]) => ({ pull: direction.labels[side], rows: rowsWhere(below.length, holds) }))
    .filter((group) => group.rows.length);
}

/** Score inside each group, all groups to the same mean, so that no group is favoured as a whole. */
function scoredInGroups(values, groups, what) {
  const scores = filled(values.length, NaN);
  for (const group of groups) {
    const rows = group.rows.filter((row) => values[row] === values[row]);
    const inside = taken(values, rows).map((value) => (group.pull === "low" ? -value : value));
    if (!inside.length) continue;
    let placed;
    if (isConstant(inside)) placed = filled(inside.length, 0.5);
    else if (what.normaliser.name === "rank" && what.normaliser.parameters.scale !== "places") {
      placed = averageRank(inside, { ties: "average", scale: "share" });
    } else {
      placed = normalised(what, inside, what.normaliser.parameters);
      // One missing score would make the mean missing, and hide whose it is.
      const mean = meanOf(placed);
      if (!hasMissing(placed)) placed = placed.map((value) => value - mean + 0.5);
    }
    rows.forEach((row, place) => (scores[row] = placed[place]));
  }
  return scores;
}
