// Asks the disk for many files at once, so that reading them one after the other finds them in memory. Cold files of a
// large change took a second one by one; what a disk can do at the same time, it should (measured, 500 files).
import { closeSync, constants, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";

const AT_ONCE = 8;
const FEW = 16;
const PIECE_BYTES = 256 * 1024;
/** What is larger is read ahead by the system itself. */
const MOST_BYTES = 4 * 1024 * 1024;
/** What a file in memory takes at most; the quickest disks take twice that, and slow ones a hundred times. */
const IN_MEMORY_MS = 0.05;

/** Reads the beginnings of files and forgets them. Says nothing about what cannot be read: whoever needs it will. */
export async function warmUp(paths: readonly string[]): Promise<void> {
  if (paths.length < FEW || areInMemory(paths)) return;
  let next = 0;
  const work = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) await readThrough(path, buffer);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Tells by a few files from all over: asking for each of them on another thread costs more than reading it from memory. */
function areInMemory(paths: readonly string[]): boolean {
  const buffer = Buffer.allocUnsafe(1);
  const step = Math.floor(paths.length / FEW);
  const times: number[] = [];
  for (let at = 0; at < FEW; at++) {
    const began = performance.now();
    touch(paths[at * step] ?? "", buffer);
    times.push(performance.now() - began);
  }
  return times.filter((ms) => ms > IN_MEMORY_MS).length <= FEW / 4;
}

function touch(path: string, buffer: Buffer): void {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      readSync(fd, buffer, 0, buffer.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    // as below
  }
}

async function readThrough(path: string, buffer: Buffer): Promise<void> {
  try {
    // a FIFO would wait for somebody to write
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    for (let at = 0; at < MOST_BYTES; at += PIECE_BYTES) {
      if ((await file.read(buffer, 0, PIECE_BYTES, at)).bytesRead < PIECE_BYTES) return;
    }
  } catch {
    // only a hint: the reading that counts comes later and reports what is wrong
  }
}
