// The form of `.sync-checksums.json`, pure: the specification's keys, and beside them the exact time and the mode of each
// file. The reader is tolerant (files of the earlier script, newer keys), the writer is strict and stable.
import { unsafeName } from "../git/path-name.ts";
import type { FileDigest } from "./digest.ts";

/** What is known of a file now; `SeenFile` is one. */
export interface Seen {
  readonly digest: Pick<FileDigest, "sha256" | "sizeBytes" | "mode">;
  readonly stat: { readonly mtimeNs: bigint };
}

/** A file as the baseline holds it. */
export interface BaselineFile {
  /** SHA-256 of the bytes on disk, 64 hexadecimal digits; of the target's text for a symbolic link. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** When it was last modified, to the second: UTC where this program wrote it, local time where the earlier script did. */
  readonly modified: string;
  /** The same in nanoseconds since 1970; null in files of the earlier script. */
  readonly mtimeNs: bigint | null;
  /** git's mode, 100644, 100755 or 120000; null in files of the earlier script. */
  readonly mode: string | null;
  /** Keys that mean nothing here, kept. */
  readonly others: Others;
}

export interface Baseline {
  /** When it was taken: ISO 8601, UTC, to the second. */
  readonly takenAt: string;
  readonly hostname: string;
  readonly phase: string;
  readonly operation: string;
  readonly files: ReadonlyMap<string, BaselineFile>;
  readonly others: Others;
  readonly metadataOthers: Others;
}

type Others = Readonly<Record<string, unknown>>;

/** A text that is no baseline, and why. */
export class BaselineFault extends Error {}

const VERSION = "2.0";
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

/**
 * Reads a baseline. Tolerates a byte order mark, any line ends, digits of either case, lacking and additional keys.
 * @throws {BaselineFault} naming what is wrong, for a text that is damaged or of another form.
 */
export function parseBaseline(text: string): Baseline {
  const value = objectOf(parsed(text), "it");
  const { version, timestamp, hostname, metadata, checksums, ...others } = value;
  if (typeof version !== "string" || !/^2(\.|$)/.test(version))
    throw new BaselineFault(`its version is ${JSON.stringify(version) ?? "missing"}, not "${VERSION}"`);
  if (typeof timestamp !== "string" || !TIME.test(timestamp)) throw new BaselineFault("its timestamp is no time");
  const { phase, operation, ...metadataOthers } = objectOf(metadata ?? {}, "its metadata");
  const files = new Map<string, BaselineFile>();
  for (const [path, entry] of Object.entries(objectOf(checksums, "its list of checksums"))) {
    const why = unsafeName(path);
    if (why !== null) throw new BaselineFault(`the path ${JSON.stringify(path)} in it ${why}`);
    files.set(path, fileOf(path, entry));
  }
  return {
    takenAt: timestamp,
    hostname: textOf(hostname),
    phase: textOf(phase),
    operation: textOf(operation),
    files: sorted(files),
    others,
    metadataOthers,
  };
}

/** Prints a baseline: the files sorted by path, the specified keys first. */
export function formatBaseline(baseline: Baseline): string {
  const { takenAt, hostname, phase, operation, files, others, metadataOthers } = baseline;
  const head = { version: VERSION, timestamp: takenAt, hostname, metadata: { phase, operation, ...metadataOthers } };
  // written entry by entry, because an object would put a name that is a number before all others
  const entries = [...sorted(files)].map(
    ([path, file]) => `    ${JSON.stringify(path)}: ${indented(JSON.stringify(entryOf(file), null, 2), 4)}`,
  );
  const list = entries.length === 0 ? "{}" : `{\n${entries.join(",\n")}\n  }`;
  const lines = [...Object.entries(head), ...Object.entries(others)].map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${indented(JSON.stringify(value, null, 2), 2)}`,
  );
  lines.splice(Object.keys(head).length, 0, `  "checksums": ${list}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

export interface Occasion {
  readonly now: Date;
  readonly hostname: string;
  /** `pre-sync`, `post-sync` or `update`. */
  readonly phase: string;
  readonly operation: string;
  /** The baseline it replaces, whose additional keys are kept; null where there is none. */
  readonly previous: Baseline | null;
}

/** The baseline of files as they were seen. */
export function baselineOf(seen: ReadonlyMap<string, Seen>, occasion: Occasion): Baseline {
  const { now, hostname, phase, operation, previous } = occasion;
  const files = new Map<string, BaselineFile>();
  for (const [path, { digest, stat }] of seen) {
    files.set(path, {
      sha256: digest.sha256,
      sizeBytes: digest.sizeBytes,
      modified: modifiedText(stat.mtimeNs),
      mtimeNs: stat.mtimeNs,
      mode: digest.mode,
      others: previous?.files.get(path)?.others ?? {},
    });
  }
  return {
    takenAt: now.toISOString().replace(/\.\d+Z$/, "Z"),
    hostname,
    phase,
    operation,
    files: sorted(files),
    others: previous?.others ?? {},
    metadataOthers: previous?.metadataOthers ?? {},
  };
}

/** The times that fit into four digits of a year. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

/** A time as `modified` has it: UTC, to the second, without a zone. */
function modifiedText(mtimeNs: bigint): string {
  const second = Number(secondOf(mtimeNs));
  const shown = Math.min(Math.max(second, FIRST_SECOND), LAST_SECOND);
  return new Date(shown * 1000).toISOString().slice(0, -5);
}

/** The whole second, since 1970, in which a time in nanoseconds lies. */
export function secondOf(ns: bigint): bigint {
  const second = ns / 1_000_000_000n;
  return ns % 1_000_000_000n < 0n ? second - 1n : second;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BaselineFault(text.trim() === "" ? "it is empty" : `it is not JSON: ${why}`);
  }
}

function fileOf(path: string, entry: unknown): BaselineFile {
  const { sha256, size, modified, mtimeNs, mode, ...others } = objectOf(entry, `the entry of ${path}`);
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/i.test(sha256))
    throw new BaselineFault(`the digest of ${path} in it is no SHA-256`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw new BaselineFault(`the size of ${path} in it is no number of bytes`);
  if (typeof modified !== "string" || !TIME.test(modified))
    throw new BaselineFault(`the time of ${path} in it is no time`);
  return {
    sha256: sha256.toLowerCase(),
    sizeBytes: size,
    modified,
    mtimeNs: typeof mtimeNs === "string" && /^-?\d{1,30}$/.test(mtimeNs) ? BigInt(mtimeNs) : null,
    mode: typeof mode === "string" && /^[0-7]{6}$/.test(mode) ? mode : null,
    others,
  };
}

function entryOf({ sha256, sizeBytes, modified, mtimeNs, mode, others }: BaselineFile): Others {
  return {
    sha256,
    size: sizeBytes,
    modified,
    ...(mtimeNs === null ? {} : { mtimeNs: String(mtimeNs) }),
    ...(mode === null ? {} : { mode }),
    ...others,
  };
}

function sorted(files: ReadonlyMap<string, BaselineFile>): Map<string, BaselineFile> {
  return new Map([...files].sort(([left], [right]) => (left < right ? -1 : 1)));
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new BaselineFault(`${what} is not an object`);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function indented(json: string, by: number): string {
  return json.replaceAll("\n", `\n${" ".repeat(by)}`);
}
