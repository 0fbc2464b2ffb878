// What came of it: as decided beside as moved, hausses et baisses, promises, and what is moved.

/** One territory of the table: what it was to get, what it would get. */
function comparedRows(decided, moved) {
    const places = (outcome) => {
        const found = new Int32Array(payload.table.codes.length).fill(-1);
        outcome.rows.forEach((row, place) => (found[row] = place));
        return found;
    };
    const [before, after] = [places(decided), places(moved)];
    return payload.table.codes.map((code, row) => {
        const [one, other] = [before[row], after[row]];
        const told = { row, code, name: data.names[row], decided: null, moved: null, difference: null, share: NaN };
        if (one >= 0) told.decided = decided.amounts[one];
        if (other >= 0) told.moved = moved.amounts[other];
        if (one >= 0 && other >= 0) {
            told.difference = (moved.units[other] - decided.units[one]) * data.size;
            told.share = told.decided ? told.difference / told.decided : told.difference ? NaN : 0;
        }
        return told;
    });
}

/** The rows compared, of the two outcomes that are shown, and which of them rise and fall; kept as long as they are. */
const comparison = {
    of: null,
    get() {
        if (this.of !== state.moved) {
            this.of = state.moved;
            this.rows = comparedRows(state.decided, state.moved);
            this.signs = { up: [], down: [], same: [] };
            for (const told of this.rows) {
                const { difference } = told;
                if (difference !== null)
                    this.signs[difference > 0 ? "up" : difference < 0 ? "down" : "same"].push(told);
            }
        }
        return this;
    },
};

const total = (values) => values.reduce((whole, value) => whole + value, 0);
const peopleOf = (rows) => (data.people ? total(rows.map(({ row }) => data.people[row] ?? 0)) : null);

/** The few numbers that everybody asks for, side by side. */
function moneyTable() {
    const { decided, moved } = state;
    const sums = (outcome) => {
        const amounts = Float64Array.from(outcome.amounts).sort();
        const half = Math.floor((amounts.length - 1) / 2);
        return {
            envelope: outcome.envelopes.every(({ envelope }) => envelope !== null)
                ? total(outcome.envelopes.map(({ envelope }) => envelope))
                : null,
            shared: total(outcome.units) * data.size,
            reserve: total(outcome.envelopes.map(({ reserve }) => reserve)),
            lowest: amounts[0],
            median: (amounts[half] + amounts[amounts.length - 1 - half]) / 2,
            highest: amounts[amounts.length - 1],
            territories: outcome.codes.length,
        };
    };
    const [before, after] = [sums(decided), sums(moved)];
    const row = (key, words, text = money, difference = signed) =>
        before[key] === null || (key === "reserve" && !before.reserve && !after.reserve)
            ? null
            : tableRow(say(words), [text(before[key]), text(after[key]), difference(after[key] - before[key])]);
    const counted = (value) => (value > 0 ? "+" : "") + numeral(value);
    const rows = [
        row("envelope", "word-envelope"),
        row("shared", "page-shared"),
        row("reserve", "result-reserve"),
        row("lowest", "page-lowest"),
        row("median", "page-median"),
        row("highest", "page-highest"),
        before.territories === after.territories ? null : row("territories", "page-territories", numeral, counted),
    ];
    const headings = ["explore-heading-what", "explore-heading-decided", "explore-heading-moved", "heading-change"];
    return smallTable(
        say("explore-money"),
        headings.map((id) => say(id)),
        rows.filter(Boolean),
    );
}

/** Who would get more and who less, how many people live there, and how much money changes hands. */
function changesTable({ up, down, same }) {
    const line = (words, those) => {
        const people = peopleOf(those);
        return tableRow(say(words), [
            numeral(those.length),
            ...(people === null ? [] : [numeral(people, 0)]),
            signed(total(those.map(({ difference }) => difference))),
        ]);
    };
    const headings = [
        "explore-heading-what",
        "page-territories",
        ...(data.people ? ["page-people"] : []),
        "heading-change",
    ];
    return smallTable(
        say("explore-changes"),
        headings.map((id) => say(id)),
        [line("explore-rises", up), line("explore-falls", down), line("explore-same", same)],
    );
}

/** In words: how much is moved, the largest rise and the largest fall, who comes in and who goes out. */
function changesTold(rows, { up, down }) {
    const [gained, lost] = [up, down].map((those) => Math.abs(total(those.map(({ difference }) => difference))));
    const told = [say("explore-changed-hands", { amount: money(Math.min(gained, lost)) })];
    const furthest = (those, further) =>
        those.reduce((one, other) => (further(other.difference, one.difference) ? other : one));
    const one = ({ name, difference, share }) => ({ name, amount: signed(difference), share: signedPercent(share) });
    if (up.length) told.push(say("explore-largest-rise", one(furthest(up, (a, b) => a > b))));
    if (down.length) told.push(say("explore-largest-fall", one(furthest(down, (a, b) => a < b))));
    const named = (those) =>
        those
            .slice(0, 8)
            .map(({ name }) => name)
            .join(", ") + (those.length > 8 ? "…" : "");
    const [into, out] = [
        rows.filter((row) => row.decided === null && row.moved !== null),
        rows.filter((row) => row.decided !== null && row.moved === null),
    ];
    if (into.length) told.push(say("explore-come-in", { count: numeral(into.length), names: named(into) }));
    if (out.length) told.push(say("explore-go-out", { count: numeral(out.length), names: named(out) }));
    return make(
        "ul",
        {},
        told.map((text) => make("li", {}, text)),
    );
}

/** Against the amounts of before, where the page has them. */
function previousTable() {
    if (!data.previous) return null;
    const split = (outcome) => {
        const found = { above: [], below: [], equal: [] };
        outcome.rows.forEach((row, place) => {
            const before = data.previous[row];
            if (before === null) return;
            const change = outcome.amounts[place] - before;
            (change > 0 ? found.above : change < 0 ? found.below : found.equal).push({ row });
        });
        return found;
    };
    const [decided, moved] = [split(state.decided), split(state.moved)];
    const told = (those) => {
        const people = peopleOf(those);
        return people === null
            ? numeral(those.length)
            : say("explore-with-people", { count: numeral(those.length), people: numeral(people, 0) });
    };
    const line = (key, words) => tableRow(say(words), [told(decided[key]), told(moved[key])]);
    const headings = ["explore-heading-what", "explore-heading-decided", "explore-heading-moved"];
    return smallTable(
        say("explore-previous"),
        headings.map((id) => say(id)),
        [line("above", "explore-above"), line("below", "explore-below"), line("equal", "explore-equal")],
    );
}

/** Each promise of the page: kept or broken, as decided and as moved, and for whom. */
function promises() {
    if (!data.checks.length) return null;
    const names = new Map(payload.table.codes.map((code, row) => [code, data.names[row]]));
    const word = ({ passed }) => say(passed ? "explore-kept" : "explore-broken");
    const lines = state.moved.checks.map((check, at) => {
        const before = state.decided.checks[at];
        const verdict = make("strong", { class: check.passed ? "passed" : "failed" }, word(check));
        const failing = check.failing
            .slice(0, 8)
            .map((code) => names.get(code) ?? code)
            .join(", ");
        const left = check.failing.length - 8;
        const whom =
            failing &&
            say("explore-broken-for", { names: failing }) +
                (left > 0 ? ` ${count(left, "warnings-more-one", "warnings-more-many")}` : "");
        const was =
            before.passed === check.passed ? null : make("small", {}, say("explore-was", { word: word(before) }));
        return make("li", {}, `${data.checks[at]}${locale.colon}`, verdict, whom ? make("small", {}, whom) : null, was);
    });
    return [make("h3", {}, say("checks-policy")), make("ul", {}, lines)];
}

/** What is moved, from what to what, each with the way back. */
function movedList() {
    const lines = Object.entries(state.moves).map(([id, value]) => {
        const parameter = parameterOf.get(id);
        const [before, after] = [valueText(parameter, parameter.value), valueText(parameter, value)];
        const rule = parameter.rule ? [" ", make("code", {}, parameter.rule)] : [];
        return make("li", {}, say("explore-moved-line", { title: titleOf(parameter), before, after }), rule);
    });
    return lines.length ? make("ul", { class: "ex-moved" }, lines) : make("p", {}, say("explore-nothing-moved"));
}

function warned() {
    const told = state.moved.warnings.map((problem) => make("li", {}, equite.say(payload, problem, data.language)));
    return told.length ? [make("h3", {}, say("heading-warnings")), make("ul", { class: "warnings" }, told)] : null;
}

function results() {
    const node = make("div", { class: "ex-results" });
    let drawn = null;
    const list = make("div");
    listeners.push(() => {
        list.replaceChildren(movedList());
        if (drawn === state.moved) return;
        drawn = state.moved;
        const { rows, signs } = comparison.get();
        node.replaceChildren(
            ...[moneyTable(), changesTable(signs), changesTold(rows, signs), previousTable(), promises(), warned()]
                .flat()
                .filter(Boolean),
        );
    });
    return [make("h3", { id: "ex-results-h", tabindex: "-1" }, say("explore-results")), list, node];
}
