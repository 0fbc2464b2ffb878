// Elements, and what is asked of the page. All text goes in as text: nothing that a table or a page holds becomes HTML.

const byId = (id) => document.getElementById(id);

/** An element; keys that begin with "on" are what it listens to, true gives an attribute without a value. */
function make(tag, keys = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(keys)) {
        if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
        else if (value !== false && value !== null && value !== undefined)
            node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
    return node;
}

/** An element of a drawing. */
function shape(tag, keys, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(keys)) node.setAttribute(key, value);
    node.append(...children);
    return node;
}

/** A button with its words. */
const button = (words, onclick, keys = {}) =>
    make("button", { type: "button", class: "ex-button", onclick, ...keys }, words);

/** A row of a table: its heading, then cells; those that are numbers flush right. */
function tableRow(heading, cells, keys = {}) {
    const told = cells.map((cell) => (cell instanceof Node ? make("td", {}, cell) : make("td", { class: "n" }, cell)));
    return make("tr", keys, make("th", { scope: "row" }, heading), told);
}

/** A small table, its caption and headings. */
function smallTable(caption, headings, rows, foot = null) {
    const heads = headings.map((text, at) => make("th", { scope: "col", class: at ? "n" : null }, text));
    const table = make(
        "table",
        { class: "small" },
        make("caption", {}, caption),
        make("thead", {}, make("tr", {}, heads)),
        make("tbody", {}, rows),
        foot && make("tfoot", {}, foot),
    );
    return make("div", { class: "ex-scroll" }, table);
}

/** A file for the reader to keep. */
function handOut(name, text, kind) {
    const address = URL.createObjectURL(new Blob([text], { type: `${kind};charset=utf-8` }));
    const link = make("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** Names are compared without accents, capitals or the kind of apostrophe. */
const simple = (text) =>
    text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[’']/g, "'").replace(/\s/g, " ").toLowerCase().trim();
