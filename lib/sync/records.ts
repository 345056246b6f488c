// The machines' records as the last fetch brought them: read from their refs, size by size, never trusted to be sound.
import { smallContents } from "../git/cat-file.ts";
import type { Git } from "../git/shell.ts";
import { type Manifest, parseManifest } from "../integrity/manifest.ts";
import { type MachineRecord, parseRecord } from "../machine/record.ts";
import { together } from "./together.ts";

/** A machine's record ref as it was last seen at the remote. */
export interface SeenRecord {
  /** Id of the machine, from the ref's name. */
  readonly id: string;
  /** Null when it is malformed, too large, of an unknown form, or says it is another machine's. */
  readonly record: MachineRecord | null;
  /** Reads the manifest beside it; null when it is missing, too large or malformed: it attests nothing then. */
  readonly manifest: () => Manifest | null;
}

const MOST_RECORD_BYTES = 256 * 1024;
const MOST_MANIFEST_BYTES = 64 * 1024 * 1024;
/** Machines of one folder; more refs than this are not looked at. */
const MOST_MACHINES = 64;

/** Where records lie here after a fetch: as refs of our own, or as branches where the host allows nothing else. */
function recordPrefixes(remoteName: string): readonly string[] {
  return ["refs/petesbrain-sync/machines/", `refs/remotes/${remoteName}/petesbrain-sync/machines/`];
}

/** Every machine's record, by id. Of two of one machine, the one in the place of its own counts. */
export async function readRecords(git: Git, remoteName: string): Promise<SeenRecord[]> {
  const prefixes = recordPrefixes(remoteName);
  const listing = await git.text([
    "for-each-ref",
    "--format=%(objectname) %(refname)",
    `--count=${MOST_MACHINES}`,
    "--end-of-options",
    ...prefixes.map((prefix) => prefix.slice(0, -1)),
  ]);
  const commits = new Map<string, string>();
  for (const line of listing.split("\n")) {
    const [, commit, ref = ""] = /^([0-9a-f]{40,64}) (.+)$/.exec(line) ?? [];
    const prefix = prefixes.find((start) => ref.startsWith(start));
    if (commit === undefined || prefix === undefined) continue;
    const id = ref.slice(prefix.length);
    if (!commits.has(id)) commits.set(id, commit);
  }
  const named = [...commits];
  const [records, manifests] = await together(
    smallContents(
      git,
      named.map(([, commit]) => `${commit}:record.json`),
      MOST_RECORD_BYTES,
    ),
    smallContents(
      git,
      named.map(([, commit]) => `${commit}:manifest.json`),
      MOST_MANIFEST_BYTES,
    ),
  );
  return named.map(([id], n) => {
    const record = parseRecord(records[n]?.toString("utf8") ?? "");
    const manifest = manifests[n] ?? null;
    return {
      id,
      record: record?.machine.id === id ? record : null,
      manifest: () => (manifest === null ? null : parseManifest(manifest.toString("utf8"))),
    };
  });
}
