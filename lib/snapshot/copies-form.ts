// What stands in a snapshot's `manifest.json`: the files that were copied, with their digests, and where the repository
// stood. Pure. The text carries its own digest, so that a damaged one is told from one that says something else.

/** A copied file. */
export interface Copy {
  readonly path: string;
  /** Hexadecimal SHA-256 of the bytes on disk; of the target's text for a symbolic link. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Permission bits of the file; null for a symbolic link. */
  readonly permissions: number | null;
}

export interface CopiesManifest {
  readonly version: 1;
  readonly run: string;
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  /** Commit of HEAD, and the short name of the branch that was checked out; null where there was none. */
  readonly head: string | null;
  readonly branch: string | null;
  /** The globs by which files were chosen: what none of them matches was not looked at. */
  readonly watched: readonly string[];
  readonly files: readonly Copy[];
  /** Files that were there and kept changing, so that there is no copy of them. */
  readonly missed: readonly string[];
}

/** The text of the manifest. */
export function formatManifest(manifest: CopiesManifest): string {
  return `${JSON.stringify({ sha256: digestOfText(JSON.stringify(manifest)), manifest }, null, 1)}\n`;
}

/** The manifest a text holds; null when it is damaged or of another version. */
export function parseManifest(text: string): CopiesManifest | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("sha256" in value) || !("manifest" in value)) return null;
    if (value.sha256 !== digestOfText(JSON.stringify(value.manifest))) return null;
    // the digest says that this program wrote it
    const manifest = value.manifest as CopiesManifest;
    return manifest.version === 1 ? manifest : null;
  } catch {
    return null;
  }
}

function digestOfText(text: string): string {
  return Bun.CryptoHasher.hash("sha256", text, "hex");
}
