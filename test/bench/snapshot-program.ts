// The product's own snapshot as a program, compiled as the product is: `FOLDER SCRATCH RUN` takes one as a run does, and
// prints the milliseconds that it took inside the process. The folder's watched files are read before, as in a run.
import { join } from "node:path";
import { locateRepository } from "../../lib/git/repository.ts";
import { Git } from "../../lib/git/shell.ts";
import { readWatched } from "../../lib/integrity/baseline.ts";
import { pathMatcher } from "../../lib/machine/globs.ts";
import { BUILT_IN } from "../../lib/machine/settings.ts";
import { State } from "../../lib/machine/state.ts";
import { dropCopies, takeCopies } from "../../lib/snapshot/copies.ts";
import { keepSnapshot } from "../../lib/snapshot/keep.ts";
import { lookAtFolder, treeOfFolder } from "../../lib/snapshot/take.ts";

export interface SnapshotTime {
  readonly ms: number;
}

const [folder = "", scratch = "", run = ""] = process.argv.slice(2);
const repository = locateRepository(folder);
const git = new Git({ folder, environment: process.env, signal: new AbortController().signal, keepsReader: true });
const state = State.open(scratch);
const watched = readWatched(folder, BUILT_IN);
const began = performance.now();
const look = await lookAtFolder(git, repository, {
  oidBytes: Promise.resolve(20),
  judgeNew: () => Promise.resolve(null),
  stateDir: scratch,
});
const tree = await treeOfFolder(git, repository, look, { target: join(scratch, "index"), oidBytes: 20, state });
const copies = takeCopies({
  folder,
  about: { run, command: "bench", takenAt: "", head: look.head, branch: look.branch, watched: [], missed: [] },
  seen: watched.files,
  isInGit: pathMatcher(BUILT_IN.critical),
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
});
const [commit] = await Promise.all([
  git.text(["commit-tree", "-p", look.head ?? "", "-m", "snapshot", tree.tree]),
  tree.safe,
  copies,
]);
await keepSnapshot(git, run, commit, null);
const time: SnapshotTime = { ms: performance.now() - began };
await git.objects?.end();
dropCopies(folder, [run]);
state.close();
console.log(JSON.stringify(time));
