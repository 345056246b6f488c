// The first baseline of a folder, which `init` writes: what the critical and local files are as they are found.
import { hostname } from "node:os";
import { readBaseline, readWatched, writeBaseline } from "../integrity/baseline.ts";
import { baselineOf } from "../integrity/baseline-form.ts";
import type { Settings } from "../machine/settings.ts";

/** Writes it where there is none, and says whether it did; an existing one stays, however old. */
export function firstBaseline(place: { folder: string; settings: Settings; now: () => Date }): boolean {
  if (readBaseline(place.folder) !== null) return false;
  const about = { now: place.now(), hostname: hostname(), phase: "pre-sync", operation: "baseline", previous: null };
  return writeBaseline(place.folder, baselineOf(readWatched(place.folder, place.settings).files, about));
}
