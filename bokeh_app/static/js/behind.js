// Which messages stand behind a number, as an address holds it: the twin of core/store/queries/behind.py.
const NAMES = ["run", "against", "truth", "predicted", "correct", "at_least", "below", "since", "until", "slice", "alarm", "rule", "hit", "other", "q", "order"];

export const queryOf = (behind) => new URLSearchParams(NAMES.filter((name) => behind[name] != null && behind[name] !== "").map((name) => [name, behind[name]]));
export const behindIn = (query) => Object.fromEntries([...new URLSearchParams(query)].filter(([name]) => NAMES.includes(name)));
