// A table as a page is given it: rows in any order, each column's cells as numbers, or as texts.

/** The groups that texts make, sorted by code point; a blank is in none. */
function labelsOf(texts) {
  const labels = [...new Set(texts)].filter((text) => text !== null && text !== "").sort(byCodePoint);
  const places = new Map(labels.map((label, place) => [label, place]));
  return { labels, of: texts.map((text) => places.get(text) ?? -1) };
}

/**
 * Lay a table out as the payload's: rows in code order, texts as groups.
 *
 * @param payload the page and its own table, which tells the columns that it needs
 * @param codes   the codes, all different
 * @param columns by the names of the payload's columns, a cell for each code: a number, a text, or null
 * @returns `table`, to be given to `allocate`; or `refused`: the columns that are wanting, the codes that stand twice
 */
function tableOf(payload, codes, columns) {
  const wanting = Object.keys(payload.table.columns).filter((name) => columns[name]?.length !== codes.length);
  const twice = [...new Set(codes.filter((code, row) => codes.indexOf(code) !== row))];
  if (wanting.length || twice.length) return { table: null, refused: { wanting, twice } };
  const order = [...codes.keys()].sort((one, other) => byCodePoint(codes[one], codes[other]));
  const found = { codes: order.map((row) => codes[row]), columns: {} };
  for (const [name, column] of Object.entries(payload.table.columns)) {
    const cells = order.map((row) => columns[name][row]);
    found.columns[name] = column.labels ? labelsOf(cells) : { figures: cells };
  }
  return { table: found, refused: null };
}
