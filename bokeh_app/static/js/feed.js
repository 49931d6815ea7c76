// A page's socket. Rests while the tab is hidden, comes back by itself when the line breaks; the banner tells when the
// server or the store is away. A page that shows one answer of the server uses asking.js, which stands on this.
import {ask, route, say, there, warn} from "./shell.js";

const SILENCE_MS = 1900; // the server beats each second: two missed beats are trouble
const ENDED = 4401; // dashboard/access/watch.py
const FIRST_RETRY_MS = 250, LAST_RETRY_MS = 4000;
const LOOK_MS = 100; // so that two seconds of silence are said within two seconds
const PATIENCE_MS = 4000; // a line that died without a word is not waited for longer, nor one that does not come about

// `name` is the socket's route; `onMessage` takes what comes but for beats, and gives false while the page is not there yet
// (css/skeleton.css). `query` gives what to look at, as the end of
// an address; what the server refuses is told by `onRefused`. `onBack`: the tab or the line was away, and what the
// server does not send again by itself may be old. `words` is what the corner says while all is well. A page that has
// words of its own for a line that is gone or a store that is away takes `onHealth(well)`; then nothing is said here. One
// that must not be loaded anew when its session has ended takes `onEnded`; the line is tried on.
export function follow(name, onMessage, {query = () => "", onRefused, onBack, onHealth, onEnded, words = (behind) => `live, ${behind} s behind the store`} = {}) {
  let known = false; // whether there was a line before
  let socket = null, retry = FIRST_RETRY_MS, heard = performance.now(), tried = heard, lost = null, timer = 0, refused = "", told = false;

  const ended = onEnded ?? (() => location.reload()); // the door, or a page for the role of now

  function connect() {
    clearTimeout(timer);
    tried = performance.now();
    if (socket) { // one line at a time: what the old one still has to say is old
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const folder = location.pathname.replace(/\/+$/, "").replace(/[^/]*$/, "");
    const asked = query();
    socket = new WebSocket(`${scheme}://${location.host}${folder}${route(name)}?${asked}`);
    socket.onmessage = (event) => {
      heard = performance.now();
      retry = FIRST_RETRY_MS;
      const message = JSON.parse(event.data);
      if (message.kind === "refused") { refused = `This view cannot be shown: ${message.what}. ${message.fix}`; told = true; warn(refused); onRefused?.(); return; }
      health(message);
      if (message.kind !== "beat" && message.kind !== "waiting" && onMessage(message) !== false) there();
    };
    socket.onopen = () => {
      opened = true;
      if (query() !== asked) look(); // somebody was faster than the line
      if (document.hidden) socket.send("rest");
      else if (known) onBack?.();
      known = true;
    };
    let opened = false;
    socket.onclose = (event) => {
      if (event.code === ENDED) { ended(); if (!onEnded) return; }
      if (!opened) ask("me.json").catch((error) => { if (error.status === 401) ended(); }); // refused, or not reached?
      timer = setTimeout(connect, retry * (0.7 + 0.6 * Math.random()));
      retry = Math.min(LAST_RETRY_MS, retry * 1.7);
    };
  }

  function health(message) {
    lost = null;
    if (message.away === undefined) return; // a message that says nothing of the store
    if (onHealth) { onHealth(message.away === null); return; }
    if (message.away === null) {
      say("live", words(message.behind.toFixed(1)));
      if (told) warn(refused); // what the page itself warns of stays
      told = false;
    } else {
      told = true;
      say("away", `the store is away`);
      warn(`The store does not answer (for ${Math.round(message.away)} s). What you see is the last that was read; it goes on by itself.`);
    }
  }

  function look() {
    refused = "";
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(Object.fromEntries(new URLSearchParams(query()))));
  }

  setInterval(() => {
    if (document.hidden || performance.now() - heard < SILENCE_MS) return;
    lost = lost ?? heard;
    if (onHealth) onHealth(false);
    else {
      const seconds = Math.round((performance.now() - lost) / 1000);
      say("away", "no connection");
      told = true;
      warn(`No connection to the server for ${seconds} s. What you see is the last that came; it comes back by itself.`);
    }
    if (socket.readyState !== WebSocket.CLOSED && performance.now() - Math.max(heard, tried) > PATIENCE_MS) connect(); // asleep, or the network changed
  }, LOOK_MS);

  document.addEventListener("visibilitychange", () => {
    heard = performance.now();
    if (socket.readyState === WebSocket.OPEN) {
      socket.send(document.hidden ? "rest" : "look");
      if (!document.hidden) onBack?.();
    } else if (!document.hidden) connect();
  });
  addEventListener("online", connect);
  connect();
  return {
    look,
    get tells() { return told; }, // whether the banner is about the server or the store
  };
}
