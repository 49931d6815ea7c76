// What a figure lets its reader choose: kept in the address, so that a copied one shows the same.
export const kept = (name, usual) => new URLSearchParams(location.search).get(name) ?? usual;

// An empty value takes it out.
export function keep(chosen) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(chosen)) value === "" ? query.delete(name) : query.set(name, value);
  history.replaceState(null, "", `?${query}`);
}
