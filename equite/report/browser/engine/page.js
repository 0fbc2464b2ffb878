// The page with what was moved laid in. A parameter has a place on the page: the keys that lead to its number there,
// and for a number inside an expression, which of its numbers it is.

/** A copy of what JSON holds, of objects that inherit nothing: a column may be called `constructor`. */
function plainCopy(value) {
  if (Array.isArray(value)) return value.map(plainCopy);
  if (value === null || typeof value !== "object") return value;
  const found = Object.create(null);
  for (const [key, each] of Object.entries(value)) found[key] = plainCopy(each);
  return found;
}

/** A number as a node: one below zero has a sign of its own. */
const numberNode = (value) => (value < 0 ? ["neg", -value] : value);

/** Rebuild a tree with some of its numbers replaced, counted from 0 in the order of `walked`. */
function withNumbers(tree, changes) {
  let count = 0;
  const rebuilt = (node) => {
    if (isNumber(node)) {
      const place = count++;
      return changes.has(place) ? numberNode(changes.get(place)) : node;
    }
    if (isAggregate(node)) {
      const copy = { ...node, of: node.of.map(rebuilt) };
      for (const key of ["weights", "among"]) if (key in node) copy[key] = rebuilt(node[key]);
      return copy;
    }
    if (!Array.isArray(node)) return node;
    const start = node[0] === "compare" ? 2 : 1;
    return [...node.slice(0, start), ...node.slice(start).map(rebuilt)];
  };
  return rebuilt(tree);
}

/** What holds the last of some keys; lists whose items have names are entered by name. */
function holderOf(page, keys) {
  return keys
    .slice(0, -1)
    .reduce(
      (holder, key) => (Array.isArray(holder) && isName(key) ? holder.find((each) => each.name === key) : holder[key]),
      page,
    );
}

class Page {
  constructor(payload, moves = {}) {
    Object.assign(this, plainCopy(payload.page));
    this.texts = new Map();
    this.closures = new Map();
    this.parameters = payload.parameters;
    for (const [id, value] of Object.entries(moves)) this.changed = (this.changed ?? new Map()).set(id, value);
    this.unit = new Unit(payload.page.unit);
    if (this.changed) this.lay(payload);
  }

  /** Lay what was moved into the page. */
  lay(payload) {
    const byTree = new Map();
    for (const parameter of payload.parameters) {
      if (!this.changed.has(parameter.id)) continue;
      const value = this.changed.get(parameter.id);
      const [place, nth] = [parameter.place, parameter.nth];
      const holder = holderOf(this, place);
      const key = place[place.length - 1];
      if (nth === undefined) holder[key] = parameter.holds === "tree" ? numberNode(value) : value;
      else {
        const path = JSON.stringify(place);
        if (!byTree.has(path)) byTree.set(path, [holder, key, new Map()]);
        byTree.get(path)[2].set(nth, value);
      }
    }
    for (const [holder, key, changes] of byTree.values()) holder[key] = withNumbers(holder[key], changes);
  }

  /** Refuse a stated envelope that is negative or lies between two units; count it in units. */
  countEnvelope() {
    if (!this.changed?.has("envelope")) return;
    const value = this.changed.get("envelope");
    const units = fractionOf(typedFigure(value)).times(new Fraction(BigInt(this.unit.bottom), BigInt(this.unit.top)));
    if (value < 0) throw new Refusal("formula", [problem("envelope-negative", { value: written(value) }, "envelope")]);
    if (units.bottom !== 1n) {
      const told = { value: written(value), unit: this.unit.size };
      throw new Refusal("formula", [problem("envelope-not-multiple", told, "envelope")]);
    }
    this.envelope.units = units.number();
  }

  /** The names that a name rests on, and itself. */
  restsOn(name) {
    if (!this.closures.has(name)) this.closures.set(name, new Set([name, ...(this.rests_on[name] ?? [])]));
    return this.closures.get(name);
  }

  /** Write a path with the ids of parts and limits instead of their positions. */
  shown(path) {
    let content = this;
    return path
      .map((key) => {
        const inner = content?.[key];
        const id = Array.isArray(content) && isOne(key) ? inner?.id : undefined;
        content = inner;
        return id ?? (isOne(key) ? key + 1 : key);
      })
      .join(".");
  }

  /** An expression as the page writes it, or as what was moved makes it. */
  textOf(tree) {
    const text = this.expressions[JSON.stringify(tree)];
    return text ?? treeText(tree);
  }
}
