// Names and texts of others made safe to show: whatever could steer a terminal or reverse a line is escaped. Everyone
// may import this file; it imports nothing.

/** Control characters, line and paragraph separators, and everything that changes the direction of text. Joiners stay: emoji need them. */
const STEERING =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\n": String.raw`\n`,
  "\r": String.raw`\r`,
  "\t": String.raw`\t`,
};

function escapeOf(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/** Escapes whatever could steer a terminal; everything else, accents and emoji included, is left as it is. */
export function printable(text: string): string {
  return text.replace(STEERING, escapeOf);
}
