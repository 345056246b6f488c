// Fetches the files of a release: no redirection to a place that could not have been asked for, no answer without an
// end, no waiting for ever. Every way the network can fail is `remote-unreachable`, for nothing has changed then.
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { Failure } from "../failure.ts";
import { refusedByDisk } from "./executable.ts";
import { isTrusted } from "./release-address.ts";

export interface Patience {
  /** Longest time in which nothing arrives, milliseconds. */
  readonly stallMs: number;
  /** Ends the download when the process is told to end. */
  readonly signal: AbortSignal;
}

const MOST_REDIRECTIONS = 5;
const LONGEST_TEXT_BYTES = 64 * 1024;
const LARGEST_FILE_BYTES = 500_000_000;

/** Fetches a short text. @throws Failure `remote-unreachable` */
export async function downloadText(url: URL, patience: Patience): Promise<string> {
  const pieces: Uint8Array[] = [];
  await download(url, patience, LONGEST_TEXT_BYTES, (piece) => {
    pieces.push(piece);
  });
  return Buffer.concat(pieces).toString("utf8");
}

/** Fetches into a new file, and returns the SHA-256 of what arrived. @throws Failure `remote-unreachable`, `permission-denied` */
export async function downloadFile(url: URL, path: string, patience: Patience): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx", 0o600);
  const write = async (piece: Uint8Array): Promise<void> => {
    hash.update(piece);
    await file.writeFile(piece).catch((error: unknown) => {
      throw refusedByDisk(path, error);
    });
  };
  try {
    await download(url, patience, LARGEST_FILE_BYTES, write);
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

async function download(
  url: URL,
  { stallMs, signal }: Patience,
  limitBytes: number,
  take: (piece: Uint8Array) => Promise<void> | void,
): Promise<void> {
  const stall = new AbortController();
  const late = (): void => stall.abort(unreachable(url, `nothing has arrived for ${stallMs / 1000} seconds`));
  let timer = setTimeout(late, stallMs);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(late, stallMs);
  };
  try {
    const response = await follow(url, AbortSignal.any([signal, stall.signal]));
    let bytes = 0;
    for await (const piece of response.body ?? []) {
      heard();
      bytes += piece.byteLength;
      if (bytes > limitBytes) throw unreachable(url, `the answer has more than ${limitBytes} bytes`);
      await take(piece);
    }
    const said = response.headers.get("content-length");
    if (said !== null && !response.headers.has("content-encoding") && Number(said) !== bytes)
      throw unreachable(url, `${bytes} of ${said} bytes have arrived`);
  } catch (error) {
    signal.throwIfAborted();
    stall.signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw unreachable(url, error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

async function follow(start: URL, signal: AbortSignal): Promise<Response> {
  let url = start;
  for (let hop = 0; hop <= MOST_REDIRECTIONS; hop++) {
    // what is kept for the wire only is not wanted: the sums are those of the file as it is
    const response = await fetch(url, { redirect: "manual", signal, headers: { "accept-encoding": "identity" } });
    const next = response.headers.get("location");
    if (response.ok) return response;
    if (response.status < 300 || response.status > 399 || next === null)
      throw unreachable(start, `the answer is ${response.status} ${response.statusText}`.trimEnd());
    url = new URL(next, url);
    const isAllowed = url.protocol === "https:" || (start.protocol === "http:" && isTrusted(url));
    if (!isAllowed) throw unreachable(start, `it leads to ${url.protocol}//${url.host}, which is not https`);
  }
  throw unreachable(start, `it leads in a circle`);
}

function unreachable(url: URL, why: string): Failure {
  const cause = `${url.href}: ${why}`;
  return new Failure("remote-unreachable", { cause, remedy: [`curl -fsSLO ${url.href}   # what does it say?`] });
}
