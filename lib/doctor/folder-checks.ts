// Where the folder is and what the system does to it: privacy, iCloud, files whose bytes are elsewhere.
import { lstatSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { evictionOn, hasBytesOnPaperOnly } from "../integrity/evicted.ts";
import { protectedPlace } from "../machine/protected-place.ts";
import { named } from "../named.ts";
import { pasted } from "../paste.ts";
import { type Finding, isMac, ok, onlyOnMac, type Patient, problem, warning } from "./finding.ts";

const PRIVACY = "x-apple.systempreferences:com.apple.preference.security?Privacy_AllFiles";

/** The two ways out of a place that macOS protects: leave it, or be granted it again after each update. */
export function waysOutOfProtection({ context, place, plan }: Patient): string[] {
  const there = `${place.home}/${context.folder.slice(context.folder.lastIndexOf("/") + 1).replace(/\.nosync$/, "")}`;
  const role = context.settings.role;
  const program = plan?.program ?? "petesbrain-sync";
  return [
    `mv ${pasted(context.folder)} ${pasted(there)} && petesbrain-sync init ${pasted(there)} --role ${role} && petesbrain-sync agents install`,
    `open "${PRIVACY}"   # otherwise, Full Disk Access for ${program}, again after each update`,
  ];
}

function isKeptFromCloud(path: string): boolean {
  return path.split("/").some((part) => /\.(?:nosync|tmp)$/.test(part));
}

/** The folder's place, and the program's. */
export function checkPlaces(patient: Patient): Finding[] {
  if (!isMac(patient)) return [onlyOnMac("place")];
  const { context, place, plan } = patient;
  const { folder } = context;
  const found = protectedPlace(folder, place.home);
  const findings: Finding[] = [];
  if (found === null)
    findings.push(ok("place", "the folder is in no place that macOS or a cloud service has its hands on"));
  else if (found.isCloud && !isKeptFromCloud(folder)) {
    const says = `the folder is in ${found.where}, which copies .git file by file and damages it`;
    findings.push(problem("place", says, waysOutOfProtection(patient)));
  } else {
    const cloud = found.where === "~/Documents" || found.where === "~/Desktop" ? isKeptFromCloud(folder) : true;
    const more = cloud ? "" : "; iCloud may sync it too, for its name does not end in .nosync";
    const says = `the folder is in ${found.where}, which macOS keeps from scheduled programs${more}`;
    findings.push(warning("place", says, waysOutOfProtection(patient)));
  }
  const ofProgram = plan === null ? null : protectedPlace(plan.program, place.home);
  if (ofProgram !== null) {
    const says = `the program is in ${ofProgram.where}, which macOS keeps from scheduled programs`;
    findings.push(problem("program's place", says, ["./install.sh   # puts it into ~/.local/bin"]));
  }
  return findings;
}

const COPY = / \d+(?:\.[^./ ]+)?$/;

/** Names in git's own directory that a cloud service made by copying: `main 2`, `index 3`. */
function copiesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (COPY.test(entry.name)) return [path];
    return entry.isDirectory() ? copiesBelow(path) : [];
  });
}

/** Copies that iCloud and its like leave in git's directory; git stumbles over them as refs. */
export function checkCloudCopies({ repository }: Patient): Finding[] {
  const found = [...new Set([repository.gitDir, repository.commonDir])].flatMap(copiesBelow);
  const [first] = found;
  if (first === undefined) return [ok("cloud copies", "no file in .git was doubled by a cloud service")];
  const names = found.map((path) => relative(repository.folder, path));
  const says = `a cloud service has doubled files in .git: ${named(names)}`;
  const aside = `${repository.folder}.cloud-copies`;
  return [
    problem("cloud copies", says, [`mkdir -p ${pasted(aside)} && mv ${found.map(pasted).join(" ")} ${pasted(aside)}`]),
  ];
}

/** Tracked files whose bytes are in the cloud: a scheduled run may wait for them, or be refused them. */
export async function checkEvicted(patient: Patient): Promise<Finding[]> {
  if (!isMac(patient)) return [onlyOnMac("evicted files")];
  const { git, repository } = patient;
  const listed = await git.run(["ls-files", "-z"]);
  const isEvicted = evictionOn("darwin");
  const found = Buffer.from(listed.stdout)
    .toString("utf8")
    .split("\0")
    .filter((path) => path !== "")
    .map((path) => join(repository.folder, path))
    .filter((path) => {
      const stat = lstatSync(path, { throwIfNoEntry: false });
      return stat?.isFile() === true && hasBytesOnPaperOnly(stat) && isEvicted(path);
    });
  const [first] = found;
  if (first === undefined) return [ok("evicted files", "every tracked file has its bytes on this disk")];
  const says = `the bytes of ${found.length} tracked files are in the cloud, not on this disk; the first is ${relative(repository.folder, first)}`;
  return [
    warning("evicted files", says, [
      `brctl download ${pasted(first)}   # or in the Finder: Download Now, Keep Downloaded`,
    ]),
  ];
}
