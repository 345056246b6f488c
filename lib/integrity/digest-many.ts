// Digests of many files, read by two threads: opening, reading and hashing small files is work for the processor alone, and
// one thread of it does not keep two cores busy.
import { Worker } from "node:worker_threads";
import type { WantedOid } from "./digest.ts";
import { type DigestShare, digestSome, type Found, foundIn, newShare, stopSharing } from "./digest-share.ts";

/** For fewer files a second thread, which takes 6 MB and some milliseconds, is not worth it. */
const MANY = 500;
/** Files whose digests are held at once. */
const BATCH = 4_096;

/**
 * In an executable everything lies below one place, by its path in the repository. A relative path would be sought in the
 * folder that is synced, should it not be in there.
 */
const THREAD = import.meta.url.includes("/$bunfs/")
  ? "/$bunfs/root/lib/integrity/digest-thread.js"
  : new URL("./digest-thread.ts", import.meta.url);

/**
 * Digests files in their order, some thousands at a time.
 * @param rest told after every few files how many were read; others have their turn meanwhile.
 */
export async function* digestMany(
  paths: readonly string[],
  wanted: WantedOid,
  rest: (done: number) => Promise<void>,
  thread: string | URL = THREAD,
): AsyncGenerator<Found[]> {
  using second = paths.length < MANY ? null : new SecondThread(thread);
  const begin = (from: number): Batch => {
    const some = paths.slice(from, from + BATCH);
    const share = newShare(some, wanted);
    return { from, paths: some, share, joined: second?.join(share) ?? Promise.resolve() };
  };
  let ahead = begin(0);
  try {
    while (ahead.paths.length > 0) {
      const batch = ahead;
      // the other thread goes on to the next one while this one is looked at
      ahead = begin(batch.from + BATCH);
      while (digestSome(batch.share, batch.paths)) await rest(batch.from + takenOf(batch));
      await batch.joined;
      await rest(batch.from + batch.paths.length);
      yield batch.paths.map((_, n) => foundIn(batch.share, n));
    }
  } finally {
    stopSharing(ahead.share);
  }
}

interface Batch {
  readonly from: number;
  readonly paths: readonly string[];
  readonly share: DigestShare;
  /** Resolves when the other thread has taken its last file. */
  readonly joined: Promise<void>;
}

function takenOf({ share, paths }: Batch): number {
  return Math.min(share.next[0] ?? 0, paths.length);
}

/** Where it cannot be had, or ends too early, what it took is left unread, and nobody waits for it. */
class SecondThread implements Disposable {
  private readonly thread: Worker;
  private readonly ended: Promise<void>;
  /** Called one after the other, as it comes to the end of what it was told about. */
  private readonly waiting: (() => void)[] = [];

  constructor(file: string | URL) {
    this.thread = new Worker(file);
    this.thread.on("message", () => this.waiting.shift()?.());
    this.ended = new Promise((resolve) => {
      this.thread.once("exit", () => resolve());
      this.thread.once("error", () => resolve());
    });
  }

  /** Takes part; resolves when it has taken its last file. */
  join(share: DigestShare): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.waiting.push(resolve);
    });
    this.thread.postMessage(share);
    return Promise.race([done, this.ended]);
  }

  [Symbol.dispose](): void {
    void this.thread.terminate();
  }
}
