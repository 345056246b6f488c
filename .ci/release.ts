// What is published: each executable gzipped, the installer, the version, and the SHA-256 of all of it, in dist/. The
// same executables give the same files.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import packageJson from "../package.json" with { type: "json" };
import type { Target } from "./bun-packages.mjs";

export interface Release {
  /** The executables, by target. */
  readonly executables: Readonly<Partial<Record<Target, string>>>;
  readonly installer: string;
  /** That of package.json when absent. */
  readonly version?: string;
  readonly commit: string;
  /** Where the files will be; null when nobody knows yet, and then the installer has to be told. */
  readonly url: string | null;
  readonly folder: string;
  /** How hard gzip tries, 1 to 9; 9 when absent. */
  readonly level?: number;
}

/** The line of install.sh that holds the address of the release it belongs to. */
const URL_LINE = /^RELEASE_URL=''$/m;

/** Writes the files of a release into its folder, `SHA256SUMS` last, and returns their names. */
export function writeRelease(release: Release): string[] {
  const { folder, executables } = release;
  mkdirSync(folder, { recursive: true });
  const files: [name: string, bytes: Buffer][] = Object.entries(executables).map(([target, path]) => [
    `petesbrain-sync-${target}.gz`,
    gzipped(readFileSync(path), release.level ?? 9),
  ]);
  files.push(["VERSION", Buffer.from(`${release.version ?? packageJson.version} ${release.commit}\n`)]);
  files.push(["install.sh", Buffer.from(installerFor(release))]);
  const sums = files.map(([name, bytes]) => `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`);
  files.push(["SHA256SUMS", Buffer.from(sums.join(""))]);
  for (const [name, bytes] of files) {
    writeFileSync(join(folder, `.${name}`), bytes, { mode: name === "install.sh" ? 0o755 : 0o644 });
    renameSync(join(folder, `.${name}`), join(folder, name));
  }
  return files.map(([name]) => name);
}

/** gzip without a time, a name, or the system it was made on. */
function gzipped(bytes: Buffer, level: number): Buffer {
  const zipped = gzipSync(bytes, { level });
  const [operatingSystemAt, unknown] = [9, 0xff]; // RFC 1952, 2.3
  zipped.writeUInt8(unknown, operatingSystemAt);
  return zipped;
}

function installerFor({ installer, url }: Release): string {
  const text = readFileSync(installer, "utf8");
  if (!URL_LINE.test(text)) throw new Error("install.sh has no line RELEASE_URL='' to hold the address of the release");
  if (url === null) return text;
  if (!/^https?:\/\/[\w.~:/[\]-]+$/.test(url)) throw new Error(`this is no address for a release: ${url}`);
  return text.replace(URL_LINE, `RELEASE_URL='${url.replace(/\/+$/, "")}'`);
}
