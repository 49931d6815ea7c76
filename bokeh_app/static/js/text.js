// The one way in which text of a message reaches the page: as text, never as markup.
// Characters that nobody sees but that change what one reads (direction, zero width) are shown as small marks.
const MARKS = {
  "\u200b": "ZWSP", "\u2060": "WJ", "\ufeff": "BOM", "\u00ad": "SHY", "\u200e": "LRM", "\u200f": "RLM", "\u061c": "ALM",
  "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
  "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
};
const HIDDEN = /[\u200b\u2060\ufeff\u00ad\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f\u007f]/g;

export function safeText(text, into = document.createDocumentFragment()) {
  let at = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > at) into.append(text.slice(at, match.index));
    const mark = document.createElement("span");
    mark.className = "mark";
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    mark.textContent = MARKS[match[0]] || `U+${code}`;
    mark.title = `an invisible character, U+${code}`;
    into.append(mark);
    at = match.index + match[0].length;
  }
  if (at < text.length) into.append(text.slice(at));
  return into;
}

export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

// A class's name in its colour.
export function chip(klass, facts) {
  const made = element("span", "chip", safeText(klass));
  made.title = klass;
  made.style.setProperty("--chip", facts.colors[klass] || "var(--mute)");
  return made;
}

const LISTED_MOST = 2000; // core/store/queries/shown.py: a list has the beginning of a message, and one character more

export function bodyOf(text) {
  const points = text.length > LISTED_MOST ? [...text] : [];
  const body = element("span", "body", points.length > LISTED_MOST ? safeText(`${points.slice(0, LISTED_MOST).join("")}…`) : safeText(text));
  body.dir = "auto";
  return body;
}
