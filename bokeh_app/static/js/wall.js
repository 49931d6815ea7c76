// The wall: the live page on a screen in the office. Its panes take turns, nothing asks to be pressed, the screen stays on.
import {say} from "./shell.js";

const EACH_MS = 20_000;
const FIT = 3; // so many figures can be read across a room

// A pane of many figures takes several turns.
const screensOf = (panes) => Object.entries(panes).flatMap(([pane, figures]) => {
  const parts = Math.ceil(figures.length / FIT), each = Math.ceil(figures.length / parts);
  return Array.from({length: parts}, (_, part) => ({pane, part, parts, figures: figures.slice(part * each, (part + 1) * each)}));
});

// `panes`: the names of each pane's figures, by its name; `show` changes the view.
export function hang({panes, titles, show, at}) {
  const screens = screensOf(panes);
  const place = document.getElementById("wall-place");
  let now = Math.max(0, screens.findIndex((each) => each.pane === at)), paused = false, turnAt = performance.now() + EACH_MS;
  document.documentElement.dataset.wall = "1";

  function draw() {
    const {pane, part, parts, figures} = screens[now];
    for (const card of document.querySelectorAll("[data-figure],[data-beside]")) card.hidden = !figures.includes(card.dataset.figure ?? card.dataset.beside);
    for (const each of document.querySelectorAll(".kpis")) each.hidden = pane !== "now";
    for (const each of document.querySelectorAll(".stream")) each.hidden = !["now", "flow"].includes(pane);
    document.getElementById("main").className = `page-live pane-${pane}`;
    place.textContent = `${titles[pane]}${parts > 1 ? ` ${part + 1} of ${parts}` : ""}${paused ? ", paused" : ""}`;
  }

  function turn(by) {
    now = (now + by + screens.length) % screens.length;
    turnAt = performance.now() + EACH_MS;
    draw();
    show({pane: screens[now].pane});
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") { paused = !paused; turnAt = performance.now() + EACH_MS; draw(); }
    else if (event.key === "ArrowRight") turn(1);
    else if (event.key === "ArrowLeft") turn(-1);
    else if (event.key === "Escape" && !document.fullscreenElement) location.href = `?page=live&pane=${screens[now].pane}`;
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", () => { document.documentElement.requestFullscreen?.().catch(() => say("busy", "no full screen here")); });

  // While the server is away the last picture stays, and its banner tells since when.
  setInterval(() => {
    if (!paused && screens.length > 1 && performance.now() >= turnAt && !document.getElementById("status").classList.contains("away")) turn(1);
  }, 250);

  const stayOn = () => { if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => null); };
  document.addEventListener("visibilitychange", stayOn);
  stayOn();
  draw();
}
