// The machines' records as the last fetch brought them: read from their refs, size by size, never trusted to be sound.

import { smallContents } from "../git/cat-file.ts";
import { type KeptRecord, trackedPlaces } from "../git/record-refs.ts";
import { refsBelow } from "../git/refs.ts";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import { type Manifest, parseManifest } from "../integrity/manifest.ts";
import { type MachineRecord, parseRecord } from "../machine/record.ts";

/** A machine's record ref as it was last seen at the remote. */
export interface SeenRecord {
  /** Id of the machine, from the ref's name. */
  readonly id: string;
  /** Where it lies here, and the commit that holds it. */
  readonly kept: KeptRecord;
  /** Null when it is malformed, too large, of an unknown form, or says it is another machine's. */
  readonly record: MachineRecord | null;
  /** Reads the manifest beside it; null when it is missing, too large or malformed: it attests nothing then. */
  readonly manifest: () => Manifest | null;
}

const MOST_RECORD_BYTES = 256 * 1024;
const MOST_MANIFEST_BYTES = 64 * 1024 * 1024;
/** Machines of one folder; more refs than this are not looked at. */
const MOST_MACHINES = 64;

/** The ref and the commit of every machine's record, by id. Of two of one machine, the one in the place of its own counts. */
export async function recordRefs(
  git: Git,
  repository: Repository,
  remoteName: string,
): Promise<ReadonlyMap<string, KeptRecord>> {
  const prefixes = trackedPlaces(remoteName);
  const refs = [...(await refsBelow(git, repository, prefixes))].sort(([a], [b]) => (a < b ? -1 : 1));
  const found = new Map<string, KeptRecord>();
  for (const prefix of prefixes) {
    for (const [ref, commit] of refs) {
      const id = ref.startsWith(prefix) ? ref.slice(prefix.length) : "";
      if (id !== "" && !found.has(id) && found.size < MOST_MACHINES) found.set(id, { ref, commit });
    }
  }
  return found;
}

/** Every machine's record, by id. */
export async function readRecords(git: Git, repository: Repository, remoteName: string): Promise<SeenRecord[]> {
  const refs = await recordRefs(git, repository, remoteName);
  const questions = [...refs.values()].flatMap(({ commit }) => [`${commit}:record.json`, `${commit}:manifest.json`]);
  const texts = await smallContents(git, questions, MOST_MANIFEST_BYTES);
  return [...refs].map(([id, kept], n) => {
    const [text, manifest] = [texts[2 * n] ?? null, texts[2 * n + 1] ?? null];
    const record = text === null || text.length > MOST_RECORD_BYTES ? null : parseRecord(text.toString("utf8"));
    return {
      id,
      kept,
      record: record?.machine.id === id ? record : null,
      manifest: () => (manifest === null ? null : parseManifest(manifest.toString("utf8"))),
    };
  });
}
