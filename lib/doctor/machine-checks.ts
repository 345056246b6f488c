// This computer: the program and its signature, the search path, clock, disk, and the modes of what is private.
import { accessSync, chmodSync, constants, existsSync, mkdirSync, realpathSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { searchPath } from "../git/git-environment.ts";
import { settingsPaths } from "../machine/settings.ts";
import { pasted } from "../paste.ts";
import { type Finding, isMac, ok, onlyOnMac, type Patient, problem, warning } from "./finding.ts";

/** The name typed by people and by the old scripts leads to this very program. */
export function checkSearchPath({ context, plan }: Patient): Finding[] {
  const found = Bun.which("petesbrain-sync", { PATH: searchPath(context.environment) });
  if (found === null) {
    const says = "petesbrain-sync is not in the search path of this shell";
    return [
      warning("search path", says, [`export PATH="$HOME/.local/bin:$PATH"   # into the start-up file of your shell`]),
    ];
  }
  const real = realpathSync(found);
  if (plan === null || real === plan.program) return [ok("search path", `petesbrain-sync is ${found}`)];
  const says = `petesbrain-sync in the search path is another program, ${real}, than the one that is running, ${plan.program}`;
  return [warning("search path", says, [`ls -l ${pasted(found)} ${pasted(plan.program)}`])];
}

/** The program as macOS sees it: its signature holds, and no browser has put it under quarantine. */
export async function checkSignature(patient: Patient): Promise<Finding[]> {
  if (!isMac(patient)) return [onlyOnMac("signature")];
  const { plan, place } = patient;
  if (plan === null)
    return [warning("signature", "the sources are running, not the installed program", ["./install.sh"])];
  const verified = await place.tools.run(["codesign", "--verify", "--strict", plan.program]);
  if (verified.exit !== 0) {
    const says = `the signature of ${plan.program} does not hold: ${verified.stderr.trim() || verified.exit}`;
    return [problem("signature", says, ["./install.sh   # puts a whole program in its place"])];
  }
  const quarantine = await place.tools.run(["xattr", "-p", "com.apple.quarantine", plan.program]);
  if (quarantine.exit !== 0) return [ok("signature", "the program's signature holds, and it is under no quarantine")];
  const says = `${plan.program} came through a browser and is under quarantine: macOS ends it when an agent starts it`;
  return [problem("signature", says, [`xattr -d com.apple.quarantine ${pasted(plan.program)}`])];
}

const AHEAD_MS = 5 * 60_000;

/** The clock, held against the newest commits: one that comes from the future says that this clock is behind. */
export async function checkClock({ git, context }: Patient): Promise<Finding[]> {
  const { remote, branch } = context.settings;
  const tips = ["HEAD", `refs/remotes/${remote}/${branch}`];
  const answer = await git.run(["log", "-1", "--format=%ct", "--no-walk=sorted", ...tips, "--"], { accept: [0, 128] });
  const newest = Number(Buffer.from(answer.stdout).toString("latin1").trim().split("\n")[0]) * 1000;
  const now = context.now();
  if (answer.exit !== 0 || Number.isNaN(newest) || newest <= now.getTime() + AHEAD_MS)
    return [ok("clock", `${now.toISOString().replace(/\.\d+Z$/, "Z")}, not before the newest commit`)];
  const minutes = Math.round((newest - now.getTime()) / 60_000);
  const says = `this clock is at least ${minutes} minutes behind the newest commit`;
  const set = "sudo sntp -sS time.apple.com   # on a Mac; elsewhere: timedatectl set-ntp true";
  return [warning("clock", says, [set])];
}

const BYTES_PER_MB = 1_000_000;
const LOW_MB = 1_000;
const EMPTY_MB = 100;

/** Room for snapshots and for what arrives. */
export function checkDisk({ repository }: Patient): Finding[] {
  const { bavail, bsize } = statfsSync(repository.gitDir);
  const freeMb = Math.floor((bavail * bsize) / BYTES_PER_MB);
  if (freeMb >= LOW_MB) return [ok("disk", `${Math.floor(freeMb / 1000)} GB are free`)];
  const look = ["df -h . && du -sh .git   # what takes the room?"];
  const says = `only ${freeMb} MB are free where the folder is`;
  return [freeMb < EMPTY_MB ? problem("disk", says, look) : warning("disk", says, look)];
}

function isPrivate(path: string): boolean {
  return (statSync(path).mode & 0o077) === 0;
}

/** What is private can be read by nobody else; directories of our own are there and can be written. */
export function checkModes(patient: Patient): Finding[] {
  const { repository, place, context } = patient;
  const { stateDir } = repository;
  const findings: Finding[] = [];
  if (!existsSync(stateDir)) {
    const mend = (): void => void mkdirSync(stateDir, { mode: 0o700 });
    findings.push(
      warning("own files", `${stateDir} is missing: nothing has run here yet`, [`petesbrain-sync doctor --fix`], mend),
    );
  }
  const logs = join(place.home, "Library", "Logs", "petesbrain-sync");
  if (isMac(patient) && !existsSync(logs)) {
    const mend = (): void => void mkdirSync(logs, { recursive: true, mode: 0o700 });
    findings.push(
      warning(
        "own files",
        `${logs} is missing, and launchd starts nothing without it`,
        ["petesbrain-sync doctor --fix"],
        mend,
      ),
    );
  }
  const { secrets, machine } = settingsPaths({ home: place.home, environment: context.environment, folder: null });
  const snapshots = join(repository.folder, ".sync-snapshot");
  for (const [path, mode] of [
    [stateDir, 0o700],
    [snapshots, 0o700],
    [secrets, 0o600],
    [machine, 0o600],
  ] as const) {
    if (!existsSync(path) || isPrivate(path)) continue;
    const mend = (): void => chmodSync(path, mode);
    findings.push(
      warning("own files", `${path} can be read by others`, [`chmod ${mode.toString(8)} ${pasted(path)}`], mend),
    );
  }
  for (const path of [stateDir, repository.folder].filter((one) => existsSync(one))) {
    try {
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch {
      findings.push(problem("own files", `${path} cannot be written by this user`, [`ls -ld ${pasted(path)}`]));
    }
  }
  return findings.length > 0 ? findings : [ok("own files", "what is private is private, and can be written")];
}
