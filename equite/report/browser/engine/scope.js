// Running a page's expressions over the table: names resolved by dependency, each computed once.

/** A territory that takes part has no value for something that is summed or averaged over many. */
class MissingInAggregate extends Error {
  constructor(node, name, rows) {
    super(name);
    Object.assign(this, { node, called: name, rows });
  }
}

/** What a name is bound to: typed figures, or values that a level gave, whose error is bounded by what they came of. */
class Known {
  constructor(value, { isTyped = false, size = 0 } = {}) {
    Object.assign(this, { value, isTyped, size });
  }

  near() {
    if (this.isTyped) return Near.typed(typed(this.value));
    return new Near(
      this.value,
      map2((value, size) => DUST * (Math.abs(value) + Math.abs(size)), this.value, this.size),
    );
  }
}

/** The values of a page's names on one table. */
class Scope {
  constructor(page, table, eligible, parent = null) {
    Object.assign(this, { page, table, eligible, parent });
    this.size = table.codes.length;
    this.known = new Map();
    this.aliases = new Map();
    this.values = new Map();
    this.typedFigures = new Map();
    this.sure = new Map();
    this.groups = new Map();
    this.scorings = new Map();
    // Decisions are taken once.
    this.decisions = new Map();
    this.counts = new Map();
    this.alikes = new Map();
    this.equality = new Equality(this);
    this.takingPart = eligible ?? maskOf(this.size, () => true);
    this.isForAll = everyOf(this.takingPart);
  }

  /** A scope in which some names have other values (Known), or stand for a tree of this one. */
  bound(bindings) {
    const child = new Scope(this.page, this.table, this.eligible, this);
    for (const [name, value] of bindings) (value instanceof Known ? child.known : child.aliases).set(name, value);
    return child;
  }

  taking(values) {
    if (typeof values === "number" || this.isForAll) return values;
    return taken(values, rowsOf(this.takingPart));
  }

  restsOnBindings(name) {
    const rests = this.page.restsOn(name);
    for (const each of rests) if (this.known.has(each) || this.aliases.has(each)) return true;
    return false;
  }

  /** The scope in which a name's value is worked out: the outermost that knows all that it rests on. */
  home(name) {
    return this.parent === null || this.restsOnBindings(name) ? this : this.parent.home(name);
  }

  value(name) {
    if (this.known.has(name)) return this.known.get(name).value;
    const home = this.home(name);
    if (home !== this) return home.value(name);
    if (!this.values.has(name)) this.values.set(name, this.computed(name));
    return this.values.get(name);
  }

  /** The tree that a name stands for and the scope to read it in; null where it stands for values. */
  origin(name) {
    if (this.known.has(name)) return null;
    if (this.aliases.has(name)) return [this.parent, this.aliases.get(name)];
    if (name in this.page.variables) return [this, this.page.variables[name]];
    if (name === "previous") return [this, this.page.previous];
    if (name === "envelope" && this.page.envelope) return [this, this.page.envelope.value];
    return null;
  }

  computed(name) {
    const origin = this.origin(name);
    if (origin) return origin[0].evaluate(origin[1]);
    if (name in this.page.constants) return this.page.constants[name];
    if (name in this.page.indices) return this.scoring(name).scores;
    return this.table.columns[name];
  }

  isComputed(name) {
    return name in this.page.indices || (this.known.has(name) && !this.known.get(name).isTyped);
  }

  /** A name's values as typed figures; null where they are computed. */
  figures(name) {
    const home = this.home(name);
    if (home !== this) return home.figures(name);
    const origin = this.origin(name);
    if (origin) return origin[0].equality.figures(origin[1]);
    if (this.isComputed(name)) return null;
    if (!this.typedFigures.has(name)) this.typedFigures.set(name, typed(this.value(name)));
    return this.typedFigures.get(name);
  }

  /** Whether no dust can stand for zero among a name's values. */
  signIsSure(name) {
    const home = this.home(name);
    if (home !== this) return home.signIsSure(name);
    if (!this.sure.has(name)) {
      const origin = this.origin(name);
      const isSure = origin
        ? origin[0].equality.signIsSure(origin[1])
        : !this.isComputed(name) || !some(this.value(name), (value) => value < 0);
      this.sure.set(name, isSure);
    }
    return this.sure.get(name);
  }

  scoring(name) {
    if (this.parent && !this.restsOnBindings(name)) return this.parent.scoring(name);
    if (!this.scorings.has(name)) this.scorings.set(name, scoredIndex(name, this));
    return this.scorings.get(name);
  }

  numbers(name) {
    return laid(this.value(name), this.size);
  }

  /** The groups that a column or a variable makes. */
  grouping(name) {
    if (this.parent && !this.restsOnBindings(name)) return this.parent.grouping(name);
    if (!this.groups.has(name)) {
      const value = this.value(name);
      this.groups.set(name, value.labels ? value : groupedBy(this.alike(name)));
    }
    return this.groups.get(name);
  }

  evaluate(node) {
    return isName(node) ? this.value(node) : this.run(node);
  }

  rows(node) {
    return laid(this.evaluate(node), this.size);
  }

  /** Run a tree; what exact arithmetic makes zero is zero, and no dust stands for it. */
  settled(node) {
    return this.once(node, () => this.equality.settled(node));
  }

  settledRows(node) {
    return laid(this.settled(node), this.size);
  }

  /** Run a tree and give each row a float, the same where values are equal. */
  alike(node) {
    const figures = this.equality.figures(node);
    return figures === null ? this.equality.alike(node) : laid(figures, this.size);
  }

  /** Compare two trees: 1 where it holds, 0 where it does not, missing where either is. */
  compared(operator, left, right) {
    const holds = COMPARISONS[operator];
    return map1((sign) => (sign !== sign ? NaN : holds(sign) ? 1 : 0), this.equality.signs(left, right));
  }

  once(node, work) {
    if (isNumber(node) || node === null) return work();
    if (!this.decisions.has(node)) this.decisions.set(node, work());
    return this.decisions.get(node);
  }

  run(node) {
    if (isNumber(node)) return node;
    if (node === null) return NaN;
    if (isName(node)) return this.value(node);
    if (isAggregate(node)) {
      const home = this.homeOf(node);
      return home.once(node, () => home.aggregate(node));
    }
    if (node[0] === "neg") return map1((value) => -value, this.run(node[1]));
    if (isCondition(node)) return this.once(node, () => this.condition(node));
    return isBinary(node) ? this.binary(...node) : this.call(node);
  }

  binary(operator, left, right) {
    const work = OPERATORS[operator];
    if (operator === "/") return map2(work, this.run(left), this.settled(right));
    if (operator === "**" && wholePower(right) === null) {
      // A root of a speck below zero is zero; a power that comes to a whole number is one.
      const same = this.compared("==", right, ["round", right]);
      const exponent = map2((power, whole) => (whole === 1 ? rint(power) : power), this.settled(right), same);
      return map2(work, this.settled(left), exponent);
    }
    return map2(work, operator === "**" ? this.settled(left) : this.run(left), this.run(right));
  }

  condition(node) {
    const [kind, ...operands] = node;
    if (kind === "not") return map1(negated, this.settled(operands[0]));
    if (kind === "in") return this.anyEqual(operands[0], operands.slice(1));
    if (kind === "compare") return this.comparison(operands[0], operands.slice(1));
    const join = kind === "and" ? bothOf : eitherOf;
    return operands.map((operand) => this.settled(operand)).reduce((one, other) => map2(join, one, other));
  }

  comparison(operators, operands) {
    if (operands.some(isLabel)) {
      const [left, right] = isLabel(operands[0]) ? [operands[1], operands[0]] : operands;
      const same = this.anyEqual(left, [right]);
      return operators[0] === "==" ? same : map1(negated, same);
    }
    const links = operators.map((operator, place) => this.compared(operator, operands[place], operands[place + 1]));
    return links.reduce((one, other) => map2(bothOf, one, other));
  }

  anyEqual(item, choices) {
    if (isLabel(choices[0])) {
      const labels = new Set(choices.map((choice) => choice.label));
      return this.byLabel(item, (label) => labels.has(label));
    }
    return choices
      .map((choice) => this.compared("==", item, choice))
      .reduce((one, other) => map2(eitherOf, one, other));
  }

  /** Test each different label once, then spread the answers over the rows. */
  byLabel(name, test) {
    const { of, labels } = this.grouping(name);
    const answers = labels.map((label) => (test(labelText(label)) ? 1 : 0));
    return made(of.length, (row) => (of[row] >= 0 ? answers[of[row]] : NaN));
  }

  call(node) {
    const [name, ...given] = node;
    if (name === "starts_with") return this.byLabel(given[0], (label) => label.startsWith(given[1].label));
    if (name === "weighted_sum") {
      const table = this.page.tables[given[0]];
      return TABLES.weighted_sum(
        table.columns.map((column) => this.numbers(column)),
        table,
      );
    }
    if (namesTable(node)) return this.once(node, () => this.fromTable(...node));
    if (name === "floor" || name === "ceil" || name === "round") return this.once(node, () => this.whole(node));
    if (name === "sqrt" || name === "log") return FUNCTIONS[name](this.settled(given[0]));
    if (name === "where") return FUNCTIONS.where(this.settled(given[0]), this.run(given[1]), this.run(given[2]));
    const asksWhetherThere = name === "default" || name === "is_missing" || name === "is_suppressed";
    if (asksWhetherThere && Object.keys(this.table.withheld).length) return this.withheld(name, given);
    return FUNCTIONS[name](...given.map((argument) => this.run(argument)));
  }

  /** Run what asks whether a value is there: one that is withheld is neither missing nor to be filled. */
  withheld(name, given) {
    const value = laid(this.run(given[0]), this.size);
    const hidden = suppressed(given[0], this);
    const instead = name === "default" ? laid(this.run(given[1]), this.size) : null;
    return value.map((x, row) => {
      const isHidden = x !== x && hidden[row];
      if (name === "default") return isHidden || x === x ? x : instead[row];
      return (name === "is_suppressed" ? isHidden : x !== x && !isHidden) ? 1 : 0;
    });
  }

  whole(node) {
    return this.equality.whole(node[0], node[1], node.length === 2 ? 0 : wholePower(node[2]));
  }

  fromTable(name, item, tableName) {
    const table = this.page.tables[tableName];
    const value = this.run(item);
    if (name === "interpolate") return TABLES.interpolate(value, table);
    return TABLES[name](value, table, this.equality.place(item, table.edges, table.kind === "from"));
  }

  /** The outermost scope that knows all that a tree rests on: there it is worked out once for all below. */
  homeOf(node) {
    if (!this.parent) return this;
    for (const name of namesIn(node)) if (this.restsOnBindings(name)) return this;
    return this.parent.homeOf(node);
  }

  aggregate(node) {
    const [rows, grouping] = this.counted(node);
    const name = node.aggregate;
    let values = null;
    if (node.of.length) {
      const item = node.of[0];
      const found = name === "rank" ? this.alike(item) : name === "count" ? this.settled(item) : this.run(item);
      values = laid(found, this.size);
    }
    const weights = "weights" in node ? laid(this.run(node.weights), this.size) : null;
    const result = aggregated(name, values, weights, rows, grouping, name === "quantile" ? node.of[1] : 0.5);
    if (name === "average" && weights && rowsOf(rows).some((row) => weights[row] < 0)) {
      // Weights of two signs may sum to dust, which no mean is divided by.
      const whole = { aggregate: "total", of: [node.weights] };
      for (const key of ["by", "among"]) if (key in node) whole[key] = node[key];
      return map2((below, mean) => (below === 0 ? NaN : mean), this.settled(whole), result);
    }
    return result;
  }

  /** The rows that an aggregate runs over, and its groups; a value that is missing among them is refused. */
  counted(node) {
    if (!this.counts.has(node)) {
      let rows = this.among(node);
      for (const tree of [...node.of.slice(0, 1), ...("weights" in node ? [node.weights] : [])]) {
        const values = laid(this.run(tree), this.size);
        const missing = maskOf(this.size, (row) => rows[row] && values[row] !== values[row]);
        if (!anyOf(missing)) continue;
        const refused = missing.map((is, row) => (is && this.eligible && this.eligible[row] ? 1 : 0));
        if (anyOf(refused)) throw new MissingInAggregate(tree, node.aggregate, refused);
        rows = rows.map((counts, row) => (counts && !missing[row] ? 1 : 0));
      }
      this.counts.set(node, [rows, "by" in node ? this.grouping(node.by) : null]);
    }
    return this.counts.get(node);
  }

  among(node) {
    if (!("among" in node)) return this.takingPart;
    if (node.among === "all") return maskOf(this.size, () => true);
    const names = namesIn(node.among);
    const words = [
      ["eligible", new Known(new Float64Array(this.takingPart), { isTyped: true })],
      ["all", new Known(1, { isTyped: true })],
    ];
    const scope = names.has("eligible") || names.has("all") ? this.bound(words) : this;
    const holds = scope.settledRows(node.among);
    return maskOf(this.size, (row) => holds[row] !== 0 && holds[row] === holds[row]);
  }
}

/** The rows where a column that a tree rests on is suppressed: one that is known to somebody, and withheld. */
function suppressed(node, scope) {
  const found = maskOf(scope.size, () => false);
  const waiting = [[scope, node]];
  const seen = new Map();
  while (waiting.length) {
    const [here, tree] = waiting.pop();
    if (!isName(tree)) {
      if (isAggregate(tree) || functionOf(tree) === "is_suppressed") continue;
      const children = childrenOf(tree).filter((child) => !isLabel(child));
      if (namesTable(tree)) children.pop();
      if (functionOf(tree) === "weighted_sum") children.push(...here.page.tables[tree[1]].columns);
      waiting.push(...children.map((child) => [here, child]));
      continue;
    }
    const home = here.home(tree);
    if (!seen.has(home)) seen.set(home, new Set());
    if (seen.get(home).has(tree)) continue;
    seen.get(home).add(tree);
    const origin = home.origin(tree);
    if (origin) waiting.push(origin);
    else if (tree in scope.table.withheld && !home.known.has(tree)) {
      for (const row of scope.table.withheld[tree]) found[row] = 1;
    }
  }
  return found;
}
