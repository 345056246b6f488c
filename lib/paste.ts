// Words of the commands that remedies offer, as every POSIX shell reads them. Everyone may import this file; it imports
// nothing.

/** A text as one word, always in quotes. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A text as one word, in quotes only where it needs them. */
export function pasted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text);
}
