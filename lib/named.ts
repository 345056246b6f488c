// Lists of names that are too long for a sentence.

/** Names for a sentence: the first few, and how many more there are, as in `a, b, c and 4 more`. */
export function named(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
