// The manifest: what a machine says its bytes were when it published a commit. Digests are of the content as committed.
// Writing is strict, reading tolerates newer keys; a form that is not known attests nothing.

/** A critical file as attested. */
export interface ManifestFile {
  readonly path: string;
  /** Hexadecimal SHA-256 of the content as committed. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** git's mode: 100644, 100755 or 120000. */
  readonly mode: string;
}

export interface Manifest {
  /** The commit it is about. */
  readonly commit: string;
  /** SHA-256 over the whole commit (lib/integrity/shadow.ts). */
  readonly root: string;
  /** Shadows of the folders of the two upper levels, by path, so that a difference can be narrowed down. */
  readonly folders: ReadonlyMap<string, string>;
  /** Every critical file, by path in byte order. */
  readonly files: readonly ManifestFile[];
}

const SCHEMA = 1;
const SHA256 = /^[0-9a-f]{64}$/;
const OID = /^[0-9a-f]{40,64}$/;
const MODE = /^(?:100644|100755|120000)$/;

/** The text of `manifest.json`: stable, one file a line. */
export function formatManifest(manifest: Manifest): string {
  const folders = [...manifest.folders].sort(([a], [b]) => compare(a, b));
  const files = [...manifest.files].sort((a, b) => compare(a.path, b.path));
  const lines = (rows: readonly string[]): string => (rows.length === 0 ? "" : `\n${rows.join(",\n")}\n`);
  return [
    `{"schema":${SCHEMA},"commit":${JSON.stringify(manifest.commit)},"root":${JSON.stringify(manifest.root)},`,
    `"folders":{${lines(folders.map(([path, sha256]) => `${JSON.stringify(path)}:${JSON.stringify(sha256)}`))}},`,
    `"files":[${lines(files.map(({ path, sha256, sizeBytes, mode }) => JSON.stringify({ path, sha256, size: sizeBytes, mode })))}]}`,
    "",
  ].join("\n");
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Reads `manifest.json`; null when it is malformed or of an unknown form: it then attests nothing. */
export function parseManifest(text: string): Manifest | null {
  const value = parseObject(text);
  if (value === null || value["schema"] !== SCHEMA) return null;
  const { commit, root, folders, files } = value;
  if (typeof commit !== "string" || !OID.test(commit) || typeof root !== "string" || !SHA256.test(root)) return null;
  if (!isObject(folders) || !Array.isArray(files)) return null;
  const shadows = new Map<string, string>();
  for (const [path, sha256] of Object.entries(folders)) {
    if (typeof sha256 !== "string" || !SHA256.test(sha256)) return null;
    shadows.set(path, sha256);
  }
  const rows = files.map(fileOf);
  return rows.every((row) => row !== null) ? { commit, root, folders: shadows, files: rows } : null;
}

function fileOf(value: unknown): ManifestFile | null {
  if (!isObject(value)) return null;
  const { path, sha256, size, mode } = value;
  if (typeof path !== "string" || typeof sha256 !== "string" || typeof size !== "number" || typeof mode !== "string")
    return null;
  const sound = path !== "" && SHA256.test(sha256) && Number.isSafeInteger(size) && size >= 0 && MODE.test(mode);
  return sound ? { path, sha256, sizeBytes: size, mode } : null;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    // whatever does not parse attests nothing
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
