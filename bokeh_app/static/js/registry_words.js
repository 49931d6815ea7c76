// How the registry says its numbers.
export const points = (gain) => `${gain < 0 ? "−" : "+"}${Math.abs(100 * gain).toFixed(2)}`;
export const score = (value) => (value === null ? "–" : value.toFixed(4));
export const several = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
export const when = (ms) => new Date(ms).toLocaleString([], {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"});
export const kilobytes = (bytes) => (bytes === null ? "–" : Math.max(1, Math.round(bytes / 1000)).toLocaleString("en"));
export const kindOf = (linear) => (linear === null ? "unknown" : linear ? "linear" : "not linear");

export function megabytes(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6).toLocaleString("en")} MB`;
}

export function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value >= 1 ? value.toFixed(1) : value.toFixed(2);
}

// Where a run stands, and whether it could be champion.
export function stateOf(run) {
  if (run.state === "failed") return ["bad", "failed"];
  if (run.state === "running") return ["warn", "on trial"];
  return run.size === null ? ["", "tried on folds"] : ["good", "can be promoted"];
}
