// Bytes as a text that can be compared and shown, and back. Bytes that are not UTF-8 travel as one unit each, U+DC00 plus
// the byte, which no valid text has: nothing is lost, and two different contents are never the same text. Pure.

const STRAY_BASE = 0xdc00;
/** By characters: half of a pair looks like a stray byte. */
const STRAY = /[\udc80-\udcff]/gu;

/** The byte that a unit stands for; null for a character. */
export function strayByte(unit: number): number | null {
  return unit >= STRAY_BASE + 0x80 && unit <= STRAY_BASE + 0xff ? unit - STRAY_BASE : null;
}

/** How many bytes of a text are not UTF-8. */
export function countStray(text: string): number {
  return text.match(STRAY)?.length ?? 0;
}

/** The bytes of a text that `decodeText` gave. */
export function encodeText(text: string): Uint8Array {
  if (countStray(text) === 0) return Buffer.from(text, "utf8");
  const pieces = Array.from(text, (character) => {
    const byte = strayByte(character.codePointAt(0) ?? 0);
    return byte === null ? Buffer.from(character, "utf8") : Buffer.of(byte);
  });
  return Buffer.concat(pieces);
}

/** Reads bytes as UTF-8, a byte order mark included. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return decodeStray(bytes);
  }
}

function decodeStray(bytes: Uint8Array): string {
  const pieces: string[] = [];
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] ?? 0);
    const sequence = bytes.subarray(at, at + length);
    const text = decodedOrNull(decoder, sequence);
    pieces.push(text ?? String.fromCharCode(STRAY_BASE + (bytes[at] ?? 0)));
    at += text === null ? 1 : length;
  }
  return pieces.join("");
}

/** By the first byte (RFC 3629, section 4); 1 for what begins no sequence. */
function sequenceLength(byte: number): number {
  if (byte >= 0xf0) return 4;
  if (byte >= 0xe0) return 3;
  return byte >= 0xc2 ? 2 : 1;
}

function decodedOrNull(decoder: TextDecoder, sequence: Uint8Array): string | null {
  const [first] = sequence;
  if (first !== undefined && first < 0x80) return String.fromCharCode(first);
  try {
    return decoder.decode(sequence);
  } catch {
    return null;
  }
}
