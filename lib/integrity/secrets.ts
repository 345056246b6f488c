// Finds keys, tokens and private keys in content that goes by in windows. Secrets are long unbroken runs of letters and
// digits, or stand behind a telling word: the search leaps from possible run to possible run, so that text costs little.
import { isPlaceholder, LABEL_KINDS, type LabelKind, type RunKind, runKinds } from "../secret-kinds.ts";

/** A secret by its kind and place. The value itself is never kept. */
export interface FoundSecret {
  /** With its article: `an AWS access key`. */
  readonly kind: string;
  /** The line it begins on, counted from 1. */
  readonly line: number;
  /** First 16 hexadecimal digits of the value's SHA-256, to tell whether two versions hold the same secret. */
  readonly mark: string;
}

/** Part of a content, with what is around it. */
export interface Window {
  readonly bytes: Buffer;
  /** What begins from here on is judged… */
  readonly from: number;
  /** …up to here; what follows, up to the end of `bytes`, is only looked at. */
  readonly upTo: number;
  /** Number of the line at `from`. */
  readonly line: number;
}

/** Bytes before and behind a window's judged part that must be there unless the content begins or ends. */
export const LOOK_BACK = 128;
export const LOOK_AHEAD = 4608;

const LEAST_RUN = 20;
const LONGEST_RUN = 1024;
const MOST_FOUND = 10_000;

/** Marks of keys that manuals print: of the Azure storage emulator. */
const PRINTED = new Set(["0011cc25eb432071"]);

const IN_RUN = new Uint8Array(256);
for (const code of Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")) IN_RUN[code] = 1;

const LABELS: readonly { readonly label: string; readonly kind: LabelKind }[] = LABEL_KINDS.flatMap((kind) =>
  kind.labels.map((label) => ({ label, kind })),
);

/** Gathers the secrets of one content, window by window. */
export class SecretFinder {
  private readonly byMark = new Map<string, FoundSecret>();

  /** Looks for what begins in the judged part of the window. */
  look(window: Window): void {
    this.lookForRuns(window);
    for (const { label, kind } of LABELS) this.lookForLabel(window, label, kind);
  }

  /** Each secret once, where it was first seen, by line. */
  found(): FoundSecret[] {
    return [...this.byMark.values()].sort((a, b) => a.line - b.line || (a.mark < b.mark ? -1 : 1));
  }

  private lookForRuns(window: Window): void {
    const { bytes, from, upTo } = window;
    let start = from;
    if (from > 0 && IN_RUN[bytes[from - 1] ?? 0] === 1) start = endOfRun(bytes, from);
    while (start < upTo && start + LEAST_RUN <= bytes.length) {
      let at = start + LEAST_RUN - 1;
      while (at >= start && IN_RUN[bytes[at] ?? 0] === 1) at--;
      if (at >= start) {
        start = at + 1;
        continue;
      }
      const end = endOfRun(bytes, start + LEAST_RUN);
      if (end - start <= LONGEST_RUN) this.judgeRun(window, start, end);
      start = end + 1;
    }
  }

  private judgeRun(window: Window, runStart: number, end: number): void {
    const start = afterEscape(window.bytes, runStart, end);
    const kinds = runKinds(window.bytes.toString("latin1", start, start + 2));
    if (kinds.length === 0) return;
    const run = window.bytes.toString("latin1", start, end);
    for (const kind of kinds) {
      const value = valueOfRun(window.bytes, { run, start, end }, kind);
      if (value === null) continue;
      if (!isPlaceholder(value.slice(kind.fixed))) this.note(window, start, kind.kind, value);
      return;
    }
  }

  private lookForLabel(window: Window, label: string, kind: LabelKind): void {
    const { bytes, from, upTo } = window;
    for (let at = bytes.indexOf(label, from); at >= 0 && at < upTo; at = bytes.indexOf(label, at + 1)) {
      if (kind.lead !== undefined && !kind.lead.test(bytes.toString("latin1", Math.max(0, at - LOOK_BACK), at)))
        continue;
      const behind = at + label.length;
      const match = kind.pattern.exec(bytes.toString("latin1", behind, Math.min(bytes.length, at + LOOK_AHEAD)));
      const value = kind.spread === true ? inOnePiece(match?.[1] ?? "") : (match?.[1] ?? "");
      if (value !== "" && !isPlaceholder(value)) this.note(window, at, kind.kind, value);
    }
  }

  private note({ bytes, from, line }: Window, at: number, kind: string, value: string): void {
    const mark = new Bun.CryptoHasher("sha256").update(value, "latin1").digest("hex").slice(0, 16);
    if (PRINTED.has(mark) || this.byMark.size >= MOST_FOUND) return;
    const found = { kind, line: line + countLines(bytes, from, at), mark };
    const known = this.byMark.get(mark);
    if (known === undefined || found.line < known.line) this.byMark.set(mark, found);
  }
}

/** Line ends in part of the bytes. */
export function countLines(bytes: Buffer, from: number, upTo: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(10, from); at >= 0 && at < upTo; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

function endOfRun(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && IN_RUN[bytes[at] ?? 0] === 1) at++;
  return at;
}

/** Where the run begins once the rest of an escape (`\n`, `\u003d`, `%3D`) and emphasis (`__`, `--`) are taken off. */
function afterEscape(bytes: Buffer, start: number, end: number): number {
  const before = bytes[start - 1];
  const beginning = bytes.toString("latin1", start, start + 5);
  let at = start;
  if (before === 0x5c) at += /^(?:[nrtbf]|u[0-9a-fA-F]{4})/.exec(beginning)?.[0].length ?? 0;
  else if (before === 0x25) at += /^[0-9a-fA-F]{2}/.exec(beginning)?.[0].length ?? 0;
  while (at < end && (bytes[at] === 0x5f || bytes[at] === 0x2d)) at++;
  return at;
}

interface Run {
  readonly run: string;
  readonly start: number;
  readonly end: number;
}

function valueOfRun(bytes: Buffer, { run, start, end }: Run, { pattern, lead, tail }: RunKind): string | null {
  const match = pattern.exec(run);
  if (match === null) return null;
  if (lead !== undefined && !lead.test(bytes.toString("latin1", Math.max(0, start - LOOK_BACK), start))) return null;
  if (tail === undefined) return match[0];
  const follows = tail.exec(bytes.toString("latin1", end, Math.min(bytes.length, end + LOOK_BACK)));
  return follows === null ? null : match[0] + follows[0];
}

/** A key's body without what its lines are joined by. A `+` may be either, so none counts. */
function inOnePiece(body: string): string {
  return body.replace(/\\[nr]|[^A-Za-z0-9/=]/g, "");
}
