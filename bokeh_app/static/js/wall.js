// The wall: the live page on a screen in the office. Its panes take turns, nothing asks to be pressed, the screen stays on.
import {say} from "./shell.js";

const EACH_MS = 20_000;

// `panes`: the names of each pane's figures, by its name; `show` changes the view.
export function hang({panes, titles, show, at}) {
  const names = Object.keys(panes);
  const place = document.getElementById("wall-place");
  let now = Math.max(0, names.indexOf(at)), paused = false, turnAt = performance.now() + EACH_MS;
  document.documentElement.dataset.wall = "1";

  function draw() {
    const pane = names[now];
    for (const card of document.querySelectorAll("[data-figure]")) card.hidden = !panes[pane].includes(card.dataset.figure);
    for (const part of document.querySelectorAll(".kpis")) part.hidden = pane !== "now";
    for (const part of document.querySelectorAll(".stream")) part.hidden = !["now", "flow"].includes(pane);
    document.getElementById("main").className = `page-live pane-${pane}`;
    place.textContent = `${titles[pane]}${paused ? ", paused" : ""}`;
  }

  function turn(by) {
    now = (now + by + names.length) % names.length;
    turnAt = performance.now() + EACH_MS;
    draw();
    show({pane: names[now]});
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") { paused = !paused; turnAt = performance.now() + EACH_MS; draw(); }
    else if (event.key === "ArrowRight") turn(1);
    else if (event.key === "ArrowLeft") turn(-1);
    else if (event.key === "Escape" && !document.fullscreenElement) location.href = `?page=live&pane=${names[now]}`;
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", () => { document.documentElement.requestFullscreen?.().catch(() => say("busy", "no full screen here")); });

  // While the server is away the last picture stays, and its banner tells since when.
  setInterval(() => {
    if (!paused && names.length > 1 && performance.now() >= turnAt && !document.getElementById("status").classList.contains("away")) turn(1);
  }, 250);

  const stayOn = () => { if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => null); };
  document.addEventListener("visibilitychange", stayOn);
  stayOn();
  draw();
}
