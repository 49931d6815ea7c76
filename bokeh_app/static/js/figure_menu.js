// A small menu on each figure's card: the figure as SVG and PNG, its data as CSV. All of it is made here, of what is shown.
import {element} from "./text.js";

const LOOKS = new Set(["key", "color", "alpha", "dash", "width", "room", "on_dark", "on_light"]); // of no use in a table
const FORMULA = /^'*[=+\-@\t\r]/; // what a spreadsheet would run; an apostrophe before it keeps it text
const paper = () => getComputedStyle(document.documentElement).getPropertyValue("--paper").trim();

// `doc`: the page's Bokeh document, where it has one.
export function offerFiles(doc = null) {
  for (const card of document.querySelectorAll("[data-figure]")) if (!card.querySelector(":scope > .save")) card.append(menu(card, doc));
}

function menu(card, doc) {
  const title = card.querySelector("h2 span")?.textContent ?? card.dataset.figure;
  const summary = element("summary", "icon", "⤓");
  summary.setAttribute("aria-label", `Save ${title} as a file`);
  summary.title = "Save as a file";
  const kinds = {svg: () => svgOf(card, doc), png: () => pngOf(card, doc), csv: () => new Blob([csv(tableOf(card, doc))], {type: "text/csv"})};
  const choices = Object.entries(kinds).filter(([kind]) => kind === "csv" || drawn(card, doc)).map(([kind, make]) => {
    const button = element("button", "", kind.toUpperCase());
    button.type = "button";
    button.addEventListener("click", async () => {
      download(await make(), `${card.dataset.figure}.${kind}`);
      made.open = false;
      summary.focus();
    });
    return button;
  });
  const made = element("details", "save", summary, element("div", "", ...choices));
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !made.open) return;
    made.open = false;
    summary.focus();
    event.stopPropagation();
  });
  document.addEventListener("click", (event) => { if (!made.contains(event.target)) made.open = false; });
  return made;
}

function download(blob, name) {
  const link = element("a", "");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const modelOf = (card, doc) => doc?.get_model_by_name(card.dataset.figure) ?? null;
const drawn = (card, doc) => modelOf(card, doc) !== null || card.querySelector(".drawing") !== null;
const viewOf = (model) => globalThis.Bokeh.index.get_by_id?.(model.id) ?? globalThis.Bokeh.index.find_one?.(model) ?? globalThis.Bokeh.index[model.id];

// An SVG of its own: with a ground, and with the look that the page's style sheet gives it.
async function svgOf(card, doc) {
  const model = modelOf(card, doc);
  let svg;
  if (model) {
    const blob = await viewOf(model).export("svg", false).to_blob();
    svg = new DOMParser().parseFromString(await blob.text(), "image/svg+xml").documentElement;
  } else svg = standalone(card.querySelector(".drawing svg"));
  const ground = document.createElementNS(svg.namespaceURI, "rect");
  for (const [name, value] of Object.entries({width: "100%", height: "100%", fill: paper()})) ground.setAttribute(name, value);
  svg.prepend(ground);
  return new Blob([new XMLSerializer().serializeToString(svg)], {type: "image/svg+xml"});
}

function standalone(shown) {
  const copy = shown.cloneNode(true), box = shown.getBoundingClientRect();
  copy.setAttribute("width", box.width);
  copy.setAttribute("height", box.height);
  const from = shown.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((part, place) => {
    const look = getComputedStyle(from[place]);
    for (const name of ["fill", "stroke", "stroke-width", "opacity", "font-size", "font-family", "font-weight", "text-anchor"]) part.style.setProperty(name, look.getPropertyValue(name));
  });
  return copy;
}

async function pngOf(card, doc) {
  const model = modelOf(card, doc);
  const picture = model ? viewOf(model).export("png").canvas : await rasterised(await svgOf(card, doc));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const pen = canvas.getContext("2d");
  pen.fillStyle = paper();
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

async function rasterised(blob) {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  await image.decode();
  return image;
}

// The heads and the rows behind a figure: of its sources, or of the table that it is. A drawing has put them on its card.
function tableOf(card, doc) {
  const model = modelOf(card, doc);
  if (card.rows) return card.rows;
  if (!model) return [...card.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent.trim()));
  const sources = [...doc._all_models.values()].filter((each) => each.name?.startsWith(`${model.name}.`) && each.data);
  const columns = [...new Set(sources.flatMap((source) => Object.keys(source.data)))].filter((name) => !LOOKS.has(name));
  const rows = sources.flatMap((source) => rowsOf(source.data, columns).map((row) => [source.name.slice(model.name.length + 1), ...row]));
  return [["part", ...columns], ...rows];
}

// A line has many points in one row: each becomes a row.
function rowsOf(data, columns) {
  const length = (data.key ?? Object.values(data)[0] ?? []).length;
  return Array.from({length}, (_, place) => columns.map((name) => data[name]?.[place] ?? "")).flatMap((row) => {
    const many = Math.max(...row.map((cell) => (typeof cell === "object" ? cell.length : 0)), 0);
    return many ? Array.from({length: many}, (_, at) => row.map((cell) => (typeof cell === "object" ? cell[at] ?? "" : cell))) : [row];
  });
}

export function csv(rows) {
  const field = (value) => {
    const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}
