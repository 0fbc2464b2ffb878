// What is moved, what came of it, and the worker that shares. Whoever shows something of it listens.

const state = {
    /** By the id of a parameter, what it was moved to. */
    moves: {},
    /** The moves that the amounts shown come from: those of before where the last ones were refused. */
    shownMoves: {},
    /** Sentences that say why the last moves gave no amounts. */
    refused: [],
    decided: null,
    moved: null,
    pinned: null,
};
const listeners = [];
const changed = () => listeners.forEach((listener) => listener());
const isMoved = () => Object.keys(state.moves).length > 0;
/** Whether it must be said that nothing of it is decided. */
const isSimulation = () => isMoved() || !payload.decided.adopted;
const parameterOf = new Map(payload.parameters.map((parameter) => [parameter.id, parameter]));

/** The worker; only the last moves asked for are computed, whatever was asked for while it was busy. */
const office = {
    worker: null,
    number: 0,
    isBusy: false,
    waiting: null,

    open(onOpened) {
        const text = [byId("engine").textContent, byId("explorer-worker").textContent].join("\n");
        const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
        this.worker = new Worker(address);
        this.worker.onmessage = ({ data: answer }) => (answer.number === 0 ? onOpened(answer) : this.answered(answer));
        this.worker.onerror = (event) => {
            event.preventDefault();
            onOpened(null);
        };
        this.worker.postMessage({ payload: byId("payload").textContent });
    },

    ask(moves) {
        this.waiting = moves;
        if (!this.isBusy) this.send();
    },

    send() {
        this.isBusy = true;
        document.documentElement.dataset.explorer = "busy";
        this.sent = this.waiting;
        this.waiting = null;
        this.worker.postMessage({ number: ++this.number, moves: this.sent });
    },

    answered({ outcome, took }) {
        this.isBusy = false;
        if (this.waiting) return this.send();
        Object.assign(document.documentElement.dataset, { took: took.toFixed(1), explorer: "open" });
        if (outcome.refused)
            state.refused = outcome.refused.problems.map((problem) => equite.say(payload, problem, data.language));
        else {
            state.refused = [];
            state.moved = Object.keys(this.sent).length ? outcome : state.decided;
            state.shownMoves = this.sent;
        }
        changed();
    },
};

/** Move parameters, or put them back as decided; what is as decided is no move. */
function move(values) {
    const moves = { ...state.moves };
    for (const [id, value] of Object.entries(values)) {
        if (value === parameterOf.get(id).value) delete moves[id];
        else moves[id] = value;
    }
    state.moves = moves;
    office.ask(moves);
    changed();
}

/** Take these moves and no others. */
function moveTo(moves) {
    move({ ...Object.fromEntries(payload.parameters.map(({ id, value }) => [id, value])), ...moves });
}
