// Which word was probably meant: the nearest one by edit distance, or none when nothing is near.

function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, at) => at);
  let beforeThat = previous;
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      const changed = (previous[column - 1] ?? 0) + (same ? 0 : 1);
      const exchanged = swapped ? (beforeThat[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(changed, exchanged, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    beforeThat = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** Finds the word that is at most a third of its letters away (one at least), or that begins with what was typed. */
export function nearest(typed: string, words: readonly string[]): string | null {
  const plain = typed.toLowerCase();
  const ranked = words
    .map((word) => ({ word, away: distance(plain, word) }))
    .filter(
      ({ word, away }) =>
        away <= Math.max(1, Math.floor(word.length / 3)) || (plain.length >= 2 && word.startsWith(plain)),
    )
    .sort((left, right) => left.away - right.away);
  return ranked[0]?.word ?? null;
}
