// The pinned Bun as npm packages: which one a machine needs, its integrity, and how it gets into the cache.
// Plain JavaScript without dependencies, because it runs before there is any Bun; build.ts uses it for foreign targets.
import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const CACHE = join(ROOT, "node_modules", ".cache", "petesbrain-sync");

/** The Bun version that `packageManager` in package.json pins. */
export const BUN_VERSION = pinnedVersion();

/** @typedef {"darwin-arm64" | "darwin-x64" | "linux-x64" | "linux-arm64"} Target */

/**
 * Package name and sha512 of the tarball for each target, of the pinned version. A new version needs new rows:
 * `npm view @oven/bun-linux-x64@VERSION dist.integrity`.
 * @type {Readonly<Record<Target, { name: string, integrity: string }>>}
 */
export const BUN_PACKAGES = {
  "darwin-arm64": {
    name: "@oven/bun-darwin-aarch64",
    integrity: "sha512-4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ==",
  },
  "darwin-x64": {
    name: "@oven/bun-darwin-x64",
    integrity: "sha512-qkLPMGHZM9NI6CeHTWwVezzmlo6cC4Ta7yUAjYIWXS366qQcOlcp75t2uZyiuVRBMPS0h9qE0tCcvCHGaFqjJg==",
  },
  "linux-x64": {
    name: "@oven/bun-linux-x64",
    integrity: "sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==",
  },
  "linux-arm64": {
    name: "@oven/bun-linux-aarch64",
    integrity: "sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==",
  },
};

/** The target of the machine this runs on. @returns {Target} @throws {Error} where the product is not built for it. */
export function hostTarget() {
  const name = `${process.platform}-${process.arch}`;
  if (!Object.hasOwn(BUN_PACKAGES, name)) {
    throw new Error(`there is no build for ${name}: the targets are ${Object.keys(BUN_PACKAGES).join(", ")}`);
  }
  if (process.platform === "linux" && isMusl()) {
    throw new Error(`there is no build for ${name} with musl: use a distribution with glibc, such as Debian or Ubuntu`);
  }
  return /** @type {Target} */ (name);
}

/** Where the pinned Bun for `target` is kept once it was fetched. @param {Target} target @returns {string} */
export function cachedBun(target) {
  return join(CACHE, `bun-${BUN_VERSION}`, target, "bun");
}

/**
 * The path of the pinned Bun for `target`, fetched once into the cache and checked against the integrity above.
 * The package comes from whatever registry the user's own settings name.
 * @param {Target} target
 * @returns {string}
 */
export function fetchBun(target) {
  const executable = cachedBun(target);
  if (existsSync(executable)) return executable;
  mkdirSync(CACHE, { recursive: true });
  const scratch = mkdtempSync(join(CACHE, "fetch-"));
  try {
    const fetched = onPath("npm") === null ? installByBun(target, scratch) : packByNpm(target, scratch);
    mkdirSync(dirname(executable), { recursive: true });
    // The rename comes last, so that a file in the cache is always a whole one, also with two fetches at once.
    renameSync(fetched, executable);
    return executable;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The first executable called `name` in PATH, or null. @param {string} name @returns {string | null} */
export function onPath(name) {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const candidate = join(folder, name);
    if (folder !== "" && existsSync(candidate)) return candidate;
  }
  return null;
}

/** True when `command` is a Bun of exactly the pinned version. @param {string} command @returns {boolean} */
export function isPinnedBun(command) {
  const answer = spawnSync(command, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return answer.status === 0 && answer.stdout.trim() === BUN_VERSION;
}

/**
 * @param {Target} target
 * @param {string} scratch
 * @returns {string}
 */
function packByNpm(target, scratch) {
  const { name } = BUN_PACKAGES[target];
  run(
    "npm",
    ["pack", `${name}@${BUN_VERSION}`, "--pack-destination", scratch, "--ignore-scripts", "--loglevel=error"],
    ROOT,
  );
  const tarball = readdirSync(scratch).find((file) => file.endsWith(".tgz"));
  if (tarball === undefined) throw new Error(`npm pack left no file for ${name}@${BUN_VERSION}`);
  const found = `sha512-${createHash("sha512")
    .update(readFileSync(join(scratch, tarball)))
    .digest("base64")}`;
  refuseOtherIntegrity(target, found);
  run("tar", ["-xzf", tarball, "package/bin/bun"], scratch);
  return join(scratch, "package", "bin", "bun");
}

/** Without npm, a Bun of another version can fetch the pinned one. @param {Target} target @param {string} scratch @returns {string} */
function installByBun(target, scratch) {
  const bun = process.versions.bun === undefined ? onPath("bun") : process.execPath;
  if (bun === null) throw new Error(`needs npm, or Bun ${BUN_VERSION}, in PATH`);
  const { name } = BUN_PACKAGES[target];
  writeFileSync(
    join(scratch, "package.json"),
    JSON.stringify({ name: `fetch-${randomUUID()}`, dependencies: { [name]: BUN_VERSION } }),
  );
  // An empty cache of its own: what is installed was then downloaded now, and checked by Bun against its lock file.
  const flags = ["--ignore-scripts", "--os=*", "--cpu=*", "--no-progress", "--cache-dir", join(scratch, "cache")];
  run(bun, ["install", ...flags], scratch);
  const [found = "none"] = /sha512-[A-Za-z0-9+/=]+/.exec(readFileSync(join(scratch, "bun.lock"), "utf8")) ?? [];
  refuseOtherIntegrity(target, found);
  return join(scratch, "node_modules", ...name.split("/"), "bin", "bun");
}

/** @param {Target} target @param {string} found */
function refuseOtherIntegrity(target, found) {
  const { name, integrity } = BUN_PACKAGES[target];
  if (found === integrity) return;
  throw new Error(`${name}@${BUN_VERSION} is not the file it should be: ${found} instead of ${integrity}`);
}

/** @param {string} command @param {readonly string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const ended = spawnSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (ended.status === 0) return;
  const said = ended.error?.message ?? `${ended.stdout}${ended.stderr}`.trim();
  throw new Error(`${command} ${args[0] ?? ""} ends with ${ended.status ?? ended.signal ?? "no answer"}: ${said}`);
}

/** musl's loader is there and glibc's is not. */
function isMusl() {
  const loaders = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"].flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder) : [],
  );
  return loaders.some((file) => file.startsWith("ld-musl-")) && !loaders.some((file) => file.startsWith("ld-linux-"));
}

function pinnedVersion() {
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const [, version] = /^bun@(\d+\.\d+\.\d+)$/.exec(String(packageManager)) ?? [];
  if (version === undefined)
    throw new Error(`package.json: packageManager is ${String(packageManager)}, not bun@VERSION`);
  return version;
}
