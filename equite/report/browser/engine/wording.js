// Sentences and numbers in each language: the templates and the marks of a language come with the payload.

/** A number as its digits and the power of ten of the last: as it would be typed. */
function decimalOf(value) {
  const [digits, exponent] = Math.abs(value).toExponential().split("e");
  const [whole, rest = ""] = digits.split(".");
  return { top: BigInt(whole + rest), power: Number(exponent) - rest.length };
}

/** Round to so many decimals, halves away from zero. */
function quantized({ top, power }, digits) {
  const shift = power + digits;
  if (shift >= 0) return { top: top * 10n ** BigInt(shift), power: -digits };
  const below = 10n ** BigInt(-shift);
  return { top: (2n * top + below) / (2n * below), power: -digits };
}

const lengthOf = ({ top, power }) => String(top).length + power;

/** Round halves away from zero, on 15 significant digits where that many hold the digits asked for. */
function roundedDecimal(number, digits) {
  const whole = number.top === 0n ? number.power + 1 : lengthOf(number);
  return quantized(whole + digits < 15 ? quantized(number, 15 - whole) : number, digits);
}

/** A number as its readers write it; without digits, as many decimals as it needs. */
function numeral(value, locale, digits = null) {
  if (value !== value) return "—";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const number = decimalOf(value);
  const whole = number.top === 0n ? number.power + 1 : lengthOf(number);
  const needed = Math.max(2, Math.min(Math.min(12, Math.max(6, 9 - whole)), 15 - whole));
  const { top, power } = roundedDecimal(number, digits ?? needed);
  const text = String(top).padStart(1 - power, "0");
  const [integer, decimals] = power < 0 ? [text.slice(0, power), text.slice(power)] : [text, ""];
  const kept = digits === null ? decimals.replace(/0+$/, "") : decimals;
  const grouped = integer.replace(/\B(?=(\d{3})+$)/g, locale.grouping);
  return (value < 0 && top !== 0n ? "−" : "") + grouped + (kept ? locale.decimal + kept : "");
}

/** An amount with its currency, or with the unit that replaces it. */
function moneyText(value, locale, digits) {
  const text = numeral(value, locale, digits);
  if (text === "—" || text.endsWith("∞")) return text;
  const [before, after] = locale.money;
  const minus = text.startsWith("−") ? "−" : "";
  return (locale.unit ? text + after : minus + before + text.slice(minus.length) + after).replace(
    /^\u00a0+|\u00a0+$/g,
    "",
  );
}

/** A percentage with as many decimals as it needs, two at most. */
function percentText(value, locale) {
  const needed = [0, 1].find((digits) => value.toFixed(digits) === String(Number(value.toFixed(6)))) ?? 2;
  return locale.percent.join(numeral(value, locale, needed));
}

/** One value of a sentence. */
function valueText(payload, value, language) {
  const locale = payload.locales[language];
  if (value === null || typeof value !== "object") return String(value);
  if (value.codes) return codesText(payload, value.codes, language);
  if ("amount" in value) return moneyText(value.amount, locale, value.digits);
  if ("numeral" in value) return numeral(value.numeral, locale, value.digits ?? null);
  if ("percent" in value) return percentText(value.percent, locale);
  if (value.say) return payload.sentences[value.say][language];
  if (value.nearest) return "";
  return value[language] ?? "";
}

/** Codes listed, the first few in full and the rest counted. */
function codesText(payload, codes, language) {
  const shown = codes.slice(0, 8).join(", ");
  const left = codes.length - 8;
  if (left <= 0) return shown;
  const id = payload.locales[language].singular.includes(left) ? "codes-more-one" : "codes-more-many";
  return filledIn(payload.sentences[id][language], { codes: shown, left: String(left) });
}

const filledIn = (template, values) =>
  template.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name) => (name === undefined ? found[0] : (values[name] ?? found)));

/** A problem in a sentence: what is wrong, where, and how to mend it; the same as Python says. */
function say(payload, { id, values, where }, language) {
  const entry = payload.sentences[id][language];
  const worded = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, valueText(payload, value, language)]),
  );
  const part = (template) => {
    let text = filledIn(template, worded);
    if (template.startsWith("{nearest}") && text.startsWith(" ")) text = text.slice(1, 2).toLowerCase() + text.slice(2);
    return text.trim().replace(/[; ]+$/, "");
  };
  const mend = part(entry.mend ?? "");
  return part(entry.what) + (where ? ` @ ${where}` : "") + (mend ? payload.locales[language].colon + mend : "");
}
