// Everything that can be got back: what the folders show, what any ref reaches on any machine or on the remote, and
// what the product set aside. The oracle for "nothing is lost".
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { digestOf, isOwn } from "./observe.ts";
import type { World } from "./world.ts";

/** SHA-256 of the content of every file and link of the user's below `folder`. */
export function contentsBelow(folder: string, below = ""): Set<string> {
  const found = new Set<string>();
  if (!existsSync(join(folder, below))) return found;
  for (const name of readdirSync(join(folder, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    if (name === ".git" || isOwn(path)) continue;
    const place = join(folder, path);
    const stat = lstatSync(place);
    if (stat.isDirectory()) for (const digest of contentsBelow(folder, path)) found.add(digest);
    else if (stat.isFile()) found.add(digestOf(readFileSync(place)));
    else if (stat.isSymbolicLink()) found.add(digestOf(Buffer.from(readlinkSync(place))));
  }
  return found;
}

/** SHA-256 of every blob that some ref (or HEAD, or the index) of the repository reaches. */
function reachable(repository: string): Set<string> {
  const env = { PATH: process.env["PATH"] ?? "", GIT_CONFIG_NOSYSTEM: "1", HOME: repository };
  const ask = (args: string[], input: Uint8Array): Buffer => {
    const answer = Bun.spawnSync(["git", ...args], { cwd: repository, env, stdin: input });
    if (answer.exitCode !== 0) throw new Error(`git ${args.join(" ")} in ${repository}: ${answer.stderr.toString()}`);
    return Buffer.from(answer.stdout);
  };
  const listed = ask(["rev-list", "--objects", "--all", "--no-object-names"], new Uint8Array());
  const batch = ask(["cat-file", "--batch"], listed);
  const found = new Set<string>();
  for (let at = 0; at < batch.length; ) {
    const lineEnd = batch.indexOf(10, at);
    const [, type, size] = batch.subarray(at, lineEnd).toString("latin1").split(" ");
    if (type === "missing" || size === undefined)
      throw new Error(`an object that a ref reaches is missing in ${repository}`);
    const bytes = batch.subarray(lineEnd + 1, lineEnd + 1 + Number(size));
    if (type === "blob") found.add(digestOf(bytes));
    at = lineEnd + 1 + Number(size) + 1;
  }
  return found;
}

/** SHA-256 of every content that somebody could still get back, anywhere in the world. */
function holdingsOf(world: World): Set<string> {
  const all = new Set<string>();
  const add = (some: Iterable<string>): void => {
    for (const digest of some) all.add(digest);
  };
  for (const machine of world.machines) {
    add(contentsBelow(machine.folder));
    add(contentsBelow(machine.at(".git/petesbrain-sync")));
    // copies of critical and local files, which no object of git has
    add(contentsBelow(machine.at(".sync-snapshot")));
    add(reachable(machine.folder));
  }
  add(reachable(world.remote.path));
  return all;
}

/** Contents of `wanted` that nobody can get back any more; empty is what every test wants. */
export function lostFrom(world: World, wanted: Iterable<string>): string[] {
  const held = holdingsOf(world);
  return [...wanted].filter((digest) => !held.has(digest));
}
