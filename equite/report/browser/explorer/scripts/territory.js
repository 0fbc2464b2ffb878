// "My territory": pinned, with the steps of its amount following.

const MOST_OFFERED = 2000;

function pinTo(row) {
    state.pinned = row;
    changed();
}

/** The territory that somebody types: by its code or by its name, alone or together. */
function rowNamed(text) {
    const sought = simple(text);
    const fits = (holds) => payload.table.codes.map((_, row) => row).filter(holds);
    const exact = fits((row) =>
        [payload.table.codes[row], data.names[row], offered(row)].some((known) => simple(known) === sought),
    );
    const near = exact.length || !sought ? exact : fits((row) => known[row].includes(sought));
    return near.length === 1 ? near[0] : null;
}

const offered = (row) =>
    data.names[row] === payload.table.codes[row] ? data.names[row] : `${data.names[row]} (${payload.table.codes[row]})`;

/** What each step gives one territory; the lines add up. */
function stepsOf(outcome, row) {
    const place = outcome.rows.indexOf(row);
    if (place < 0) return null;
    const { parts, limits, rounding } = outcome.shown;
    const found = [
        ...parts.map(({ id, cells }) => [`part ${id}`, cells[place]]),
        ...limits.map(({ id, cells }) => [`limit ${id}`, cells[place]]),
    ];
    return { lines: new Map([...found, ["rounding", rounding.cells[place]]]), amount: outcome.amounts[place], place };
}

function stepTitle(key) {
    const [kind, ...rest] = key.split(" ");
    const id = rest.join(" ");
    if (kind === "rounding") return say("heading-rounding");
    return (kind === "part" ? data.parts : data.limits)[id];
}

function stepsTable(before, after) {
    const cell = (steps, key) => (steps ? money(steps.lines.get(key)) : "—");
    const apart = (one, other) => (one === undefined || other === undefined ? "—" : signed(other - one));
    const keys = [...(before ?? after).lines.keys()].filter(
        (key) => key !== "rounding" || before?.lines.get(key) || after?.lines.get(key),
    );
    const rows = keys.map((key) =>
        tableRow(stepTitle(key), [
            cell(before, key),
            cell(after, key),
            apart(before?.lines.get(key), after?.lines.get(key)),
        ]),
    );
    const amounts = [before, after].map((steps) => (steps ? money(steps.amount) : "—"));
    const foot = tableRow(say("heading-amount"), [...amounts, apart(before?.amount, after?.amount)]);
    const headings = ["explore-heading-step", "explore-heading-decided", "explore-heading-moved", "heading-change"].map(
        (id) => say(id),
    );
    return smallTable(say("explore-steps"), headings, rows, foot);
}

function scoresTable(before, after, row) {
    const score = (outcome, steps, id) =>
        steps ? numeral(outcome.indices.find((index) => index.id === id).scores[steps.place], 3) : "—";
    const rows = Object.entries(data.indices).map(([id, title]) =>
        tableRow(title, [score(state.decided, before, id), score(state.moved, after, id)]),
    );
    if (!rows.length) return null;
    return smallTable(
        say("explore-scores"),
        ["explore-heading-index", "explore-heading-decided", "explore-heading-moved"].map((id) => say(id)),
        rows,
    );
}

/** Say in a sentence what the territory would get, and how much more or less that is. */
function lead(before, after, row) {
    const name = offered(row);
    if (!after) {
        const excluded = state.moved.excluded.find(({ code }) => code === payload.table.codes[row]);
        return say("explore-no-part", { name, reason: excluded?.reason?.[data.language] ?? "—" });
    }
    if (!before) return say("explore-pinned-new", { name, amount: money(after.amount) });
    const difference = (state.moved.units[after.place] - state.decided.units[before.place]) * data.size;
    if (!difference) return say("explore-pinned-same", { name, amount: money(after.amount) });
    const share = before.amount ? signedPercent(difference / before.amount) : "—";
    return say(difference > 0 ? "explore-pinned-up" : "explore-pinned-down", {
        name,
        amount: money(after.amount),
        before: money(before.amount),
        difference: money(Math.abs(difference)),
        share,
    });
}

function territoryCard() {
    const wrongName = make("p", { class: "ex-wrong", id: "ex-mine-e", hidden: true });
    const field = make("input", {
        type: "text",
        id: "ex-mine",
        list: "ex-names",
        autocomplete: "off",
        spellcheck: "false",
        "aria-describedby": "ex-mine-e",
        onchange: () => chosen(),
    });
    const options =
        payload.table.codes.length <= MOST_OFFERED
            ? payload.table.codes.map((_, row) => make("option", { value: offered(row) }))
            : [];
    const body = make("div", { id: "ex-mine-told" });
    const chosen = () => {
        const text = field.value.trim();
        const row = text ? rowNamed(text) : null;
        wrongName.hidden = !text || row !== null;
        wrongName.textContent = wrongName.hidden ? "" : say("explore-nobody", { text });
        if (wrongName.hidden) pinTo(row);
    };
    let drawn = [null, null];
    listeners.push(() => {
        if (drawn[0] === state.moved && drawn[1] === state.pinned) return;
        if (drawn[1] !== state.pinned) {
            field.value = state.pinned === null ? "" : offered(state.pinned);
            wrongName.hidden = true;
        }
        drawn = [state.moved, state.pinned];
        const row = state.pinned;
        if (row === null) return body.replaceChildren(make("p", { class: "ex-note" }, say("explore-pin-none")));
        const [before, after] = [stepsOf(state.decided, row), stepsOf(state.moved, row)];
        const told = [make("p", { class: "lead" }, lead(before, after, row))];
        if (before || after) told.push(stepsTable(before, after), scoresTable(before, after, row));
        body.replaceChildren(...told.filter(Boolean));
    });
    return [
        make("h3", { id: "ex-mine-h" }, say("explore-mine")),
        make(
            "div",
            { class: "tools" },
            make("label", { for: "ex-mine" }, say("explore-mine-label")),
            field,
            make("datalist", { id: "ex-names" }, options),
        ),
        wrongName,
        body,
    ];
}
