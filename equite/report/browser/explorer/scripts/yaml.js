// An override file read back: mappings, lists, texts and comments of YAML, line by line. What is beyond that is refused.

class Unreadable extends Error {
    constructor(line) {
        super(`line ${line}`);
        this.line = line;
    }
}

/** A line without its comment; a sign inside quotes begins none. */
function withoutComment(text) {
    let quote = "";
    for (let at = 0; at < text.length; at++) {
        const sign = text[at];
        if (quote) {
            if (sign === "\\" && quote === '"') at++;
            else if (sign === quote) quote = "";
        } else if ((sign === '"' || sign === "'") && /(^|[\s[{,:-])$/.test(text.slice(0, at))) quote = sign;
        else if (sign === "#" && (at === 0 || /\s/.test(text[at - 1]))) return text.slice(0, at);
    }
    return text;
}

/** Read a file as mappings, lists and texts; an empty value is null. */
function readYaml(text) {
    const lines = [];
    text.replace(/^\ufeff/, "")
        .split(/\r\n|\r|\n/)
        .forEach((written, at) => {
            const line = withoutComment(written).trimEnd();
            if (/^\s*$/.test(line) || line === "---") return;
            if (/^\s*\t/.test(line)) throw new Unreadable(at + 1);
            lines.push({ number: at + 1, indent: line.length - line.trimStart().length, text: line.trimStart() });
        });
    if (!lines.length) return Object.create(null);
    const reader = new YamlLines(lines);
    const found = reader.block(lines[0].indent);
    if (reader.at < lines.length) throw new Unreadable(lines[reader.at].number);
    return found;
}

class YamlLines {
    constructor(lines) {
        this.lines = lines;
        this.at = 0;
    }

    get line() {
        return this.lines[this.at];
    }

    fail() {
        throw new Unreadable((this.line ?? this.lines[this.lines.length - 1]).number);
    }

    block(indent) {
        return this.line.text === "-" || this.line.text.startsWith("- ") ? this.list(indent) : this.mapping(indent);
    }

    list(indent) {
        const found = [];
        while (this.line && this.line.indent === indent && /^-( |$)/.test(this.line.text)) {
            const rest = this.line.text.slice(1);
            const inner = rest.trimStart();
            if (!inner) {
                this.at++;
                found.push(this.below(indent));
            } else if (/^("[^"]*"|'[^']*'|[^\s{["'][^:]*):( |$)/.test(inner)) {
                // "- key: value": a mapping that begins behind the dash.
                this.lines[this.at] = { ...this.line, indent: indent + 1 + rest.length - inner.length, text: inner };
                found.push(this.mapping(this.line.indent));
            } else found.push(this.value(inner));
        }
        return found;
    }

    mapping(indent) {
        const found = Object.create(null);
        while (this.line && this.line.indent === indent && !/^-( |$)/.test(this.line.text)) {
            const parts = this.line.text.match(
                /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'{}[\]&*!|>%@`,#][^:]*?)\s*:(?:\s+(.*))?$/,
            );
            if (!parts) this.fail();
            const key = this.scalar(parts[1]);
            if (key in found) this.fail();
            if (parts[2]) found[key] = this.value(parts[2]);
            else {
                this.at++;
                found[key] = this.below(indent);
            }
        }
        if (this.line && this.line.indent > indent) this.fail();
        return found;
    }

    /** What stands below a key or a dash; a list may stand as far left as its key. */
    below(indent) {
        if (!this.line) return null;
        const isList = /^-( |$)/.test(this.line.text);
        if (
            this.line.indent > indent ||
            (isList && this.line.indent === indent && !/^-/.test(this.lines[this.at - 1].text))
        ) {
            return this.block(this.line.indent);
        }
        return null;
    }

    /** A value on its line; one in brackets may go on over several. */
    value(text) {
        if (!/^[{[]/.test(text)) {
            const found = this.scalar(text);
            this.at++;
            return found;
        }
        let whole = text;
        for (;;) {
            const flow = new YamlFlow(whole);
            const found = flow.read();
            if (flow.isWhole) {
                if (flow.rest().trim()) this.fail();
                this.at++;
                return found;
            }
            if (this.at + 1 >= this.lines.length) this.fail();
            this.at++;
            whole += ` ${this.line.text}`;
        }
    }

    scalar(text) {
        const found = plainScalar(text);
        if (found === undefined) this.fail();
        return found;
    }
}

/** A text, with or without quotes; undefined for what is not read here. */
function plainScalar(text) {
    if (text.startsWith('"')) {
        try {
            return JSON.parse(text);
        } catch {
            return undefined;
        }
    }
    if (text.startsWith("'"))
        return /^'(?:[^']|'')*'$/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : undefined;
    if (/^[&*!|>%@`]/.test(text) || /:\s/.test(text)) return undefined;
    return /^(~|null|Null|NULL|)$/.test(text) ? null : text;
}

/** Mappings and lists in brackets. `isWhole` is false where the text ends before they do. */
class YamlFlow {
    constructor(text) {
        Object.assign(this, { text, at: 0, isWhole: true });
    }

    rest() {
        return this.text.slice(this.at);
    }

    skip() {
        while (/\s/.test(this.text[this.at] ?? "")) this.at++;
    }

    read() {
        this.skip();
        if (this.text[this.at] === "{") return this.items("}", Object.create(null));
        if (this.text[this.at] === "[") return this.items("]", []);
        const [piece] = this.rest().match(
            /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,{}[\]]*?(?=\s*(?:[,{}[\]]|:\s|$)))/,
        ) ?? [""];
        this.at += piece.length;
        return plainScalar(piece);
    }

    items(end, found) {
        this.at++;
        for (;;) {
            this.skip();
            if (this.at >= this.text.length) {
                this.isWhole = false;
                return found;
            }
            if (this.text[this.at] === end) {
                this.at++;
                return found;
            }
            const item = this.read();
            this.skip();
            if (end === "}") {
                if (this.text[this.at] !== ":") {
                    // Cut off in the middle of a key, or no mapping: more lines are asked for, and where there are none it is refused.
                    this.isWhole = false;
                    return found;
                }
                this.at++;
                if (item === undefined || item in found) this.isWhole = false;
                else found[item] = this.read();
            } else found.push(item);
            if (!this.isWhole) return found;
            this.skip();
            if (this.text[this.at] === ",") this.at++;
            else if (this.text[this.at] !== end) {
                this.isWhole = false;
                return found;
            }
        }
    }
}
