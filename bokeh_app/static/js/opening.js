// What the figures of quality share: a mark of a figure, or the same in its table, opens the messages behind it.

// Gives `behind(fields)`, which opens those of the shown messages that the fields choose.
export function opener({state, open}) {
  return (fields) => {
    const shown = state.words["quality-of"];
    if (shown?.run != null) open({...shown, ...fields});
  };
}

// Call `act(row)` for the row of a source whose mark is clicked.
export function onMark({state, doc}, name, act) {
  const source = doc.get_model_by_name(name);
  source?.selected.properties.indices.change.connect(() => {
    const [index] = source.selected.indices;
    if (index === undefined) return;
    const row = state.tables.get(name)?.get(source.data.key[index]);
    source.selected.setv({indices: []}, {sync: false});
    if (row) act(row);
  });
}

// Confidence from `start` up to `end`: the last of the bins has its end in it.
export function between(start, end) {
  return {...(start > 0 ? {at_least: start} : {}), ...(end < 1 ? {below: end} : {})};
}

export const rowsOf = (state, name) => [...(state.tables.get(name)?.values() ?? [])];
