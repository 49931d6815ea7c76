// A thumb's ways: a swipe to the left skips, to the right confirms. The message follows the thumb, so that one sees it.
const FAR = 110;
const SLANT = 0.5; // steeper than this is reading on

export function listenToSwipes(place, {left, right}) {
  let start = null;
  const moved = (event) => {
    const now = event.changedTouches[0], x = now.clientX - start.x, y = now.clientY - start.y;
    return Math.abs(y) > Math.abs(x) * SLANT ? 0 : x;
  };
  const settle = () => { start = null; place.style.transform = ""; delete place.dataset.swipe; };
  place.addEventListener("touchstart", (event) => {
    start = event.touches.length === 1 ? {x: event.touches[0].clientX, y: event.touches[0].clientY} : null;
  }, {passive: true});
  place.addEventListener("touchmove", (event) => {
    if (!start) return;
    const x = moved(event);
    if (x && event.cancelable) event.preventDefault(); // else the browser flings, and swallows the tap that comes next
    place.style.transform = x ? `translateX(${Math.round(x / 3)}px)` : "";
    place.dataset.swipe = Math.abs(x) < FAR ? "" : x < 0 ? "skip" : "confirm";
  }, {passive: false});
  place.addEventListener("touchend", (event) => {
    const x = start ? moved(event) : 0;
    settle();
    if (x < -FAR) left();
    else if (x > FAR) right();
  }, {passive: true});
  place.addEventListener("touchcancel", settle, {passive: true});
}
