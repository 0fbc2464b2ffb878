// Shares away from the page's own thread. What stands before it defines `equite`.
let payload;
const kept = ({ codes, rows, units, amounts, envelopes, excluded, indices, checks, warnings, shown, refused }) =>
    refused
        ? { refused }
        : {
              refused,
              codes,
              rows,
              units,
              amounts,
              envelopes,
              excluded,
              indices: indices.map(({ id, scores, shares }) => ({ id, scores, shares })),
              checks,
              warnings,
              shown,
          };

self.onmessage = ({ data }) => {
    if (data.payload) {
        payload = JSON.parse(data.payload);
        const { agrees, differing, outcome } = equite.verify(payload);
        self.postMessage({ number: 0, agrees, differing, outcome: kept(outcome) });
    } else {
        const started = performance.now();
        const outcome = kept(equite.allocate(payload, data.moves));
        self.postMessage({ number: data.number, outcome, took: performance.now() - started });
    }
};
