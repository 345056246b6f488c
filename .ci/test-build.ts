// The test build (same code, fault points alive) at dist/test/petesbrain-sync, made again only when a source changed.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.ts";
import { BUN_VERSION, hostTarget, ROOT } from "./bun-packages.mjs";

export const TEST_EXECUTABLE = join(ROOT, "dist", "test", "petesbrain-sync");

/** Brings the test build up to date with the sources and returns its path. */
export async function ensureTestBuild(): Promise<string> {
  const stamp = `${TEST_EXECUTABLE}.sources`;
  const wanted = await digestOfSources();
  const built = existsSync(TEST_EXECUTABLE) && existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  if (built === wanted) return TEST_EXECUTABLE;
  // The Bun that runs this is the pinned one already, so it serves as the template.
  const request = { target: hostTarget(), faults: true, outfile: TEST_EXECUTABLE };
  await build({ ...request, template: process.execPath, commit: "test" });
  writeFileSync(stamp, wanted);
  return TEST_EXECUTABLE;
}

async function digestOfSources(): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  const listed = [...new Bun.Glob("{cmd,lib}/**/*.{ts,json}").scanSync({ cwd: ROOT })].sort();
  for (const path of [...listed, "package.json", "bun.lock", ".ci/build.ts", ".ci/test-build.ts"]) {
    hasher
      .update(`${path}\0`)
      .update(await Bun.file(join(ROOT, path)).bytes())
      .update("\0");
  }
  return `${BUN_VERSION} ${hasher.digest("hex")}\n`;
}

if (import.meta.main) console.log(await ensureTestBuild());
