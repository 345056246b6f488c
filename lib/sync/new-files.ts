// New files that must not be published though the rest may: secrets, by name or by content, and files too large for the
// hosts. They are held back and reported by every run until somebody ignores, removes or allows them.

import { join } from "node:path";
import { Failure } from "../failure.ts";
import { unsafeName } from "../git/path-name.ts";
import { type Hit, isAllowed } from "../guard.ts";
import type { Contents } from "../integrity/contents.ts";
import { digestIfSteady, type FileDigest } from "../integrity/digest.ts";
import { statOf } from "../integrity/file-state.ts";
import type { Context } from "../machine/context.ts";
import { lastMatchDecides, pathMatcher } from "../machine/globs.ts";
import { quoted } from "../paste.ts";
import { LEFT_BY_FILE, tidy } from "../tidy.ts";
import { breathe } from "./pause.ts";

/** Where new files are judged, and what is learned of them on the way. */
export interface NewFiles {
  readonly context: Context;
  readonly folder: string;
  readonly oidBytes: Promise<20 | 32>;
  readonly contents: Contents;
  /** Told what was read of a file, by the id its bytes have as an object. */
  readonly onDigest: (digest: FileDigest) => void;
  /** Told what a person let pass. */
  readonly onAllowed: (hit: Hit) => void;
}

const READ_AT_ONCE = 16;
/** A judge of new files: why one is not published, or null. What the settings call local never is. */
export function judgeOfNewFiles(place: NewFiles): (path: string) => Promise<NewFileHit["guard"] | "local" | null> {
  const isLocal = pathMatcher(place.context.settings.local);
  const isSecretName = lastMatchDecides(place.context.settings.guards.neverSync);
  let read = 0;
  return async (path) => {
    if (isLocal(path)) return "local";
    refuseBadName(path);
    if (read++ % READ_AT_ONCE === 0) await breathe();
    tidy(LEFT_BY_FILE * 2);
    const hit = await hitOf(place, path, isSecretName);
    if (hit === null) return null;
    if (!isAllowed(hit, place.context.allow)) return hit.guard;
    place.onAllowed(hit);
    return null;
  };
}

/** git leaves such a file out of every commit and says nothing: neither the remote nor a snapshot would have it. */
function refuseBadName(path: string): void {
  const why = unsafeName(path);
  if (why === null) return;
  throw new Failure("halted", {
    cause: `bad-name: ${path} ${why}`,
    paths: [path],
    remedy: [`mv -- ${quoted(path)} NEW-NAME   # then run the same command again`],
  });
}

type NewFileHit = Hit & { readonly guard: "large-file" | "secret" };

/** Looks at a new file by its size, its name and, where neither says enough, its bytes. */
async function hitOf(
  { context, folder, contents, oidBytes, onDigest }: NewFiles,
  path: string,
  isSecretName: (path: string) => boolean,
): Promise<NewFileHit | null> {
  const { largestFileBytes } = context.settings.guards;
  const stat = statOf(join(folder, path));
  if (stat?.isFile() !== true) return null;
  if (Number(stat.size) > largestFileBytes) return { guard: "large-file", path, says: `has ${stat.size} bytes` };
  if (isSecretName(path)) return { guard: "secret", path, says: "is by its name never synced" };
  const reader = contents.reader(path);
  const digest = digestIfSteady(join(folder, path), await oidBytes, reader.begin);
  if (digest === null || digest === "unsteady") return null;
  reader.keep(digest.oid);
  onDigest(digest);
  const [secret] = contents.of(path, digest.oid)?.secrets ?? [];
  return secret === undefined ? null : { guard: "secret", path, says: `holds ${secret.kind} in line ${secret.line}` };
}
