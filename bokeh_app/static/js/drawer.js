// The side drawer: the messages behind any number. Its state sits in the address (&open=…): Back closes it, a copied
// link opens it. The description of which messages is that of core/store/queries/behind.py.
import {ask, facts as here} from "./shell.js";
import {element, safeText} from "./text.js";
import {behindIn, queryOf} from "./behind.js";
import {rowOf} from "./drawer_row.js";
import {takeOf} from "./drawer_take.js";

const ORDERS = {newest: "Newest first", surest: "Surest first", "least sure": "Least sure first"};
const SEARCH_MS = 350; // after the last letter
let facts = here, behind = {}, parts = null, take = null, cameFrom = null, asked = 0, next = null, typing = null, given = "";

// Open the drawer on the messages of a description; `title` where the description has none of its own.
export function openDrawer(description, withFacts = here, title = "") {
  facts = withFacts;
  given = title;
  const wasOpen = parts !== null && !parts.drawer.hidden;
  put(description, wasOpen ? "replaceState" : "pushState");
  draw(description);
}

function draw(description) {
  parts ??= build();
  behind = {...description};
  if (parts.drawer.hidden) cameFrom = document.activeElement;
  parts.drawer.hidden = false;
  parts.title.textContent = given || "Messages";
  parts.words.textContent = "";
  parts.search.value = behind.q ?? "";
  parts.order.value = behind.order ?? "newest";
  take.hidden(true);
  parts.title.focus();
  return again();
}

// The address says what is open; one step back closes it.
function put(description, how) {
  const address = new URL(location.href);
  if (description) address.searchParams.set("open", queryOf(description));
  else address.searchParams.delete("open");
  history[how]({drawer: description !== null && (how === "pushState" || history.state?.drawer === true)}, "", address);
}

function again() {
  parts.rows.replaceChildren(element("li", "word", "Looking…"));
  parts.more.hidden = true;
  return page("", ++asked);
}

async function page(after, ticket) {
  next = null;
  const query = queryOf(behind);
  if (after) query.set("after", after);
  try {
    const found = await ask(`messages.json?${query}`);
    if (ticket === asked) show(found, after);
  } catch (error) {
    if (ticket === asked) failed(error, after, ticket);
  }
}

function show(found, after) {
  if (!after) parts.rows.replaceChildren();
  const title = given || found.title;
  parts.title.replaceChildren(safeText(title));
  parts.words.textContent = [found.words, timesOf(behind)].filter(Boolean).join(" · ");
  parts.said.textContent = [found.search, leftOut(found.left_out)].filter(Boolean).join(" · ");
  parts.rows.append(...found.messages.map((message) => rowOf(message, behind, facts)));
  if (!parts.rows.children.length && found.after === null) parts.rows.append(element("li", "word", behind.q ? "No message here has these words." : "No message is behind this number now."));
  if (!parts.rows.querySelector("[tabindex='0']")) parts.rows.querySelector(".line")?.setAttribute("tabindex", "0");
  take.offer(found.may_take ? {now: () => behind, title, most: found.most, facts} : null);
  parts.more.hidden = found.after === null;
  parts.more.textContent = found.looked ? `Looked through ${found.looked.toLocaleString("en")}: go on` : "Show more";
  next = found.after === null ? null : () => page(found.after, asked);
  const seen = parts.rows.scrollHeight <= parts.rows.clientHeight + 8;
  if (next && !found.looked && seen) next(); // a page that does not fill the drawer
}

function failed(error, after, ticket) {
  if (!after) parts.rows.replaceChildren();
  const retry = element("button", "btn", "Try again");
  retry.type = "button";
  retry.onclick = () => { retry.closest("li").remove(); page(after, ticket); };
  parts.rows.append(element("li", "word", element("p", "bad", `The messages cannot be shown: ${error.message}. ${error.fix ?? ""}`), retry));
}

const leftOut = (n) => (n ? `${n} left out: others have judged ${n === 1 ? "it" : "them"}, and you may still be asked` : "");

function timesOf({since, until}) {
  const at = (ms) => new Date(Number(ms)).toLocaleString([], {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"});
  if (since && until) return `${at(since)} – ${at(until)}`;
  return since ? `since ${at(since)}` : until ? `before ${at(until)}` : "";
}

function close() {
  if (history.state?.drawer) history.back(); // popstate hides it
  else { put(null, "replaceState"); hide(); }
}

function hide() {
  if (!parts || parts.drawer.hidden) return;
  clearTimeout(typing);
  parts.drawer.hidden = true;
  asked += 1;
  if (cameFrom?.isConnected && cameFrom !== document.body) cameFrom.focus();
  else document.querySelector(cameFrom?.dataset?.cell ? `[data-cell="${CSS.escape(cameFrom.dataset.cell)}"]` : "#main")?.focus();
}

// Change what is shown without a further step in the history.
function change(how) {
  behind = {...behind, ...how};
  put(behind, "replaceState");
  again();
}

function build() {
  const title = element("h2", ""), words = element("p", "sub"), shut = element("button", "icon", "✕");
  Object.assign(title, {id: "drawer-title", tabIndex: -1});
  words.id = "drawer-sub";
  Object.assign(shut, {type: "button", id: "drawer-close", onclick: close});
  shut.setAttribute("aria-label", "Close");
  const search = element("input", ""), order = element("select", "");
  Object.assign(search, {type: "search", id: "drawer-q", maxLength: 400, placeholder: 'Search: words, "a phrase", begin*', autocomplete: "off"});
  search.setAttribute("aria-label", "Search these messages");
  order.id = "drawer-order";
  order.setAttribute("aria-label", "Order");
  order.append(...Object.entries(ORDERS).map(([name, label]) => Object.assign(element("option", "", label), {value: name})));
  const tools = element("form", "tools", search, order);
  tools.setAttribute("role", "search");
  const said = element("p", "sub said"), rows = element("ol", ""), more = element("button", "btn go", "Show more");
  said.id = "drawer-said";
  said.setAttribute("role", "status");
  rows.id = "drawer-rows";
  rows.setAttribute("aria-labelledby", "drawer-title");
  Object.assign(more, {type: "button", id: "drawer-more", hidden: true, onclick: () => next?.()});
  take = takeOf();
  const drawer = element("aside", "drawer", element("header", "", element("div", "", title, words), shut), tools, said, rows, more, take.panel, take.foot);
  Object.assign(drawer, {id: "drawer", hidden: true});
  for (const [name, value] of [["role", "dialog"], ["aria-modal", "true"], ["aria-labelledby", "drawer-title"]]) drawer.setAttribute(name, value);
  tools.onsubmit = (event) => { event.preventDefault(); clearTimeout(typing); change({q: search.value.trim()}); };
  search.oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(() => { if (search.value.trim() !== (behind.q ?? "")) change({q: search.value.trim()}); }, SEARCH_MS);
  };
  order.onchange = () => change({order: order.value});
  rows.onscroll = () => {
    if (next && parts.more.textContent === "Show more" && rows.scrollTop + rows.clientHeight > rows.scrollHeight - 600) next();
  };
  drawer.onkeydown = keys;
  document.body.append(drawer);
  return {drawer, title, words, search, order, said, rows, more};
}

function keys(event) {
  const typed = event.target.matches("input, textarea, select");
  if (event.key === "Escape") {
    event.stopPropagation();
    event.preventDefault(); // the browser would empty the search
    if (!take.hidden()) take.hidden(true);
    else close();
  } else if (event.key === "Tab") trap(event);
  else if (event.key === "/" && !typed) { event.preventDefault(); parts.search.focus(); }
  else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (!typed || event.target === parts.search)) move(event);
  else if ((event.key === "Enter" || event.key === " ") && event.target.matches(".line")) { event.preventDefault(); event.target.click(); }
}

function move(event) {
  event.preventDefault();
  const lines = [...parts.rows.querySelectorAll(".line")];
  const at = lines.indexOf(event.target.closest?.("li")?.querySelector(".line"));
  const to = lines[event.key === "ArrowDown" ? Math.min(at + 1, lines.length - 1) : Math.max(at - 1, 0)];
  if (!to) return;
  lines.forEach((line) => line.setAttribute("tabindex", line === to ? "0" : "-1"));
  to.focus();
  to.scrollIntoView({block: "nearest"});
}

function trap(event) {
  const stops = [...parts.drawer.querySelectorAll("button, input, select, textarea, a[href], [tabindex='0']")].filter((each) => each.offsetParent !== null && !each.disabled);
  const first = stops[0], last = stops.at(-1), at = document.activeElement;
  if (event.shiftKey && (at === first || at === parts.title)) { last.focus(); event.preventDefault(); }
  else if (!event.shiftKey && at === last) { first.focus(); event.preventDefault(); }
}

// What the address says is open.
function byAddress() {
  const open = new URLSearchParams(location.search).get("open");
  given = "";
  if (open) draw(behindIn(open));
  else hide();
}

addEventListener("popstate", byAddress);
byAddress();
