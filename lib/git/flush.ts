// Flushing many files at once. Several flushes in flight share the file system's own commits: 770 files took 0.2 s
// eight at a time and 1 to 2.6 s one after the other (measured, ext4).
import { closeSync, existsSync, fsync, fsyncSync, openSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemCode } from "../failure.ts";
import { faultPoint } from "../fault.ts";
import type { Repository } from "./repository.ts";

const AT_ONCE = 8;
/** A flush that takes less than another thread takes to hear of it (measured: 40 µs) is done at once. */
const QUICK_MS = 0.05;
const QUICK_AT_ONCE = 16;

/** Until one takes longer: what is flushed in a run lies on one disk, or on two of a kind. */
let isQuick = true;

/** Flushes files or folders to the disk. A path that does not exist any more is skipped. */
export async function flushAll(paths: Iterable<string>): Promise<void> {
  const left = paths[Symbol.iterator]();
  const first = left.next();
  if (first.done === true) return;
  faultPoint("flush all");
  const rest = await flushQuickly(first, left);
  const work = async (_: unknown, n: number): Promise<void> => {
    for (let next = n === 0 ? rest : left.next(); next.done !== true; next = left.next()) await flushOne(next.value);
  };
  if (rest.done !== true) await Promise.all(Array.from({ length: AT_ONCE }, work));
  faultPoint("flushed all");
}

/** Flushes one after the other for as long as that is quick; returns the first that is left. */
async function flushQuickly(first: IteratorResult<string>, left: Iterator<string>): Promise<IteratorResult<string>> {
  let next = first;
  for (let n = 1; isQuick && next.done !== true; n++) {
    const fd = openToFlush(next.value);
    if (fd !== null) {
      try {
        const started = performance.now();
        fsyncSync(fd);
        isQuick = performance.now() - started < QUICK_MS;
      } finally {
        closeSync(fd);
      }
    }
    next = left.next();
    // others have their turn
    if (n % QUICK_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return next;
}

const flush = promisify(fsync);

/** Only the flush itself is worth waiting for elsewhere: opening a file is done before another thread has heard of it. */
async function flushOne(path: string): Promise<void> {
  const fd = openToFlush(path);
  if (fd === null) return;
  try {
    await flush(fd);
  } finally {
    closeSync(fd);
  }
}

function openToFlush(path: string): number | null {
  try {
    return openSync(path, "r");
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}

/** Flushes objects that lie loose in the store; packed ones were flushed with their pack. */
export async function flushObjects(repository: Repository, oids: Iterable<string>): Promise<void> {
  await flushAll(looseObjects(repository, oids));
}

/** Looked at one by one, as they are flushed: a first publication names 100,000 objects, and nearly all are in one pack. */
function* looseObjects({ commonDir }: Repository, oids: Iterable<string>): Generator<string> {
  for (const oid of oids) {
    const path = join(commonDir, "objects", oid.slice(0, 2), oid.slice(2));
    if (existsSync(path)) yield path;
  }
}
