// What was moved as an override file, which Python reads with `--override`, and back again.

/** The text or the number that stands on the page for a parameter, once everything is moved. */
function textAt(page, parameter) {
  const value = holderOf(page, parameter.place)[parameter.place[parameter.place.length - 1]];
  return parameter.holds === "tree" ? treeText(value) : written(value);
}

const isListed = (list) =>
  Array.isArray(list) && list.length > 0 && list.every((item) => item && item.id !== undefined);

/**
 * The keys of an override file that makes a page of what was moved.
 *
 * @returns a mapping as deep as the page is; numbers and expressions are texts
 */
function overrideOf(payload, moves) {
  const page = new Page(payload, moves);
  const found = {};
  for (const parameter of payload.parameters) {
    if (parameter.id in moves)
      for (const { path, text } of statedIn(payload, page, parameter)) put(payload.content, found, path, text);
  }
  return found;
}

/** What an override states for a parameter: its own place; all of a scale that a record gave. */
function statedIn(payload, page, parameter) {
  const all = parameter.record ? payload.parameters.filter((other) => other.record === parameter.record) : [parameter];
  return all.map((each) => ({ path: each.path, text: textAt(page, each) }));
}

/** Put a text at a place; lists without ids are written whole, and a criterion keeps its weight. */
function put(content, found, path, text) {
  let [here, holder] = [content, found];
  for (const [place, key] of path.entries()) {
    const isLast = place === path.length - 1;
    const inner = here?.[key];
    const name = isListed(here) ? here[key].id : key;
    if (isLast) {
      holder[name] = text;
      return;
    }
    if (Array.isArray(inner) && !isListed(inner)) {
      holder[name] ??= structuredClone(inner);
      let item = holder[name];
      for (const step of path.slice(place + 1, -1)) item = item[step];
      item[path[path.length - 1]] = text;
      return;
    }
    holder[name] ??= {};
    holder = holder[name];
    here = inner;
    const isCriterion = path[place - 1] === "criteria" && path[0] === "indices";
    if (isCriterion && inner && typeof inner === "object" && inner.weight !== undefined) holder.weight ??= inner.weight;
    if (isCriterion && typeof inner === "string") holder.weight ??= inner;
  }
}

/** A mapping as YAML. */
function yamlOf(value, indent = "") {
  if (Array.isArray(value)) {
    return value.map((item) => `${indent}- ${yamlOf(item, `${indent}  `).slice(indent.length + 2)}`).join("");
  }
  if (value === null || typeof value !== "object") return `${indent}${scalarOf(value)}\n`;
  return Object.entries(value)
    .map(([key, item]) => {
      const name = /^[A-Za-z_][\w-]*$/.test(key) ? key : JSON.stringify(key);
      const isDeep = item !== null && typeof item === "object" && Object.keys(item).length;
      return isDeep ? `${indent}${name}:\n${yamlOf(item, `${indent}  `)}` : `${indent}${name}: ${scalarOf(item)}\n`;
    })
    .join("");
}

function scalarOf(value) {
  if (value !== null && typeof value === "object") return Array.isArray(value) ? "[]" : "{}";
  return /^-?\d+(\.\d+)?$/.test(value) ? String(value) : JSON.stringify(value);
}

/**
 * The moves that an override file's keys make, read as a mapping.
 *
 * @returns `moves`, and `refused`: the keys that are no parameter of this page
 */
function movesOf(payload, override) {
  const moves = {};
  const rest = leavesOf(payload.content, override);
  for (const parameter of payload.parameters) {
    const key = JSON.stringify(parameter.path);
    if (!rest.has(key)) continue;
    const value = numberIn(payload, parameter, rest.get(key));
    if (value !== null) {
      if (value !== parameter.value) moves[parameter.id] = value;
      rest.get(key).isRead = true;
    }
  }
  const refused = [...rest.values()]
    .filter((leaf) => !leaf.isRead && leaf.text !== leaf.before)
    .map((leaf) => leaf.path.join("."));
  return { moves, refused };
}

/** Every text of an override by its place on the page, lists with ids by their positions; short forms are followed. */
function leavesOf(content, override, path = [], found = new Map()) {
  if (override === null || typeof override !== "object") {
    const isLong = content && typeof content === "object" && !Array.isArray(content);
    const short = isLong ? ["value", "weight"].find((key) => key in content) : undefined;
    const whole = short ? [...path, short] : path;
    const before = short ? content[short] : content;
    found.set(JSON.stringify(whole), {
      path: whole,
      text: String(override),
      before: before === undefined ? undefined : String(before),
    });
    return found;
  }
  for (const [key, value] of Object.entries(override)) {
    let place = Array.isArray(override) && !isListed(content) ? Number(key) : key;
    if (isListed(content)) place = content.findIndex((item) => item.id === (Array.isArray(override) ? value.id : key));
    if (key === "id" && path.length) continue;
    const inner = content?.[place];
    // A short form on the page may be written at length: its value is the text itself.
    const isShort = typeof inner === "string" && value !== null && typeof value === "object";
    if (isShort) {
      for (const [name, text] of Object.entries(value)) {
        const whole = name === "weight" || name === "value" ? [...path, place] : [...path, place, name];
        leavesOf(name === "weight" || name === "value" ? inner : undefined, text, whole, found);
      }
    } else leavesOf(inner, value, [...path, place], found);
  }
  return found;
}

/** The number of a parameter in a text: the text itself, or one of an expression's. */
function numberIn(payload, parameter, { text }) {
  if (parameter.nth === undefined) return /^\s*-?[\d.]+(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : null;
  const page = new Page(payload);
  const tree = holderOf(page, parameter.place)[parameter.place[parameter.place.length - 1]];
  const numbers = walked(tree).filter(isNumber);
  const marked = treeText(withNames(tree))
    .replace(/\s+/g, "")
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = marked.replace(/§(\d+)§/g, "(\\(?-?[\\d.]+(?:e[+-]?\\d+)?\\)?)");
  const found = text.replace(/\s+/g, "").match(new RegExp(`^${pattern}$`));
  if (!found || numbers.length !== found.length - 1) return null;
  return Number(found[parameter.nth + 1].replace(/[()]/g, ""));
}

/** A tree with a name for each of its numbers. */
function withNames(tree) {
  let count = 0;
  const rebuilt = (node) => {
    if (isNumber(node)) return `§${count++}§`;
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
