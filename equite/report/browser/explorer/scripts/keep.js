// What can be kept and passed on: a code, a link, a file that `--override` reads, the amounts as CSV; and taken back.

const MOST_BYTES = 1_000_000;
/** Keys of an override file that say who and why, and move no amount. */
const ABOUT = new Set(["id", "title", "notes", "language", "equite", "decision", "source", "status", "unit", "reason"]);

const fileName = (end) => `simulation-${(payload.page.id ?? "page").replace(/[^\w.-]+/g, "-")}.${end}`;

/** The override file, which says at its top what it is. */
function overrideText() {
    const head = [say("explore-simulation"), `${say("explore-code")}${locale.colon}${codeOf(state.shownMoves)}`];
    return `${head.map((line) => `# ${line}\n`).join("")}${equite.yamlOf(equite.overrideOf(payload, state.shownMoves))}`;
}

/** A cell of a CSV file; what a spreadsheet would run as a formula begins with an apostrophe. */
function csvText(text) {
    const harmless = /^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
    return harmless.includes(data.separator) || /["\r\n]/.test(harmless)
        ? `"${harmless.replaceAll('"', '""')}"`
        : harmless;
}

const csvNumber = (value, digits) => (isMissing(value) ? "" : value.toFixed(digits).replace(".", locale.decimal));

function amountsCsv() {
    const symbol = data.symbol ? ` (${data.symbol})` : "";
    const headings = [
        say("heading-code"),
        say("heading-name"),
        `${say("explore-heading-decided")}${symbol}`,
        `${say("explore-csv-moved")}${symbol}`,
        `${say("heading-change")}${symbol}`,
        say("explore-csv-percent"),
    ];
    const lines = comparison
        .get()
        .rows.filter(({ decided, moved }) => decided !== null || moved !== null)
        .map((told) => {
            const share = Number.isFinite(told.share) ? 100 * told.share : null;
            return [
                csvText(told.code),
                csvText(told.name),
                csvNumber(told.decided, data.digits),
                csvNumber(told.moved, data.digits),
                csvNumber(told.difference, data.digits),
                csvNumber(share, 2),
            ];
        });
    return `\ufeff${[headings.map(csvText), ...lines].map((line) => line.join(data.separator)).join("\r\n")}\r\n`;
}

/** Leave out what moves no amount; tell which keys these were. */
function withoutAbout(keys, found = [], path = []) {
    const kept = Array.isArray(keys) ? [] : Object.create(null);
    for (const [key, value] of Object.entries(keys)) {
        // The id of a part or a limit in a list says which it is.
        const isName = key === "id" && path.length && /^\d+$/.test(path[path.length - 1]);
        if (
            !Array.isArray(keys) &&
            ABOUT.has(key) &&
            !isName &&
            (!path.length ||
                !["constants", "criteria", "families", "indices", "parts", "limits"].includes(path[path.length - 1]))
        ) {
            found.push([...path, key].join("."));
        } else
            kept[key] =
                value !== null && typeof value === "object" ? withoutAbout(value, found, [...path, key])[0] : value;
    }
    return [kept, found];
}

/** Read an override file; a sentence tells what came of it. */
function takeOverride(text) {
    try {
        const [keys, about] = withoutAbout(readYaml(text));
        const { moves, refused } = equite.movesOf(payload, keys);
        if (refused.length) return say("explore-file-keys", { keys: refused.join(", ") });
        moveTo(moves);
        const number = Object.keys(moves).length;
        const told = number ? count(number, "explore-file-one", "explore-file-many") : say("explore-file-none");
        return about.length ? `${told} ${say("explore-file-about", { keys: about.join(", ") })}` : told;
    } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        return say("explore-file-line", { line: numeral(error.line) });
    }
}

async function takeFile(file) {
    if (file.size > MOST_BYTES) return say("explore-file-large", { name: file.name, most: numeral(MOST_BYTES / 1e6) });
    return takeOverride(await file.text());
}

/** The address that opens the page as it now is. */
function hashOf() {
    const pairs = [];
    if (Object.keys(state.shownMoves).length) pairs.push(`s=${codeOf(state.shownMoves)}`);
    if (state.pinned !== null) pairs.push(`t=${encodeURIComponent(payload.table.codes[state.pinned])}`);
    return pairs.join("&");
}

/** Take what an address asks for; a sentence where it was made for another formula. */
function takeAddress(hash) {
    const asked = Object.fromEntries(
        hash
            .replace(/^#/, "")
            .split("&")
            .map((pair) => [pair.slice(0, 1), pair.slice(2)]),
    );
    if (!/^#[st]=/.test(hash)) return null;
    let told = "";
    if (asked.t !== undefined) {
        let code = asked.t;
        try {
            code = decodeURIComponent(asked.t);
        } catch {
            // A per cent sign that stands for itself: the code is taken as it is written.
        }
        const row = payload.table.codes.indexOf(code);
        if (row >= 0) state.pinned = row;
        else told = say("explore-nobody", { text: code });
    }
    if (asked.s === undefined) return told;
    const { moves, refused } = movesOfCode(asked.s);
    if (refused) return refused;
    moveTo(moves);
    return told;
}

function writeAddress() {
    const hash = hashOf();
    const here = location.hash;
    if (here === (hash ? `#${hash}` : "") || (!hash && !/^#[st]=/.test(here))) return;
    history.replaceState(null, "", `#${hash}`);
}

async function copy(text, told) {
    try {
        await navigator.clipboard.writeText(text);
        told.textContent = say("explore-copied");
    } catch {
        told.textContent = say("explore-copy-by-hand", { text });
    }
}

function keepAndPass() {
    const told = make("p", { role: "status", class: "ex-said" });
    const code = make("output", { class: "ex-code", id: "ex-code", "aria-labelledby": "ex-code-h" });
    const field = make("input", {
        type: "text",
        id: "ex-code-in",
        autocomplete: "off",
        spellcheck: "false",
        autocapitalize: "characters",
    });
    const take = (event) => {
        event.preventDefault();
        const { moves, refused } = movesOfCode(field.value);
        if (moves) moveTo(moves);
        told.textContent = refused ?? say("explore-code-taken");
    };
    const file = make("input", {
        type: "file",
        id: "ex-file",
        accept: ".yaml,.yml,.txt",
        onchange: async () => {
            if (file.files.length) told.textContent = await takeFile(file.files[0]);
            file.value = "";
        },
    });
    const link = () => `${location.href.split("#")[0]}#${hashOf()}`;
    listeners.push(() => {
        code.textContent = codeOf(state.shownMoves);
        writeAddress();
    });
    return make(
        "div",
        { class: "ex-keep" },
        make("h3", {}, say("explore-keep")),
        make("p", { class: "ex-note" }, say("explore-keep-note")),
        make(
            "div",
            { class: "ex-line" },
            make("span", { id: "ex-code-h" }, say("explore-code")),
            code,
            button(say("explore-copy-code"), () => copy(codeOf(state.shownMoves), told)),
            button(say("explore-copy-link"), () => copy(link(), told)),
        ),
        make(
            "form",
            { class: "ex-line", onsubmit: take },
            make("label", { for: "ex-code-in" }, say("explore-code-enter")),
            field,
            make("button", { type: "submit", class: "ex-button" }, say("explore-code-take")),
        ),
        make(
            "div",
            { class: "ex-line" },
            button(say("explore-save-override"), () => handOut(fileName("yaml"), overrideText(), "application/yaml")),
            button(say("explore-save-csv"), () => handOut(fileName("csv"), amountsCsv(), "text/csv")),
        ),
        make("div", { class: "ex-line" }, make("label", { for: "ex-file" }, say("explore-open-override")), file),
        told,
    );
}
