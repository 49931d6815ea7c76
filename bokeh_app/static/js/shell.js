// What every page has: facts, light and dark, the status in the corner.
export const facts = JSON.parse(document.getElementById("facts").textContent);
export const slug = location.pathname.replace(/\/+$/, "").split("/").pop();
export const route = (name) => `${slug}/${name}`;

const status = document.getElementById("status");
const words = document.getElementById("status-words");
const banner = document.getElementById("banner");

// kind: live, busy or away.
export function say(kind, sentence) {
  status.className = `status ${kind}`;
  status.title = sentence;
  if (words.textContent !== sentence) words.textContent = sentence;
}

// What a page shows has come: the shapes that stood in its place go (css/skeleton.css).
export function there() { document.getElementById("main").removeAttribute("aria-busy"); }

export function warn(sentence) {
  banner.hidden = !sentence;
  if (sentence && banner.textContent !== sentence) banner.textContent = sentence;
}

export async function ask(name, body) {
  const options = body === undefined ? {} : {
    method: "POST", body: JSON.stringify(body), headers: {"Content-Type": "application/json", "X-Tallyroom": "1"},
  };
  const response = await fetch(route(name), options).catch(() => { throw new Error("the server does not answer"); });
  const answer = await response.json().catch(() => ({error: {what: "the server's answer cannot be read", fix: ""}}));
  if (!response.ok) throw Object.assign(new Error(answer.error?.what || response.statusText), {status: response.status, fix: answer.error?.fix || ""});
  return answer;
}

document.getElementById("leave").addEventListener("click", async () => {
  await ask("leave", {}).catch(() => null);
  location.reload();
});

document.querySelector("nav .on")?.scrollIntoView({inline: "center", block: "nearest"}); // on a phone the pages scroll

const me = document.querySelector(".me");
document.addEventListener("click", (event) => { if (!me.contains(event.target)) me.open = false; });
me.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !me.open) return;
  me.open = false;
  me.querySelector("summary").focus();
});

const painters = [];
export function onTheme(paint) { painters.push(paint); paint(theme()); }
const theme = () => document.documentElement.dataset.theme;

document.getElementById("theme").addEventListener("click", () => {
  const next = theme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("tallyroom.theme", next);
  painters.forEach((paint) => paint(next));
});
