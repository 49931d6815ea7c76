// The page's copy of the view's state, and the Bokeh sources that show it. The twin of dashboard/state.py.
// Nothing is sent back: every change is made with sync: false.
const QUIET = {sync: false};

export class State {
  tables = new Map(); // name -> Map(key -> row)
  words = {};

  // Gives the names of the tables that changed, each with what changed: {whole} or {keys}.
  apply(message) {
    const changed = new Map();
    const snapshot = message.kind === "snapshot";
    if (snapshot) this.words = {};
    Object.assign(this.words, message.words);
    for (const [name, part] of Object.entries(message.tables)) {
      const all = snapshot ? part : part.all;
      if (all) {
        this.tables.set(name, new Map(Object.entries(all)));
        changed.set(name, {whole: true});
      } else {
        const rows = this.tables.get(name) ?? this.tables.set(name, new Map()).get(name);
        const keys = Object.keys(part.set);
        changed.set(name, {keys, before: rows.size});
        for (const key of keys) rows.set(key, part.set[key]);
      }
    }
    return changed;
  }
}

// Write one table's change into its Bokeh source: changed cells, appended rows, or all of it.
export function show(source, rows, change) {
  const columns = Object.keys(source.data);
  const value = (key, column) => (column === "key" ? key : rows.get(key)[column]);
  const have = source.data.key ? source.data.key.length : 0;
  const place = new Map();
  if (!change.whole) [...rows.keys()].forEach((key, index) => place.set(key, index));
  if (change.whole || have !== change.before) {
    const data = {};
    for (const column of columns) data[column] = [...rows.keys()].map((key) => value(key, column));
    source.setv({data}, QUIET);
    return;
  }
  const old = change.keys.filter((key) => place.get(key) < have);
  const fresh = change.keys.filter((key) => place.get(key) >= have);
  if (old.length) {
    const patches = {};
    for (const column of columns) if (column !== "key") patches[column] = old.map((key) => [place.get(key), value(key, column)]);
    source.patch(patches, QUIET);
  }
  if (fresh.length) {
    const data = {};
    for (const column of columns) data[column] = fresh.map((key) => value(key, column));
    source.stream(data, null, QUIET);
  }
}
