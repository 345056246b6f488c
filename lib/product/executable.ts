// The installed executable and the one before it: trying, replacing, going back. A replacement is one rename, because
// macOS remembers signatures by file and a program that runs must not change under its own feet.
import { copyFileSync, existsSync, linkSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { pasted } from "../paste.ts";
import type { Version } from "./release-files.ts";

const PREVIOUS = ".previous";
const TRY_MS = 30_000;

/** The place an executable belongs in, also when the one before it is what runs. */
export function placeOf(running: string): string {
  return running.endsWith(PREVIOUS) ? running.slice(0, -PREVIOUS.length) : running;
}

/** Where the one before it is kept. */
export function previousOf(place: string): string {
  return `${place}${PREVIOUS}`;
}

/** A private folder beside the executable, on the same file system. @throws Failure `permission-denied` */
export function makeScratch(place: string): string {
  try {
    return mkdtempSync(join(dirname(place), `.${basename(place)}.`));
  } catch (error) {
    throw refusedByDisk(dirname(place), error);
  }
}

/** Runs it with `--version`. @throws Failure `integrity-mismatch` when it does not run or is another program */
export async function tryExecutable(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Version> {
  const refused = (why: string): Failure =>
    new Failure("integrity-mismatch", {
      cause: `${path} ${why}; nothing was changed`,
      remedy: [`${pasted(path)} --version`],
    });
  try {
    const env = { HOME: environment["HOME"], PATH: environment["PATH"] };
    const child = Bun.spawn([path, "--version", "--json"], {
      env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: TRY_MS,
    });
    const [out, exit] = await Promise.all([child.stdout.text(), child.exited]);
    if (exit !== 0) throw refused(`does not run here (exit ${exit})`);
    const said: unknown = JSON.parse(out);
    if (isVersion(said)) return { version: said.version, commit: said.commit };
    throw refused("does not say its version");
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw refused(error instanceof SyntaxError ? "does not say its version" : `does not run here (${String(error)})`);
  }
}

function isVersion(value: unknown): value is Version {
  if (typeof value !== "object" || value === null || !("version" in value && "commit" in value)) return false;
  return typeof value.version === "string" && typeof value.commit === "string";
}

/** Puts `fresh` into its place by one rename and keeps what was there. @throws Failure `permission-denied` */
export function replaceExecutable(fresh: string, place: string): void {
  try {
    if (existsSync(place)) keepAs(place, previousOf(place));
    renameSync(fresh, place);
  } catch (error) {
    throw refusedByDisk(place, error);
  }
}

/** Exchanges the executable with the one before it; done twice, all is as it was. @throws Failure `permission-denied` */
export function exchangeExecutables(place: string): void {
  const scratch = makeScratch(place);
  try {
    const aside = join(scratch, "aside");
    if (existsSync(place)) keepAs(place, aside);
    renameSync(previousOf(place), place);
    if (existsSync(aside)) renameSync(aside, previousOf(place));
  } catch (error) {
    throw refusedByDisk(place, error);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A link where the system allows one, for the file is large. */
function keepAs(place: string, kept: string): void {
  rmSync(kept, { force: true });
  try {
    linkSync(place, kept);
  } catch {
    copyFileSync(place, kept);
  }
}

/** What an error of the disk means here; any other error as it is. */
export function refusedByDisk(path: string, error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof Failure || code === null) return error;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new Failure("permission-denied", {
    cause: isFull ? `the disk of ${path} is full; nothing was changed` : `${path} cannot be changed (${code})`,
    remedy: [isFull ? `df -h ${pasted(dirname(path))}` : `ls -ld ${pasted(path)} ${pasted(dirname(path))}`],
    because: error,
  });
}
