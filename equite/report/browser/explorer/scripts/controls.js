// What may be moved: for each number of the page a slider, a field, and the way back.

const knobs = new Map();
/** Fields that hold no number: what is wrong, by the id of the parameter. */
const wrong = new Map();

/** A step that is 1, 2 or 5 of some power of ten, a hundred of them or more on the way. */
function niceStep(span) {
    const rough = span / 100;
    const power = 10 ** Math.floor(Math.log10(rough));
    return Number(([5, 2].find((nice) => nice * power <= rough) ?? 1) * power).toPrecision(1) * 1;
}

/** Where a slider begins and ends: the range where it is closed, else up to twice what was decided. */
function trackOf({ value, kind, range }) {
    const size = Math.abs(value);
    const far = size ? 2 * size : kind === "weight" ? 10 : 1;
    let [least, most] = value < 0 ? [-far, Math.max(0, range[0] ?? 0)] : [0, far];
    if (kind === "share" && value >= 0 && value <= 1) most = 1;
    least = Math.max(least, range[0] ?? -Infinity);
    most = Math.min(most, range[1] ?? Infinity);
    return { least, most, step: niceStep(most - least) };
}

const titleOf = (parameter) => parameter.title[data.language];
const unitOf = (parameter) => parameter.unit[data.language];
const valueOf = (id) => state.moves[id] ?? parameterOf.get(id).value;

/** A value with its unit, as a sentence has it. */
function valueText(parameter, value) {
    const unit = unitOf(parameter);
    if (parameter.kind === "money" || unit === data.symbol) return typedMoney(value);
    return unit ? `${typedText(value)}\u00a0${unit}` : typedText(value);
}

/** An amount with all its digits. */
function typedMoney(value) {
    const digits = typedText(value).split(locale.decimal)[1] ?? "";
    return equite.moneyText(value, locale, digits.length);
}

function rangeText(parameter) {
    const [least, most] = parameter.range;
    if (least === null && most === null) return "";
    if (most === null || most > 1e12) return say("explore-from", { least: typedText(least ?? 0) });
    if (least === null) return say("explore-up-to", { most: typedText(most) });
    return say("explore-range", { least: typedText(least), most: typedText(most) });
}

/** The control of one parameter. */
class Knob {
    constructor(parameter, place, { canSwitch = false, family = null } = {}) {
        Object.assign(this, { parameter, track: trackOf(parameter) });
        const id = `k${place}`;
        const title = titleOf(parameter);
        // A family is named by the legend above, a number of a rule by the rule too.
        const named = [family?.id, `${id}-t`, parameter.rule && `${id}-r`].filter(Boolean).join(" ");
        const names = { "aria-labelledby": named };
        const { least, most, step } = this.track;
        this.slider = make("input", {
            type: "range",
            min: least,
            max: most,
            step,
            ...names,
            oninput: () => this.slid(),
        });
        this.field = make("input", {
            ...{ type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", id: `${id}-f` },
            ...{ ...names, "aria-describedby": `${id}-m ${id}-d ${id}-e`, onchange: () => this.typed() },
        });
        this.back = button(say("explore-as-decided"), () => this.reset(), {
            "aria-label": say("explore-put-back", { title }),
        });
        this.about = make("small", { id: `${id}-d` });
        this.error = make("p", { class: "ex-wrong", id: `${id}-e`, hidden: true });
        this.share = make("span", { class: "ex-share" });
        this.counted = canSwitch ? this.counter(title) : null;
        this.node = make(
            "div",
            { class: "ex-knob", "data-id": parameter.id },
            make(
                "div",
                { class: "ex-head" },
                make("span", { class: "ex-title", id: `${id}-t` }, family ? say("explore-family-weight") : title),
                data.marks[place] ? make("span", { class: "badge", id: `${id}-m` }, data.marks[place]) : null,
                this.share,
            ),
            parameter.rule ? make("code", { id: `${id}-r` }, parameter.rule) : null,
            make(
                "div",
                { class: "ex-set" },
                this.slider,
                this.field,
                make("span", { class: "ex-unit" }, unitOf(parameter)),
            ),
            make("div", { class: "ex-under" }, this.about, this.counted, this.back),
            this.error,
        );
    }

    /** The switch of a criterion: a weight of nothing, and back. */
    counter(title) {
        this.switch = make("input", {
            type: "checkbox",
            "aria-label": say("explore-count-criterion", { title }),
            onchange: () => this.switched(),
        });
        return make("label", { class: "ex-switch" }, this.switch, say("explore-counted"));
    }

    switched() {
        this.mend();
        move({ [this.parameter.id]: this.switch.checked ? this.parameter.value || 1 : 0 });
    }

    slid() {
        this.mend();
        move({ [this.parameter.id]: Number(this.slider.value) });
    }

    reset() {
        this.mend();
        move({ [this.parameter.id]: this.parameter.value });
        this.field.focus();
    }

    typed() {
        const text = this.field.value.trim();
        const value = readNumber(text, unitOf(this.parameter));
        if (text && Number.isFinite(value)) {
            this.mend();
            move({ [this.parameter.id]: value });
            return;
        }
        const title = titleOf(this.parameter);
        wrong.set(
            this.parameter.id,
            text ? say("explore-no-number", { title, text }) : say("explore-empty", { title }),
        );
        this.error.textContent = wrong.get(this.parameter.id);
        this.error.hidden = false;
        this.field.setAttribute("aria-invalid", "true");
        changed();
    }

    mend() {
        wrong.delete(this.parameter.id);
        this.error.hidden = true;
        this.error.textContent = "";
        this.field.removeAttribute("aria-invalid");
    }

    show() {
        const value = valueOf(this.parameter.id);
        const isDecided = !(this.parameter.id in state.moves);
        const text = typedText(value);
        this.slider.value = value;
        this.slider.setAttribute("aria-valuetext", valueText(this.parameter, value));
        if (!wrong.has(this.parameter.id) && document.activeElement !== this.field) this.field.value = text;
        else if (!wrong.has(this.parameter.id) && readNumber(this.field.value, unitOf(this.parameter)) !== value)
            this.field.value = text;
        const decided = say("explore-decided-value", { value: valueText(this.parameter, this.parameter.value) });
        const kind = this.parameter.kind === "exponent" ? say("explore-exponent") : "";
        const told = [kind, decided, rangeText(this.parameter)].filter(Boolean).join(" · ");
        if (this.about.textContent !== told) this.about.textContent = told;
        this.back.hidden = isDecided;
        this.node.classList.toggle("ex-is-moved", !isDecided);
        if (this.switch) this.switch.checked = value !== 0;
    }
}

/** One knob of the tree that Python lays out. */
function knobOf(place, options) {
    const parameter = payload.parameters[place];
    const knob = new Knob(parameter, place, options);
    knobs.set(parameter.id, knob);
    return knob.node;
}

let groupsMade = 0;

/** A group of knobs, and the groups inside it. */
function groupOf(group, depth, isOpen) {
    const legend = make("legend", { id: `g${++groupsMade}` }, group.title);
    const inside = [
        group.note ? make("p", { class: "ex-note" }, group.note) : null,
        group.weight === null ? null : knobOf(group.weight, { family: legend }),
        group.items.map(({ place, counts }) => knobOf(place, { canSwitch: counts })),
        group.groups.map((inner) => groupOf(inner, depth + 1, true)),
    ];
    if (depth) return make("fieldset", { class: "ex-group" }, legend, inside);
    return make(
        "details",
        { open: isOpen },
        make("summary", {}, group.title),
        make("div", { class: "ex-inside" }, inside),
    );
}

/** What each weight is of the whole: of the index, as the engine has it. */
function showShares() {
    const outcome = state.moved;
    for (const { id, weights } of data.weights) {
        const found = outcome.indices.find((index) => index.id === id);
        for (const { place, criteria } of weights) {
            const share = found ? criteria.reduce((whole, name) => whole + (found.shares[name] ?? 0), 0) : NaN;
            const told = Number.isFinite(share) ? say("explore-share", { share: percent(share) }) : "";
            knobs.get(payload.parameters[place].id).share.textContent = told;
        }
    }
}

function controls() {
    const isWide = matchMedia("(min-width: 60rem)").matches;
    const few = payload.parameters.length <= 30;
    const groups = data.knobs.map((group, at) => groupOf(group, 0, at === 0 || (isWide && few)));
    listeners.push(() => {
        knobs.forEach((knob) => knob.show());
        showShares();
    });
    return make(
        "div",
        { class: "ex-knobs", role: "group", "aria-labelledby": "ex-knobs-h", tabindex: "-1" },
        make("h3", { id: "ex-knobs-h" }, say("explore-knobs")),
        make("p", { class: "ex-note" }, say("explore-knobs-note")),
        groups,
    );
}
