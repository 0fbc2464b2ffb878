// The page opens: it checks itself first, and only then lets anything be moved.

/** Said on every screen and every sheet while anything is moved, or while no decision is recorded. */
function banner() {
    const told = make("span", { role: "status", id: "ex-told" });
    const reset = button(say("explore-reset"), () => {
        knobs.forEach((knob) => knob.mend());
        moveTo({});
    });
    const see = make(
        "a",
        {
            href: "#ex-results-h",
            class: "ex-see",
            onclick: (event) => {
                // The address is the scenario's: the page is moved, the address is not.
                event.preventDefault();
                byId("ex-results-h").scrollIntoView();
                byId("ex-results-h").focus({ preventScroll: true });
            },
        },
        say("explore-see"),
    );
    const node = make(
        "div",
        { class: "ex-banner", role: "region", "aria-label": say("explore-simulation") },
        make("strong", {}, say("explore-simulation")),
        told,
        see,
        reset,
    );
    listeners.push(() => {
        node.hidden = !isSimulation();
        document.body.classList.toggle("ex-simulation", isSimulation());
        const moves = Object.keys(state.moves).length;
        reset.hidden = !moves;
        const { up, down, same } = comparison.get().signs;
        const words = moves
            ? say("explore-told", {
                  moved: count(moves, "explore-moves-one", "explore-moves-many"),
                  up: numeral(up.length),
                  down: numeral(down.length),
                  same: numeral(same.length),
              })
            : say("explore-no-decision");
        if (told.textContent !== words) told.textContent = words;
    });
    return node;
}

/** What stops the amounts from following: refusals, and fields that hold no number. */
function alarm() {
    const node = make("div", { role: "alert", class: "ex-alarm" });
    let said = "";
    listeners.push(() => {
        const sentences = [...state.refused, ...wrong.values()];
        if (said === sentences.join("\n")) return;
        said = sentences.join("\n");
        const shown = sentences.length
            ? [
                  make(
                      "div",
                      { class: "notice" },
                      make("p", {}, make("strong", {}, say("explore-refused"))),
                      make(
                          "ul",
                          {},
                          sentences.map((text) => make("li", {}, text)),
                      ),
                  ),
              ]
            : [];
        node.replaceChildren(...shown);
    });
    return node;
}

/** Everything is there: show it, and take what the address asks for. */
function opened(root, outcome) {
    state.decided = state.moved = outcome;
    const asked = make("p", { role: "status", class: "ex-said" });
    root.replaceChildren(
        asked,
        make(
            "div",
            { class: "ex-two" },
            controls(),
            make("div", { class: "ex-right" }, alarm(), results(), territoryCard(), amountsTable(), keepAndPass()),
        ),
    );
    // On a screen it stays at the bottom; on paper it stands under the title.
    document.querySelector("header").append(banner());
    const take = () => {
        const told = takeAddress(location.hash);
        if (told === null) return;
        asked.textContent = told;
        changed();
    };
    window.addEventListener("hashchange", () => {
        if (location.hash !== `#${hashOf()}`) take();
    });
    take();
    changed();
}

function begin() {
    const root = byId("explorer");
    byId("explorer-off").hidden = true;
    root.hidden = false;
    if (data.closed.length) {
        root.replaceChildren(
            make(
                "div",
                { class: "notice" },
                data.closed.map((text) => make("p", {}, text)),
            ),
        );
        return;
    }
    root.replaceChildren(make("p", { role: "status" }, say("explore-checking")));
    const stay = (words) => root.replaceChildren(make("div", { class: "notice", role: "alert" }, make("p", {}, words)));
    let isOpen = false;
    office.open((answer) => {
        if (!answer) {
            if (isOpen) state.refused = [say("explore-failed")];
            else stay(say("explore-failed"));
            return isOpen ? changed() : undefined;
        }
        if (!answer.agrees)
            return stay(
                say("explore-differs", {
                    codes: answer.differing.slice(0, 8).join(", "),
                    count: numeral(answer.differing.length),
                }),
            );
        isOpen = true;
        opened(root, answer.outcome);
        document.documentElement.dataset.explorer = "open";
    });
}

begin();
