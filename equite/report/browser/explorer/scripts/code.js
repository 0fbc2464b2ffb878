// What was moved as a short code, to copy or to read aloud: signs that are not taken for one another.

const SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PRIME = 1021;

/** The first signs of a code: which formula it is for. */
const ownSigns = () =>
    [
        ...BigInt(`0x${payload.fingerprint.slice(0, 5)}`)
            .toString(32)
            .padStart(4, "0"),
    ].map((sign) => parseInt(sign, 32));

/** A whole number in signs of five bits: four of the number, and whether more follow. */
function putWhole(signs, number) {
    let rest = BigInt(number);
    do {
        const low = Number(rest & 15n);
        rest >>= 4n;
        signs.push(rest ? low + 16 : low);
    } while (rest);
}

function takeWhole(signs) {
    let [found, shift] = [0n, 0n];
    for (;;) {
        if (!signs.length) throw new RangeError("the code ends too early");
        const sign = signs.shift();
        found += BigInt(sign % 16) << shift;
        shift += 4n;
        if (sign < 16) return found;
    }
}

/** A number as its sign, its digits and the power of ten of the last. */
function decimalParts(value) {
    const [digits, power] = Math.abs(value).toExponential().split("e");
    const [whole, rest = ""] = digits.split(".");
    return {
        isNegative: value < 0,
        digits: BigInt(whole + rest),
        power: value === 0 ? 0 : Number(power) - rest.length,
    };
}

const checkSigns = (signs) => {
    const mixed = signs.reduce((found, sign) => (found * 37 + sign + 1) % PRIME, 7);
    return [mixed >> 5, mixed % 32];
};

/** The code of some moves. */
function codeOf(moves) {
    const signs = ownSigns();
    let last = -1;
    payload.parameters.forEach((parameter, place) => {
        if (!(parameter.id in moves)) return;
        const { isNegative, digits, power } = decimalParts(moves[parameter.id]);
        putWhole(signs, place - last - 1);
        putWhole(signs, 2 * (power < 0 ? -2 * power - 1 : 2 * power) + (isNegative ? 1 : 0));
        putWhole(signs, digits);
        last = place;
    });
    const text = [...signs, ...checkSigns(signs)].map((sign) => SIGNS[sign]).join("");
    return text.match(/.{1,4}/g).join("-");
}

/** The moves of a code; a sentence where it is none of this page. */
function movesOfCode(text) {
    const written = text.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    const signs = [...written].map((sign) => SIGNS.indexOf(sign));
    const [body, check] = [signs.slice(0, -2), signs.slice(-2)];
    if (signs.length < 6 || signs.includes(-1) || checkSigns(body).join() !== check.join())
        return { refused: say("explore-code-wrong") };
    if (body.splice(0, 4).join() !== ownSigns().join()) return { refused: say("explore-code-other") };
    const moves = {};
    try {
        for (let place = -1; body.length;) {
            place += Number(takeWhole(body)) + 1;
            const shown = Number(takeWhole(body));
            const scale = shown >> 1;
            const power = scale % 2 ? -(scale + 1) / 2 : scale / 2;
            const value = Number(`${shown % 2 ? "-" : ""}${takeWhole(body)}e${power}`);
            if (place >= payload.parameters.length || !Number.isFinite(value))
                return { refused: say("explore-code-wrong") };
            moves[payload.parameters[place].id] = value;
        }
    } catch (early) {
        if (!(early instanceof RangeError)) throw early;
        return { refused: say("explore-code-wrong") };
    }
    return { moves };
}
