// Search and sort in the table of amounts. Without this script the page says the same; only these are absent.
(() => {
  "use strict";
  const language = document.documentElement.lang;
  const table = document.getElementById("amounts-table");
  const tools = document.getElementById("tools");
  const search = document.getElementById("search");
  const status = document.getElementById("found");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  const collator = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
  const numeral = new Intl.NumberFormat(language);

  // Names are compared without accents, capitals or the kind of apostrophe.
  const simple = (text) =>
    text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[’']/g, "'").toLowerCase().trim();

  // By the marks of the page's language, laid in as the page is written; an empty cell is not a number.
  const number = (text) => {
    const plain = text.replace(/\s/g, "").replace("−", "-");
    const read = plain.replaceAll(GROUPING, "").replace(DECIMAL, ".");
    return read === "" ? NaN : Number(read);
  };

  // A row is known by its cells up to its heading: its code and its name.
  const known = rows.map((row) => {
    const cells = Array.from(row.cells);
    const head = cells.findIndex((cell) => cell.tagName === "TH");
    return simple(cells.slice(0, head + 1).map((cell) => cell.textContent).join(" "));
  });

  const choices = Array.from(tools.querySelectorAll("select"));
  const tell = () => {
    const sought = simple(search.value);
    let count = 0;
    rows.forEach((row, at) => {
      const outside = choices.some((each) => each.value !== "" && row.getAttribute(`data-${each.id}`) !== each.value);
      row.hidden = outside || !known[at].includes(sought);
      count += row.hidden ? 0 : 1;
    });
    const { foundNone, foundOne, foundMany } = status.dataset;
    const sentence = count === 0 ? foundNone : count === 1 ? foundOne : foundMany;
    status.textContent = sentence.replace("#", () => numeral.format(count).replace(/\s/g, "\u00a0"));
  };

  const sort = (head, title) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    const at = head.cellIndex;
    const text = head.classList.contains("x");
    const value = (row) => (text ? row.cells[at].textContent : number(row.cells[at].textContent));
    const order = text ? collator.compare : (a, b) => a - b;
    const missing = (each) => (text ? each === "" : Number.isNaN(each));
    // What is missing stands last both ways, and rows that are alike stay in code order.
    const keyed = rows.map((row) => [value(row), row]);
    keyed.sort(([a], [b]) => missing(a) - missing(b) || (missing(a) ? 0 : down ? order(b, a) : order(a, b)));
    const sorted = document.createDocumentFragment();
    keyed.forEach(([, row]) => sorted.append(row));
    body.append(sorted);
    heads.forEach((each) => each.removeAttribute("aria-sort"));
    const way = down ? "descending" : "ascending";
    head.setAttribute("aria-sort", way);
    status.textContent = status.dataset[way].replace("#", () => title);
  };

  heads.forEach((head) => {
    const title = head.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.addEventListener("click", () => sort(head, title));
    head.replaceChildren(button);
  });
  // Where a browser keeps what is folded from paper, it is unfolded while the page is printed.
  let folded = [];
  addEventListener("beforeprint", () => {
    const all = document.getElementById("print-all")?.checked;
    folded = Array.from(document.querySelectorAll(`${all ? "" : ":target "}details.worksheet:not([open])`));
    folded.forEach((each) => (each.open = true));
  });
  addEventListener("afterprint", () => {
    folded.forEach((each) => (each.open = false));
    folded = [];
  });
  document.querySelectorAll("button.print").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      location.hash = encodeURIComponent(button.closest("section").id);
      document.getElementById("print-one").checked = true;
      print();
    });
  });
  choices.forEach((each) => each.addEventListener("change", tell));
  search.addEventListener("input", tell);
  tools.hidden = false;
  tell();
})();
