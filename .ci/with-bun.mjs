// Runs Bun of exactly the pinned version with the arguments given, on a machine that need not have it: finds it in PATH
// or fetches it, installs the packages when they are missing or stale, and hands over. Runs under Node 18 and under Bun.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { BUN_VERSION, CACHE, fetchBun, hostTarget, isPinnedBun, onPath, ROOT } from "./bun-packages.mjs";

try {
  const bun = findBun();
  installPackages(bun);
  handOver(bun, process.argv.slice(2));
} catch (error) {
  console.error(`set-up failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function findBun() {
  if (process.versions.bun === BUN_VERSION) return process.execPath;
  const installed = onPath("bun");
  if (installed !== null && isPinnedBun(installed)) return installed;
  const target = hostTarget();
  console.error(`set-up: Bun ${BUN_VERSION} for ${target}`);
  const bun = fetchBun(target);
  if (!isPinnedBun(bun)) throw new Error(`the fetched Bun ${BUN_VERSION} does not run on this machine: ${bun}`);
  return bun;
}

/** @param {string} bun */
function installPackages(bun) {
  const stamp = join(CACHE, "installed");
  const wanted = createHash("sha256")
    .update(readFileSync(join(ROOT, "bun.lock")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error("set-up: packages of bun.lock");
  const args = ["install", "--frozen-lockfile", "--ignore-scripts", "--no-progress", "--silent"];
  const ended = spawnSync(bun, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  if (ended.status !== 0)
    throw new Error(`bun ${args.join(" ")} ends with ${ended.status ?? ended.signal ?? "no answer"}`);
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** @param {string} bun @param {readonly string[]} args */
function handOver(bun, args) {
  const path = [dirname(bun), process.env["PATH"] ?? ""].join(delimiter);
  const child = spawn(bun, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, PATH: path } });
  // A terminal signals the whole group; the child decides how it ends, and this process ends after it.
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
    process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`set-up failed: ${bun}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128 + constants.signals[signal]);
  });
}
