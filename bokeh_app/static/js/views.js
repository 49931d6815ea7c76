// What the page shows, as its address says it. A copied address shows the same. The twin of dashboard/views.py.
import {facts} from "./shell.js";
import {safeText} from "./text.js";

const NAMES = ["pane", "when", "slice", "against", "unit", "scale", "series"];
const USUAL = {pane: "now", when: "", slice: "", against: "folds", unit: "", scale: "shares", series: "predicted"};
const get = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const followers = [];

export const view = Object.fromEntries(NAMES.map((name) => [name, asked.get(name) || USUAL[name]]));
view.pane = facts.pane; // the server has drawn this one
if (!asked.get("against")) view.against = localStorage.getItem("tallyroom.against") || USUAL.against;

export const query = () => new URLSearchParams(NAMES.filter((name) => view[name] !== USUAL[name]).map((name) => [name, view[name]])).toString();
export const onView = (followed) => followers.push(followed);

// The server shows the usual view instead of one that there is not.
export function forget() {
  Object.assign(view, {when: "", slice: ""});
  history.replaceState(null, "", `?page=live&${query()}`);
  draw();
}

// Change what is shown: the address, the links to the other panes, and all who follow.
export function show(change) {
  Object.assign(view, change);
  if (change.against) localStorage.setItem("tallyroom.against", change.against);
  const kept = [...new URLSearchParams(location.search)].filter(([name]) => !NAMES.includes(name) && name !== "page");
  history.replaceState(null, "", `?${new URLSearchParams([["page", "live"], ...kept, ...new URLSearchParams(query())])}`);
  draw();
  followers.forEach((followed) => followed());
}

function draw() {
  for (const button of document.querySelectorAll("[data-against]")) button.setAttribute("aria-pressed", String(button.dataset.against === view.against));
  for (const link of document.querySelectorAll("[data-pane]")) {
    const there = new URLSearchParams(query());
    there.set("pane", link.dataset.pane);
    link.href = `?page=live&${there}`;
  }
  const when = get("view-when"), own = when?.querySelector("[value=own]");
  if (!when) return;
  const known = [...when.options].some((option) => option.value === view.when);
  own.hidden = known;
  own.textContent = known ? "chosen" : inWords(view.when);
  when.value = known ? view.when : "own";
  get("view-slice").value = view.slice;
  get("view-whole").hidden = !view.when && !view.slice;
}

function inWords(range) {
  const at = (hour) => new Date(`${hour}:00Z`).toLocaleString([], {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"});
  return range.split("..").map(at).join(" – ");
}

// Two times in ms, as the address names them: whole hours of UTC.
export const rangeOf = (from, to) => [from, to].map((ms) => new Date(ms).toISOString().slice(0, 13)).join("..");

const SPANS = {"24h": 24, "7d": 24 * 7, "30d": 24 * 30, "90d": 24 * 90, "365d": 24 * 365};
const HOUR = 3_600_000;

// What the page is narrowed to, as the drawer's descriptions have it (behind.js).
export function narrowed() {
  const slice = view.slice || null;
  if (!view.when) return {slice};
  if (SPANS[view.when]) return {slice, since: (Math.floor(Date.now() / HOUR) - SPANS[view.when]) * HOUR};
  const [from, to] = view.when.split("..").map((hour) => Date.parse(`${hour}:00Z`));
  return {slice, since: from, until: to + HOUR};
}

// The slices there are messages of, by family.
export function offer(names) {
  const select = get("view-slice");
  const wanted = view.slice && !names.includes(view.slice) ? [...names, view.slice] : names;
  if (!select || select.dataset.names === JSON.stringify(wanted)) return;
  select.dataset.names = JSON.stringify(wanted);
  const families = new Map();
  for (const name of wanted) {
    const [family] = name.split(":", 1);
    const option = document.createElement("option");
    option.value = name;
    option.append(safeText(name.slice(family.length + 1)));
    families.set(family, [...(families.get(family) ?? []), option]);
  }
  select.replaceChildren(select.options[0], ...[...families].map(([family, options]) => {
    const group = document.createElement("optgroup");
    group.label = family;
    group.append(...options);
    return group;
  }));
  select.value = view.slice;
}

for (const button of document.querySelectorAll("[data-against]")) button.addEventListener("click", () => show({against: button.dataset.against}));
get("view-when")?.addEventListener("change", (event) => { if (event.target.value !== "own") show({when: event.target.value}); });
get("view-slice")?.addEventListener("change", (event) => show({slice: event.target.value}));
get("view-whole")?.addEventListener("click", () => show({when: "", slice: ""}));
draw();
