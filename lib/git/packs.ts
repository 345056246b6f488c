// How much lies in packs of a store beside the largest: what came in since git packed it anew (git-gc(1)).
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../failure.ts";
import type { Repository } from "./repository.ts";

/** From here on git's own maintenance finds something to do (gc.autoPackLimit). */
const MANY = 50;
/** A small store may take this much more. */
const ROOM_BYTES = 32_000_000;

/** Whether what comes in may take more room than it needs: the packs are few, and the store is not twice what it was. */
export function hasRoom({ commonDir }: Repository): boolean {
  const sizes = packSizes(join(commonDir, "objects/pack"));
  const largest = Math.max(0, ...sizes);
  const others = sizes.reduce((sum, bytes) => sum + bytes, -largest);
  return sizes.length < MANY && others < Math.max(largest, ROOM_BYTES);
}

function packSizes(folder: string): number[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".pack"));
    return names.map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
