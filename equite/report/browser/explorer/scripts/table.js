// The table of all territories, with bars that follow: sorted, searched, one group at a time.

const FIRST_ROWS = 200;
const view = { sought: "", column: -1, label: -1, by: "code", isDown: false, most: FIRST_ROWS };
const collator = new Intl.Collator(data.language, { numeric: true, sensitivity: "base" });
const known = payload.table.codes.map((code, row) => simple(`${code} ${data.names[row]}`));

/** The amount as moved as a bar, the amount as decided as a line across it. */
function bar(row, longest) {
    const length = (value) => (longest > 0 && value !== null ? Math.max(0, (100 * value) / longest) : 0);
    const drawing = shape("svg", {
        viewBox: "0 0 100 10",
        preserveAspectRatio: "none",
        "aria-hidden": "true",
        focusable: "false",
    });
    if (row.moved !== null)
        drawing.append(shape("rect", { x: 0, y: 2, width: length(row.moved), height: 6, class: "ex-bar-moved" }));
    if (row.decided !== null)
        drawing.append(
            shape("line", { x1: length(row.decided), x2: length(row.decided), y1: 0, y2: 10, class: "ex-bar-decided" }),
        );
    return drawing;
}

const COLUMNS = [
    { id: "code", words: "heading-code", value: ({ row }) => row },
    { id: "name", words: "heading-name", value: ({ name }) => name, isText: true },
    { id: "decided", words: "explore-heading-decided", value: ({ decided }) => decided },
    { id: "moved", words: "explore-heading-moved", value: ({ moved }) => moved },
    { id: "difference", words: "heading-change", value: ({ difference }) => difference },
    { id: "share", words: "explore-heading-percent", value: ({ share }) => share },
];

/** The rows that are asked for, in the order asked for; what is missing stands last both ways. */
function chosenRows() {
    const group = data.groups[view.column];
    const wanted = comparison
        .get()
        .rows.filter(
            (told) =>
                (told.decided !== null || told.moved !== null) &&
                known[told.row].includes(view.sought) &&
                (!group || view.label < 0 || group.of[told.row] === view.label),
        );
    const { value, isText } = COLUMNS.find(({ id }) => id === view.by);
    const order = isText ? collator.compare : (one, other) => one - other;
    return wanted.sort((one, other) => {
        const [left, right] = [value(one), value(other)];
        const missing = isText ? 0 : isMissing(left) - isMissing(right);
        return (
            missing ||
            (!isText && isMissing(left) ? 0 : view.isDown ? order(right, left) : order(left, right)) ||
            one.row - other.row
        );
    });
}

class AmountsTable {
    constructor() {
        this.body = make("tbody");
        this.foot = make("tfoot");
        this.heads = COLUMNS.map((column) =>
            make(
                "th",
                { scope: "col", class: column.isText ? null : column.id === "code" ? "ex-c" : "n" },
                make("button", { type: "button", onclick: () => this.sort(column.id) }, say(column.words)),
            ),
        );
        const chart = make("th", { scope: "col" }, say("explore-heading-bar"));
        const pin = make("th", { scope: "col" }, say("explore-heading-pin"));
        const table = make(
            "table",
            { id: "ex-table" },
            make("caption", {}, say("explore-table")),
            make("thead", {}, make("tr", {}, this.heads, chart, pin)),
            this.body,
            this.foot,
        );
        this.status = make("p", { role: "status" });
        this.more = button(say("explore-more", { count: numeral(FIRST_ROWS) }), () =>
            this.upTo(view.most + FIRST_ROWS),
        );
        this.node = [
            make("h3", { id: "ex-table-h" }, say("explore-amounts")),
            make("p", { class: "ex-note" }, say("explore-bars")),
            this.tools(),
            make("div", { class: "wide", role: "region", tabindex: "0", "aria-labelledby": "ex-table-h" }, table),
            this.more,
        ];
    }

    tools() {
        const search = make("input", {
            type: "search",
            id: "ex-search",
            autocomplete: "off",
            spellcheck: "false",
            oninput: () => this.look({ sought: simple(search.value) }),
        });
        const groups = data.groups.flatMap(({ title, labels }, column) =>
            labels.map((label, at) => make("option", { value: `${column}/${at}` }, `${title}${locale.colon}${label}`)),
        );
        const select = make(
            "select",
            { id: "ex-group", onchange: () => this.look(chosen(select.value)) },
            make("option", { value: "" }, say("explore-all")),
            groups,
        );
        const chosen = (value) =>
            value
                ? { column: Number(value.split("/")[0]), label: Number(value.split("/")[1]) }
                : { column: -1, label: -1 };
        return make(
            "div",
            { class: "tools" },
            make("label", { for: "ex-search" }, say("page-search-name")),
            search,
            groups.length ? [make("label", { for: "ex-group" }, say("explore-group")), select] : null,
            this.status,
        );
    }

    look(wanted) {
        Object.assign(view, wanted, { most: FIRST_ROWS });
        this.draw();
    }

    upTo(most) {
        view.most = most;
        this.draw();
    }

    sort(id) {
        view.isDown = view.by === id ? !view.isDown : id !== "code" && id !== "name";
        view.by = id;
        this.draw();
    }

    line(told, longest) {
        const isPinned = state.pinned === told.row;
        const words = say("explore-pin", { name: told.name });
        const pin = make(
            "button",
            {
                type: "button",
                class: "ex-pin",
                "aria-pressed": String(isPinned),
                "aria-label": words,
                onclick: () => pinTo(isPinned ? null : told.row),
            },
            isPinned ? "★" : "☆",
        );
        const name = make("th", { scope: "row" }, told.name);
        const way = told.difference > 0 ? "up" : told.difference < 0 ? "down" : "";
        return make(
            "tr",
            { class: isPinned ? "ex-pinned" : null, "data-code": told.code },
            make("td", { class: "ex-c" }, told.code),
            name,
            [told.decided, told.moved].map((value) => make("td", { class: "n" }, value === null ? "—" : money(value))),
            make("td", { class: `n ${way}` }, signed(told.difference)),
            make("td", { class: `n ${way}` }, told.difference === null ? "—" : signedPercent(told.share)),
            make("td", { class: "ex-chart" }, bar(told, longest)),
            make("td", {}, pin),
        );
    }

    draw() {
        const rows = chosenRows();
        const longest = Math.max(
            ...[state.decided, state.moved].map(({ amounts }) =>
                amounts.reduce((most, value) => Math.max(most, value), 0),
            ),
        );
        this.body.replaceChildren(...rows.slice(0, view.most).map((told) => this.line(told, longest)));
        this.more.hidden = rows.length <= view.most;
        this.heads.forEach((head, at) => {
            if (COLUMNS[at].id === view.by) head.setAttribute("aria-sort", view.isDown ? "descending" : "ascending");
            else head.removeAttribute("aria-sort");
        });
        const sums = ["decided", "moved"].map((key) => total(rows.map((told) => told[key] ?? 0)));
        const difference = total(rows.map((told) => told.difference ?? (told.moved ?? 0) - (told.decided ?? 0)));
        const title = count(rows.length, "explore-rows-one", "explore-rows-many");
        const share = sums[0] ? signedPercent(difference / sums[0]) : "—";
        this.foot.replaceChildren(
            make(
                "tr",
                {},
                make("td", { class: "ex-c" }),
                make("th", { scope: "row" }, title),
                [money(sums[0]), money(sums[1]), signed(difference), share].map((text) =>
                    make("td", { class: "n" }, text),
                ),
                make("td"),
                make("td"),
            ),
        );
        const every = comparison.get().rows.filter((told) => told.decided !== null || told.moved !== null).length;
        this.status.textContent =
            rows.length === every ? "" : say("explore-found", { count: numeral(rows.length), all: numeral(every) });
    }
}

function amountsTable() {
    const table = new AmountsTable();
    let drawn = null;
    // On paper nobody asks for more: all rows are there.
    window.addEventListener("beforeprint", () => table.upTo(Infinity));
    window.addEventListener("afterprint", () => table.upTo(FIRST_ROWS));
    listeners.push(() => {
        if (drawn !== state.moved || table.pinned !== state.pinned) table.draw();
        drawn = state.moved;
        table.pinned = state.pinned;
    });
    return table.node;
}
