// What is asked for when something moved: at once after a quiet moment, else once for all that moved within `every` ms.

// Gives `moved`, to be called whenever something did. A hidden tab asks for nothing: its feed tells it all when it is back.
export function gathered(every, act) {
  let asked = -Infinity, timer = 0;
  return function moved() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (document.hidden) return;
      asked = performance.now();
      act();
    }, Math.max(0, asked + every - performance.now()));
  };
}
