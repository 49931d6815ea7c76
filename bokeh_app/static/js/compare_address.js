// What the address holds: the session or the runs, and the part that is selected. A copied link shows the same.
const NAMES = ["truth", "predicted", "kind"];

export function viewOf(search) {
  const asked = new URLSearchParams(search), number = (name) => Number(asked.get(name)) || 0;
  const runs = (asked.get("runs") ?? "").split(",").map(Number).filter(Boolean);
  const part = Object.fromEntries(NAMES.filter((name) => asked.get(name)).map((name) => [name, asked.get(name)]));
  if (number("message")) part.message = number("message");
  return {id: number("comparison"), first: runs[0] ?? number("first"), second: runs[1] ?? number("second"), runs, part};
}

export function queryOf({id, runs, part}) {
  const what = id ? {comparison: id} : {runs: runs.join(",")};
  return new URLSearchParams({page: "compare", ...what, ...part}).toString().replaceAll("%2C", ",");
}

export const isPart = (part) => Object.keys(part).length > 0;
export const filters = ({truth, kind}) => Boolean(truth || kind);

// Of a stored selection the parts that are there.
export const tidy = (selection) => Object.fromEntries(Object.entries(selection).filter(([, value]) => value !== null && value !== undefined));

export const samePart = (one, other) => [...NAMES, "message"].every((name) => (one[name] ?? null) === (other[name] ?? null));

export function partInWords({truth, predicted, kind, message}) {
  const part = kind ?? (predicted ? (truth === predicted ? `${truth}, rightly called so by one of the two` : `${truth} called ${predicted} by one of the two`) : truth);
  return [part, message && (part ? "and a message of it" : "a message")].filter(Boolean).join(", ");
}
