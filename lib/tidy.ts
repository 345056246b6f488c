// Takes away what work on many files leaves behind. The runtime lets some ten megabytes of it pile up before it collects by
// itself, which is as much as a whole run of a few files needs; and while one piece of work goes on without a pause it
// does not tell how much there is, so whoever works says about how much was left (measured).
import { edenGC, heapSize, memoryUsage } from "bun:jsc";

/** What may pile up: this much, or a fifth of what is in use, so that a large run is not spent on tidying. */
const LEAST_BYTES = 1536 * 1024;
/** Below this the process is far from what it may take (80 MB): then only what is young is collected, in a third of the time. */
const ROOMY_BYTES = 64_000_000;
/** What reading a file leaves: its stat in large numbers, paths, digests. */
export const LEFT_BY_FILE = 2_000;

let left = 0;
let inUse = 0;

/** To be told, every now and then, about how many bytes were left behind since the last time. */
export function tidy(leftBytes: number): void {
  left += leftBytes;
  if (left < Math.max(LEAST_BYTES, inUse / 5)) return;
  if (memoryUsage().current < ROOMY_BYTES) edenGC();
  else Bun.gc(true);
  left = 0;
  inUse = heapSize();
}
