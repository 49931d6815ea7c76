// A model's name, which may be hundreds of characters long: short on the screen, whole to a screen reader, on hover, and to copy.
import {element, safeText} from "./text.js";

const MOST = 56, MEMBER_MOST = 30;

// The middle left out, where names of one kind differ least to the eye.
export function shortened(text, most = MOST) {
  const points = [...text];
  if (points.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  return `${points.slice(0, most - 1 - end).join("")}…${points.slice(-end).join("")}`;
}

// The members of `ensemble:0.6*char-svc+0.4*word-logreg v2`, with their weights, and what follows the name; null of another name.
export function membersOf(name) {
  const [, sum, version = ""] = /^ensemble:(.*?)( v\d+)?$/su.exec(name) ?? [];
  if (sum === undefined) return null;
  const signs = [...sum], parts = [];
  const isExponent = (at) => /(^|\+)[\d.]+e$/.test(signs.slice(from, at).join(""));
  let depth = 0, from = 0;
  for (const [at, sign] of signs.entries()) {
    if (sign === "(") depth += 1;
    else if (sign === ")") depth -= 1;
    else if (sign === "+" && depth === 0 && !isExponent(at)) { parts.push(signs.slice(from, at).join("")); from = at + 1; }
  }
  parts.push(signs.slice(from).join(""));
  const members = parts.map((part) => /^([\d.e+-]+)\*(.+)$/su.exec(part));
  return members.every(Boolean) ? {members: members.map(([, weight, member]) => [Number(weight), member]), version: version.trim()} : null;
}

export function shortTitle(name, most = MOST) {
  const parts = [...name].length > most ? membersOf(name) : null;
  return parts ? `ensemble of ${parts.members.length}${parts.version ? ` ${parts.version}` : ""}: ${shortened(parts.members.map(([, member]) => member).join(" + "), most)}` : shortened(name, most);
}

export function modelName(name, {most = MOST, copy = false} = {}) {
  const made = element("span", "model-name");
  const parts = [...name].length > MOST ? membersOf(name) : null;
  if (!parts && [...name].length <= most) {
    made.append(safeText(name));
    return made;
  }
  made.title = name;
  const seen = element("span", "");
  if (parts) {
    seen.append(`ensemble of ${parts.members.length} `, ...parts.members.flatMap(([weight, member]) => [element("span", "member", `${weight.toFixed(2).replace(/^0/, "")} `, safeText(shortened(member, MEMBER_MOST))), " "]));
    if (parts.version) seen.append(parts.version);
  } else seen.append(safeText(shortened(name, most)));
  seen.setAttribute("aria-hidden", "true");
  made.append(element("span", "sr", safeText(name)), seen);
  if (copy) made.append(copier(name));
  return made;
}

function copier(name) {
  const button = element("button", "icon copy-name", "⧉");
  Object.assign(button, {type: "button", title: "Copy the whole name"});
  button.setAttribute("aria-label", "Copy the whole name");
  button.addEventListener("click", async (event) => {
    event.stopPropagation();
    try {
      await navigator.clipboard.writeText(name);
      button.textContent = "✓";
    } catch {
      button.textContent = "✗"; // the browser does not let a page on plain http copy
    }
    setTimeout(() => { button.textContent = "⧉"; }, 1500);
  });
  return button;
}
