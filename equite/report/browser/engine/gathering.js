// What else is missing: where one value is wanted and is not there, every other that is wanted is told with it.
//
// Nothing here runs while all goes well. What rests on a result that is not known yet is left for the next time.

const MISSING = new Set([
  "aggregate-missing",
  "aggregate-suppressed",
  "group-missing",
  "missing-aggregate",
  "missing-cell",
  "missing-division",
  "missing-logarithm",
  "missing-root",
  "missing-table",
  "missing-value",
  "suppressed-cell",
]);

/** A refusal with everything else that is missing, if it is one for want of values. */
function withAllMissing(refused, scope, isSettled = true) {
  const told = refused instanceof MissingInAggregate ? [aggregateProblem(refused, scope)] : refused.problems;
  if (refused instanceof Refusal && !told.some((each) => MISSING.has(each.id))) return refused;
  const gathering = new Gathering(scope, told, isSettled);
  gathering.look();
  return new Refusal(refused instanceof Refusal ? refused.kind : "formula", gathering.problems);
}

/** Looks at all that a page wants a value of. */
class Gathering {
  constructor(scope, told, isSettled) {
    Object.assign(this, {
      scope,
      page: scope.page,
      isSettled,
      problems: [...told],
      rows: new Context(scope.page, scope, false).rows,
    });
    // Results of steps that may not have been reached.
    this.unknown = new Set(["amount", ...this.page.parts.map((part) => part.id)]);
    if (!isSettled) for (const name of Object.keys(this.page.indices)) this.unknown.add(name);
  }

  /** Look at the envelope, the indices, the parts and the limits, in the page's order. */
  look() {
    const { page, scope } = this;
    this.grouped(page.within, ["within"]);
    if (page.envelope) this.wanted(page.envelope.value, "wanted-envelope", ["envelope"]);
    for (const [name, index] of Object.entries(page.indices)) this.index(name, index);
    page.parts.forEach((part, place) => this.part(part, ["parts", place]));
    page.limits.forEach((limit, place) => {
      const path = ["limits", place];
      this.grouped(limit.by, [...path, "by"]);
      const part = page.parts.find((each) => each.id === limit.part);
      this.aggregates(this.withPrevious(part), limit.at_least, limit.at_most);
      this.wanted(limit.except, "wanted-condition", [...path, "except"]);
      this.wanted(limit.move, "wanted-score", [...path, "move"]);
    });
    // Conditions on who takes part were run over everybody; what they sum is held against those who do.
    this.aggregates(scope, ...page.eligible.map((rule) => rule.where), ...page.checks.map((check) => check.that));
  }

  part(part, path) {
    this.grouped(part.within, [...path, "within"]);
    for (const way of ["each", "amount", "fraction"]) this.wanted(part.pool?.[way], "wanted-pool", [...path, "pool"]);
    const members = this.members(part.eligible, path);
    for (const key of ["in_proportion_to", "level_up", "counting", "foundation", "rate_on", "as_is"]) {
      this.wanted(part.share[key], "wanted-score", [...path, "share", key], members);
    }
    this.aggregates(this.withPrevious(part), part.at_least, part.at_most);
  }

  /** Look at a part's conditions; give those that are sure to be eligible. */
  members(rules, path) {
    let rows = Uint8Array.from(this.rows);
    rules.forEach((rule, place) => {
      this.wanted(rule.where, "wanted-condition", [...path, "eligible", place, "where"], rows);
      const holds = this.values(this.scope, rule.where);
      rows = maskOf(rows.length, (row) => holds !== null && rows[row] && holds[row] === holds[row] && holds[row] !== 0);
    });
    return rows;
  }

  withPrevious(part) {
    return part?.previous ? this.scope.bound([["previous", part.previous]]) : this.scope;
  }

  index(name, index) {
    if (this.isSettled) {
      try {
        this.scope.scoring(name);
        return;
      } catch (refused) {
        if (refused instanceof Refusal) return void this.add(refused.problems);
        if (!(refused instanceof MissingInAggregate)) throw refused;
        this.add([aggregateProblem(refused, this.scope)]);
      }
    }
    this.criteria(index, index, ["indices", name]);
  }

  /** Look at the criteria that are sure to count, and may not be missing. */
  criteria(index, group, path) {
    for (const criterion of group.criteria) {
      this.aggregates(this.scope, criterion.weight);
      if (!plainNumber(criterion.weight) || (criterion.missing ?? index.missing).rule !== "refuse") continue;
      this.missing(criterion.name, this.scope.takingPart, "wanted-criterion", [...path, "criteria", criterion.name]);
    }
    for (const family of group.families) {
      this.aggregates(this.scope, family.weight);
      if (plainNumber(family.weight)) this.criteria(index, family, [...path, "families", family.name]);
    }
  }

  /** Look for those in no group. */
  grouped(name, path) {
    if (!name || this.restsOnUnknown(name)) return;
    const grouping = this.quietly(() => this.scope.grouping(name));
    const none = grouping ? rowsWhere(this.rows.length, (row) => grouping.of[row] < 0 && this.rows[row]) : [];
    if (!none.length) return;
    const codes = codesIn(none.map((row) => this.scope.table.codes[row]));
    this.add([problem("group-missing", { name, codes }, this.page.shown(path))]);
  }

  /** Look at an expression that must have a value for some rows. */
  wanted(tree, what, path, rows = this.rows) {
    if (tree === undefined) return;
    this.aggregates(this.scope, tree);
    this.missing(tree, rows, what, path);
  }

  missing(node, rows, what, path) {
    const values = this.values(this.scope, node);
    if (values !== null) {
      const problems = new Problems("formula");
      refuseMissing(problems, this.scope, node, values, rows, what, this.page.shown(path));
      this.add(problems.found);
    } else if (isBinary(node) || (Array.isArray(node) && node[0] === "neg")) {
      // Whatever one side comes to, the whole is missing where the other side is.
      for (const child of childrenOf(node)) this.missing(child, rows, what, path);
    } else if (isName(node) && node in this.page.variables) {
      this.missing(this.page.variables[node], rows, what, path);
    }
  }

  /** Run a tree; null where it rests on what is not known. */
  values(scope, node) {
    return this.restsOnUnknown(node) ? null : this.quietly(() => scope.settledRows(node));
  }

  quietly(work) {
    try {
      return work();
    } catch (refused) {
      if (refused instanceof Refusal || refused instanceof MissingInAggregate) return null;
      throw refused;
    }
  }

  restsOnUnknown(node) {
    for (const name of namesIn(node))
      for (const each of this.page.restsOn(name)) if (this.unknown.has(each)) return true;
    return !this.isSettled && this.aggregatesBelow(node).length > 0;
  }

  /** Look at what functions over many territories take in. */
  aggregates(scope, ...trees) {
    for (const tree of this.isSettled ? trees.filter((each) => each !== undefined) : []) {
      for (const node of this.aggregatesBelow(tree)) {
        if (this.restsOnUnknown(node)) continue;
        try {
          scope.counted(node);
        } catch (refused) {
          if (refused instanceof MissingInAggregate) this.add([aggregateProblem(refused, scope)]);
          else if (!(refused instanceof Refusal)) throw refused;
        }
      }
    }
  }

  aggregatesBelow(node) {
    const names = new Set([...namesIn(node)].flatMap((name) => [...this.page.restsOn(name)]));
    const trees = [...names].flatMap((name) => {
      if (name in this.page.variables) return [this.page.variables[name]];
      return name === "envelope" && this.page.envelope ? [this.page.envelope.value] : [];
    });
    return [node, ...trees].flatMap(aggregatesIn);
  }

  /** Note what is missing; what was told of the same cells already is told once. */
  add(problems) {
    const causeOfProblem = ({ id, values }) => JSON.stringify([id, values.name, values.piece, values.function]);
    for (const each of problems) {
      const codes = each.values.codes?.codes ?? [];
      const isTold = this.problems.some((other) => {
        const known = new Set(other.values.codes?.codes ?? []);
        return causeOfProblem(other) === causeOfProblem(each) && codes.every((code) => known.has(code));
      });
      if (MISSING.has(each.id) && !isTold) this.problems.push(each);
    }
  }
}
