// An attestation as an outsider reads it from the remote, and computes it again from the files of a folder: nothing here
// uses the product's own code.
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { isOwn } from "./observe.ts";
import { gitAnswer, gitText } from "./plain-git.ts";
import type { World } from "./world.ts";

export interface RawRecord {
  readonly ref: string;
  readonly id: string;
  readonly record: Record<string, unknown>;
  readonly manifest: RawManifest;
}

export interface RawManifest {
  schema: number;
  commit: string;
  root: string;
  folders: Record<string, string>;
  files: { path: string; sha256: string; size: number; mode: string }[];
}

const RECORD_REF = /^(refs\/(?:heads\/)?petesbrain-sync\/machines\/(.+)) /;

/** Every machine's record at the remote that vouches for something; a machine that never published has none. */
export function recordsAt(world: World): RawRecord[] {
  return world.remote
    .refs()
    .split("\n")
    .flatMap((line) => {
      const [, ref, id] = RECORD_REF.exec(line) ?? [];
      if (ref === undefined || id === undefined) return [];
      const text = (name: string): string => world.remote.git("cat-file", "blob", `${ref}:${name}`);
      if (!world.remote.git("ls-tree", "--name-only", ref).includes("manifest.json")) return [];
      return [
        {
          ref,
          id,
          record: JSON.parse(text("record.json")) as Record<string, unknown>,
          manifest: JSON.parse(text("manifest.json")) as RawManifest,
        },
      ];
    });
}

/** Puts other texts into a machine's record at the remote, as its owner or an attacker could. Null leaves the file out. */
export function rewriteRecord(world: World, ref: string, texts: Record<string, string | null>): void {
  const old = gitText(world.remote.path, world.root, ["ls-tree", ref]);
  const rows = new Map(old.split("\n").map((row) => [row.split("\t")[1] ?? "", row]));
  for (const [name, text] of Object.entries(texts)) {
    if (text === null) rows.delete(name);
    else {
      const oid = gitText(world.remote.path, world.root, ["hash-object", "-w", "--stdin"], text);
      rows.set(name, `100644 blob ${oid}\t${name}`);
    }
  }
  const tree = gitText(world.remote.path, world.root, ["mktree"], [...rows.values()].map((row) => `${row}\n`).join(""));
  const identity = ["-c", "user.name=someone", "-c", "user.email=someone@example.com"];
  const commit = gitText(world.remote.path, world.root, [...identity, "commit-tree", tree, "-m", "rewritten"]);
  const moved = gitAnswer(world.remote.path, world.root, ["update-ref", ref, commit]);
  if (moved.exit !== 0) throw new Error(moved.stderr);
}

/** SHA-256 of every folder of a folder (`""` is the top), from the files themselves. */
export function shadowsOf(folder: string, ignored: readonly string[] = []): Map<string, string> {
  const shadows = new Map<string, string>();
  const visit = (path: string): string => {
    const rows = readdirSync(join(folder, path), { withFileTypes: true })
      .map((entry) => ({ entry, inner: path === "" ? entry.name : `${path}/${entry.name}` }))
      .filter(({ inner }) => inner !== ".git" && !isOwn(inner) && !ignored.includes(inner))
      .map(({ entry, inner }) => {
        const isFolder = entry.isDirectory();
        const digest = isFolder ? visit(inner) : fileDigest(join(folder, inner));
        // git sorts a folder as if its name ended in a slash
        return {
          order: isFolder ? `${entry.name}/` : entry.name,
          mode: modeOf(join(folder, inner)),
          name: entry.name,
          digest,
        };
      })
      .sort((a, b) => Buffer.compare(Buffer.from(a.order), Buffer.from(b.order)));
    const hash = createHash("sha256");
    for (const { mode, name, digest } of rows) hash.update(`${mode} ${name}\0${digest}\n`);
    const digest = hash.digest("hex");
    shadows.set(path, digest);
    return digest;
  };
  visit("");
  return shadows;
}

export function fileDigest(path: string): string {
  const bytes = lstatSync(path).isSymbolicLink() ? readlinkSync(path, { encoding: "buffer" }) : readFileSync(path);
  return createHash("sha256").update(bytes).digest("hex");
}

function modeOf(path: string): string {
  const found = lstatSync(path);
  if (found.isDirectory()) return "40000";
  if (found.isSymbolicLink()) return "120000";
  return (found.mode & 0o100) === 0 ? "100644" : "100755";
}
