// What the page holds, its sentences, and numbers as its readers write and read them.

const payload = JSON.parse(byId("payload").textContent);
const data = JSON.parse(byId("explorer-data").textContent);
const locale = payload.locales[data.language];

/** A sentence with its values. */
const say = (id, values = {}) =>
    data.words[id].replace(/\{(\w+)\}/g, (found, name) => (name in values ? String(values[name]) : found));

/** One of two sentences: for one, or for many. */
const count = (number, one, many) => say(locale.singular.includes(number) ? one : many, { count: numeral(number) });

const numeral = (value, digits = null) => equite.numeral(value, locale, digits);
const money = (value) => equite.moneyText(value, locale, data.digits);
const isMissing = (value) => value === null || Number.isNaN(value);
const signed = (value) => (isMissing(value) ? "—" : (value > 0 ? "+" : "") + money(value));
const percent = (share) => `${numeral(100 * share, 1)}${data.percent}`;
const signedPercent = (share) => (Number.isFinite(share) ? (share > 0 ? "+" : "") + percent(share) : "—");

/** A number with all its digits, as somebody would type it. */
function typedText(value) {
    const [digits, exponent] = Math.abs(value).toExponential().split("e");
    return numeral(value, Math.max(0, digits.replace(".", "").length - 1 - Number(exponent)));
}

/** A number as it is typed, with or without its unit; NaN where it is none, or could be read two ways. */
function readNumber(text, unit = "") {
    let plain = text.replace(/\s/g, "").replace(/[−–]/g, "-");
    const mark = unit.replace(/\s/g, "");
    if (mark && plain.endsWith(mark)) plain = plain.slice(0, -mark.length);
    else if (mark && plain.startsWith(mark)) plain = plain.slice(mark.length);
    if (locale.grouping.trim() && /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain))
        plain = plain.replaceAll(locale.grouping, "");
    if (locale.decimal !== ".") plain = plain.replace(locale.decimal, ".");
    return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : NaN;
}
