// `upgrade`: the newest release, or the one asked for, in the place of the running executable. What arrives is compared
// with the sums of its release and tried where it will live; the executable before it is kept.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, readFileSync, rmSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Failure, systemCode } from "../failure.ts";
import { downloadFile, downloadText, type Patience } from "./download.ts";
import {
  exchangeExecutables,
  makeScratch,
  placeOf,
  previousOf,
  refusedByDisk,
  replaceExecutable,
  tryExecutable,
} from "./executable.ts";
import { addressOf, parseReleaseAddress } from "./release-address.ts";
import { compareVersions, parseSums, parseVersionFile, type Version } from "./release-files.ts";

export interface UpgradeRequest extends Patience {
  /** The running executable. Absolute. */
  readonly running: string;
  readonly current: Version;
  /** The address given by option or environment; null for the one the installer noted. */
  readonly address: string | null;
  /** Where the installer noted the address it took the executable from. */
  readonly addressFile: string;
  /** The version wanted, without `v`; null for the newest. */
  readonly wanted: string | null;
  readonly dryRun: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onStep: (step: string) => void;
}

export interface Upgrade {
  readonly outcome: "upgraded" | "up-to-date" | "planned" | "rolled-back";
  readonly from: Version;
  readonly to: Version;
  readonly executable: string;
  /** The executable kept from before; null where none is. */
  readonly previous: string | null;
}

/** @throws Failure `usage`, `remote-unreachable`, `integrity-mismatch`, `permission-denied`; nothing is changed then */
export async function upgrade(request: UpgradeRequest): Promise<Upgrade> {
  const { wanted, dryRun, current, onStep } = request;
  const place = placeOf(request.running);
  const base = parseReleaseAddress(request.address ?? notedAddress(request.addressFile));
  onStep("looking for a release");
  const sums = parseSums(await downloadText(addressOf(base, wanted, "SHA256SUMS"), request));
  const found = await versionOf(base, sums, request);
  const kept = existsSync(previousOf(place)) ? previousOf(place) : null;
  const result = { from: current, to: found, executable: place, previous: kept };
  if (isSame(found, current) || (wanted === null && compareVersions(found.version, current.version) < 0))
    return { ...result, outcome: "up-to-date" };
  if (dryRun) return { ...result, outcome: "planned" };
  const scratch = makeScratch(place);
  try {
    const fresh = await fetchExecutable(base, sums, scratch, request);
    const said = await tryExecutable(fresh, request.environment);
    if (!isSame(said, found)) throw wrongFile(`the executable says ${said.version}, its release ${found.version}`);
    request.signal.throwIfAborted();
    replaceExecutable(fresh, place);
    return { ...result, outcome: "upgraded", previous: previousOf(place) };
  } catch (error) {
    if (systemCode(error)?.startsWith("Z_")) throw wrongFile("its executable cannot be unpacked");
    throw refusedByDisk(place, error);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Puts the executable before this one back, and keeps this one in its stead. @throws Failure `usage` when there is none */
export async function rollbackUpgrade(
  request: Pick<UpgradeRequest, "running" | "current" | "dryRun" | "environment">,
): Promise<Upgrade> {
  const place = placeOf(request.running);
  const previous = previousOf(place);
  if (!existsSync(previous)) {
    const cause = `there is no executable from before: ${previous}`;
    throw new Failure("usage", {
      cause,
      remedy: ["petesbrain-sync upgrade --to VERSION   # any version that was published"],
    });
  }
  const runsPrevious = place !== request.running;
  const [from, to] = runsPrevious
    ? [
        await tryExecutable(place, request.environment).catch(() => ({ version: "unknown", commit: "unknown" })),
        request.current,
      ]
    : [request.current, await tryExecutable(previous, request.environment)];
  if (!request.dryRun) exchangeExecutables(place);
  return { outcome: request.dryRun ? "planned" : "rolled-back", from, to, executable: place, previous };
}

function isSame(left: Version, right: Version): boolean {
  return left.version === right.version && left.commit === right.commit;
}

function notedAddress(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    const cause = "this executable was not installed from a release, so its next one is not known";
    throw new Failure("usage", {
      cause,
      remedy: [
        "petesbrain-sync upgrade --base-url https://HOST/FOLDER",
        "git pull && ./install.sh   # in its checkout",
      ],
      because: error,
    });
  }
}

async function versionOf(base: URL, sums: ReadonlyMap<string, string>, request: UpgradeRequest): Promise<Version> {
  const text = await downloadText(addressOf(base, request.wanted, "VERSION"), request);
  refuseOtherDigest("VERSION", createHash("sha256").update(text).digest("hex"), sums);
  const version = parseVersionFile(text);
  if (version === null) throw wrongFile("its VERSION says no version");
  if (request.wanted === null || request.wanted === version.version) return version;
  throw wrongFile(`the release of version ${request.wanted} is one of version ${version.version}`);
}

async function fetchExecutable(
  base: URL,
  sums: ReadonlyMap<string, string>,
  scratch: string,
  request: UpgradeRequest,
): Promise<string> {
  const name = `petesbrain-sync-${platform()}-${arch()}.gz`;
  const [packed, fresh] = [join(scratch, name), join(scratch, "petesbrain-sync")];
  request.onStep(`fetching ${name}`);
  refuseOtherDigest(name, await downloadFile(addressOf(base, request.wanted, name), packed, request), sums);
  request.onStep("unpacking");
  await pipeline(
    createReadStream(packed),
    createGunzip(),
    createWriteStream(fresh, { flags: "wx", mode: 0o755, flush: true }),
  );
  return fresh;
}

function refuseOtherDigest(name: string, found: string, sums: ReadonlyMap<string, string>): void {
  const wanted = sums.get(name);
  if (wanted === found) return;
  throw wrongFile(
    wanted === undefined
      ? `its SHA256SUMS say nothing about ${name}`
      : `${name} is not the file that was published (SHA-256 ${found} instead of ${wanted})`,
  );
}

function wrongFile(why: string): Failure {
  const cause = `the release is not what it should be: ${why}; nothing was changed`;
  return new Failure("integrity-mismatch", {
    cause,
    remedy: ["petesbrain-sync upgrade   # again, perhaps on another network"],
  });
}
