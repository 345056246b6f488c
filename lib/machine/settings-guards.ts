// The thresholds of the guards and the files that never leave a machine: the built-in values, and how those of the
// settings files stand over them. A threshold can be moved, yet no value switches a guard off: that is for one run, by --allow.

/** How the guards of lib/integrity judge. Percentages are whole numbers. */
export interface GuardSettings {
  /** Largest file that is published, bytes; larger new files are held back. */
  readonly largestFileBytes: number;
  /** Deleting more than this share of the tracked files at once halts. */
  readonly massDeletePercent: number;
  /** Deleting more than this many files at once halts, whatever their share. */
  readonly massDeleteFiles: number;
  /** Fewer deletions than this are never a mass, whatever their share. */
  readonly massDeleteLeast: number;
  /** Modifying this share of the tracked files at once, or more, halts. */
  readonly allChangedPercent: number;
  /** Folders with fewer tracked files than this are not judged by that share. */
  readonly allChangedLeast: number;
  /** A critical file that is below this share of its former size has shrunk. */
  readonly shrunkPercent: number;
  /** Only files that were larger than this are judged by that share, bytes. */
  readonly shrunkLeastBytes: number;
  /**
   * Globs of files that are never published, in rising strength: the last one that matches a path decides, and one
   * that begins with `!` spares what it matches. Only for `lastMatchDecides` (globs.ts).
   */
  readonly neverSync: readonly string[];
}

/** Secrets by their names, and the examples of them that are meant to be shared. */
export const NEVER_SYNC = [
  ".env",
  "**/.env",
  "**/.env.*",
  "**/id_rsa",
  "**/id_dsa",
  "**/id_ecdsa",
  "**/id_ed25519",
  "**/*.p12",
  "**/*.pfx",
  "**/*.jks",
  "**/*.keystore",
  "**/*.kdbx",
  "**/.netrc",
  "**/credentials.json",
  "**/client_secret*.json",
  "**/token.pickle",
  "!**/.env.example",
  "!**/.env.sample",
  "!**/.env.template",
] as const;

/** Why `allow` is refused wherever it would hold for more than one run. */
export const ALLOW_NOWHERE =
  "is no setting: what a guard stops is looked at by a person and let pass for one run (petesbrain-sync push --allow GUARD:PATH)";

const BYTES_PER_MB = 1_000_000;

/** The built-in thresholds by their keys under `[guards]`; each is a whole number. */
const BUILT_IN = {
  largest_file_mb: 95,
  mass_delete_percent: 20,
  mass_delete_files: 100,
  mass_delete_least: 3,
  all_changed_percent: 90,
  all_changed_least: 20,
  shrunk_percent: 50,
  shrunk_least_bytes: 1024,
} as const;

export type Threshold = keyof typeof BUILT_IN;

/** What a threshold may be, both ends included. None of these values switches its guard off. */
export const THRESHOLDS: Readonly<Record<Threshold, { readonly least: number; readonly most: number }>> = {
  largest_file_mb: { least: 1, most: 10_000 },
  mass_delete_percent: { least: 1, most: 90 },
  mass_delete_files: { least: 1, most: 10_000 },
  mass_delete_least: { least: 1, most: 100 },
  all_changed_percent: { least: 1, most: 100 },
  all_changed_least: { least: 2, most: 1000 },
  shrunk_percent: { least: 1, most: 100 },
  shrunk_least_bytes: { least: 1, most: 1_000_000 },
};

/** The built-in value of a threshold. */
export function builtInThreshold(name: Threshold): number {
  return BUILT_IN[name];
}

/** What the settings files say about guards. */
export interface GuardsFound {
  readonly threshold: (name: Threshold) => number;
  /** `never_sync` of each file; empty where it says nothing. */
  readonly neverSync: { readonly machine: readonly string[]; readonly folder: readonly string[] };
}

/**
 * The guards' settings in effect. The folder's `never_sync` stands before the built-in globs and this machine's behind
 * them: others can write the folder's file, and must not be able to have this machine's secrets published.
 */
export function guardSettings({ threshold, neverSync }: GuardsFound): GuardSettings {
  return {
    largestFileBytes: threshold("largest_file_mb") * BYTES_PER_MB,
    massDeletePercent: threshold("mass_delete_percent"),
    massDeleteFiles: threshold("mass_delete_files"),
    massDeleteLeast: threshold("mass_delete_least"),
    allChangedPercent: threshold("all_changed_percent"),
    allChangedLeast: threshold("all_changed_least"),
    shrunkPercent: threshold("shrunk_percent"),
    shrunkLeastBytes: threshold("shrunk_least_bytes"),
    neverSync: [...neverSync.folder, ...NEVER_SYNC, ...neverSync.machine],
  };
}
