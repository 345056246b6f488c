// What the guards need to know of a content, learned as its bytes go by, in pieces of any size and in bounded memory.
// The content passes a window; what is found depends only on the content, never on how it was cut.
import { JsonReader } from "./json-reader.ts";
import { countLines, type FoundSecret, LOOK_AHEAD, LOOK_BACK, SecretFinder } from "./secrets.ts";

export interface ContentFacts {
  readonly sizeBytes: number;
  /** At least one NUL byte. */
  readonly nul: boolean;
  /** Nothing but NUL bytes, and at least one. */
  readonly allZero: boolean;
  /** Nothing but white space; true for no bytes at all. */
  readonly blank: boolean;
  /** What editors take for text: no NUL and no control character near its beginning, or UTF-16 by its mark. */
  readonly text: boolean;
  /** Unfinished merges: `<<<<<<< `, `=======` and `>>>>>>> ` at the beginnings of lines, in this order. */
  readonly conflicts: number;
  readonly secrets: readonly FoundSecret[];
  /** Null where nobody asked; `valid`; or what is wrong, to stand after the file's name: `is empty`. */
  readonly json: string | null;
  /** The content is a pointer of git LFS, not something that mentions one. */
  readonly lfsPointer: boolean;
}

const HEAD_BYTES = 1024;
const WINDOW_BYTES = 128 * 1024;
/** Windows of readers that have ended: a fresh one for each small file cost more than looking at it (measured). */
const spareWindows: Buffer[] = [];
const ZEROS = Buffer.alloc(64 * 1024);

/** The beginnings of a conflict's lines, each with the line end before it. */
const MARKERS = ["\n<<<<<<< ", "\n=======", "\n>>>>>>> "] as const;

// source: git-lfs docs/spec.md, "The Pointer"
const LFS_POINTER =
  /^version https:\/\/git-lfs\.github\.com\/spec\/v1\r?\n(?:ext-\d-[^\n]+\n)*oid sha256:[0-9a-f]{64}\r?\nsize \d+\r?\n?$/;

/** Learns the facts of one content. */
export class ContentReader {
  private readonly json: JsonReader | null;
  private readonly secrets = new SecretFinder();
  private readonly head = Buffer.allocUnsafe(HEAD_BYTES);
  private sizeBytes = 0;
  private nul = false;
  private allZero = true;
  /** Bytes that are no white space, counted to 4: a lone byte order mark has three. */
  private solid = 0;
  private conflicts = 0;
  /** How many of the three marker lines of a conflict have gone by. */
  private markersSeen = 0;

  private readonly wholeBytes: number | null;
  /** A content that goes by in one piece is judged where it lies. */
  private window: Buffer | null = null;
  private filled = 0;
  private judgeFrom = 0;
  private line = 1;
  /** UTF-16 is looked at by its low bytes. */
  private wide: "no" | "little" | "big" = "no";
  /** The first half of a UTF-16 character that waits for the second, or -1. */
  private half = -1;

  /** @param sizeBytes of the whole content, where that is known before. */
  constructor(wants: { readonly json: boolean; readonly sizeBytes?: number | undefined }) {
    this.json = wants.json ? new JsonReader() : null;
    this.wholeBytes = wants.sizeBytes ?? null;
  }

  /** Takes the next bytes; they may be overwritten after the call. */
  take(piece: Uint8Array): void {
    const at = this.sizeBytes;
    this.sizeBytes += piece.length;
    if (at < HEAD_BYTES) this.head.set(piece.subarray(0, HEAD_BYTES - at), at);
    this.nul ||= piece.includes(0);
    this.allZero &&= isZero(piece);
    if (this.solid < 4) this.solid = countSolid(piece, this.solid);
    this.json?.take(piece);
    // whether it is UTF-16 is known from the second byte on; a first one that came alone waits for it
    if (this.sizeBytes < 2) return;
    if (at < 2) this.wide = byteOrder(this.head);
    if (this.wide === "no" && piece.length === this.wholeBytes) {
      const { buffer, byteOffset, length } = piece;
      this.judge(Buffer.from(buffer, byteOffset, length), length);
      return;
    }
    if (this.wide === "no" && at === 1) this.append(this.head.subarray(0, 1));
    if (this.wide === "no") this.append(piece);
    else this.append(this.narrow(at < 2 ? piece.subarray(2 - at) : piece));
  }

  /** The facts, once all bytes were given. */
  end(): ContentFacts {
    if (this.sizeBytes === 1) this.append(this.head.subarray(0, 1));
    if (this.window !== null) {
      this.judge(this.window, this.filled);
      spareWindows.push(this.window);
    }
    const head = this.head.subarray(0, Math.min(this.sizeBytes, HEAD_BYTES));
    const short = this.sizeBytes < HEAD_BYTES ? head.toString("latin1") : "";
    return {
      sizeBytes: this.sizeBytes,
      nul: this.nul,
      allZero: this.allZero && this.sizeBytes > 0,
      blank: this.solid === 0 || (this.solid === 3 && short.startsWith("\u00ef\u00bb\u00bf")),
      text: this.wide !== "no" || (this.sizeBytes > 0 && !this.nul && !CONTROLS.test(head.toString("latin1"))),
      conflicts: this.conflicts,
      secrets: this.secrets.found(),
      json: this.json?.end() ?? null,
      lfsPointer: LFS_POINTER.test(short),
    };
  }

  private append(piece: Uint8Array): void {
    this.window ??= spareWindows.pop() ?? Buffer.allocUnsafe(WINDOW_BYTES);
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + WINDOW_BYTES - this.filled);
      this.window.set(part, this.filled);
      this.filled += part.length;
      at += part.length;
      if (this.filled === WINDOW_BYTES) this.slide(this.window);
    }
  }

  /** Judges all that has enough behind it, and makes room. */
  private slide(window: Buffer): void {
    const upTo = WINDOW_BYTES - LOOK_AHEAD;
    this.judge(window, upTo);
    this.line += countLines(window, this.judgeFrom, upTo);
    window.copyWithin(0, upTo - LOOK_BACK, this.filled);
    this.filled -= upTo - LOOK_BACK;
    this.judgeFrom = LOOK_BACK;
  }

  private judge(window: Buffer, upTo: number): void {
    const bytes = window === this.window ? window.subarray(0, this.filled) : window;
    this.secrets.look({ bytes, from: this.judgeFrom, upTo, line: this.line });
    this.countConflicts(bytes, upTo);
  }

  /** A marker is judged with its line end before it: from one byte before the part to one byte before its end. */
  private countConflicts(bytes: Buffer, upTo: number): void {
    let at = this.judgeFrom - 1;
    while (at < upTo - 1) {
      const marker = MARKERS[this.markersSeen] ?? MARKERS[0];
      const found = placeOf(marker, bytes, at);
      if (found === null || found >= upTo - 1) return;
      at = found + marker.length;
      if (this.markersSeen === 1 && !endsLine(bytes, at)) continue;
      this.markersSeen = (this.markersSeen + 1) % MARKERS.length;
      if (this.markersSeen === 0) this.conflicts++;
    }
  }

  /** Low bytes of UTF-16 characters; a character above U+00FF becomes a blank. */
  private narrow(piece: Uint8Array): Uint8Array {
    const narrow = new Uint8Array((piece.length + 1) >>> 1);
    let count = 0;
    for (const byte of piece) {
      if (this.half < 0) {
        this.half = byte;
        continue;
      }
      const [low, high] = this.wide === "little" ? [this.half, byte] : [byte, this.half];
      narrow[count++] = high === 0 ? low : 0x20;
      this.half = -1;
    }
    return narrow.subarray(0, count);
  }
}

/** Where a marker is next, its line end first; -1 where the content begins with it. */
function placeOf(marker: string, bytes: Buffer, from: number): number | null {
  if (from < 0 && bytes.toString("latin1", 0, marker.length - 1) === marker.slice(1)) return -1;
  const found = bytes.indexOf(marker, Math.max(0, from));
  return found < 0 ? null : found;
}

function isZero(piece: Uint8Array): boolean {
  for (let at = 0; at < piece.length; at += ZEROS.length) {
    const part = piece.subarray(at, at + ZEROS.length);
    if (part[0] !== 0 || !ZEROS.subarray(0, part.length).equals(part)) return false;
  }
  return true;
}

function countSolid(piece: Uint8Array, before: number): number {
  let solid = before;
  for (let at = 0; at < piece.length && solid < 4; at++) {
    const byte = piece[at] ?? 0;
    if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) solid++;
  }
  return solid;
}

function byteOrder(head: Buffer): "no" | "little" | "big" {
  if (head[0] === 0xff && head[1] === 0xfe) return "little";
  return head[0] === 0xfe && head[1] === 0xff ? "big" : "no";
}

/** Control characters that no text has; backspace, form feed and escape come up in logs. */
const CONTROLS = /[\x00-\x07\x0e-\x1a\x1c-\x1f]/;

/** True where a line or the content ends. */
function endsLine(bytes: Buffer, at: number): boolean {
  return (
    at >= bytes.length ||
    bytes[at] === 0x0a ||
    (bytes[at] === 0x0d && (at + 1 >= bytes.length || bytes[at + 1] === 0x0a))
  );
}
