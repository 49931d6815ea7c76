// The letter by which a picked run is called.
export const letter = (place) => (place < 0 ? "" : "ABCDEFGH"[place]);
