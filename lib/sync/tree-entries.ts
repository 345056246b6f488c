// Which object critical files are in a tree, asked of git once: what a change makes of it is derived, and the last
// answer is remembered, so that most runs need not ask at all.
import { type Change, type Entry, parseTree } from "../git/parse.ts";
import type { Git } from "../git/shell.ts";
import { treesOf } from "../git/trees.ts";
import type { State } from "../machine/state.ts";

/** Entries by path; null for a path that is not in the tree. A path that is lacking is not known. */
type Known = ReadonlyMap<string, Entry | null>;

interface Kept {
  /** A commit or tree; the commit and its tree as well, where both are known. */
  id: string;
  pair: { commit: string; tree: string } | null;
  entries: [path: string, entry: Entry | null][];
}

const FACT = "tree-entries";
/** More names than this do not fit on a command line everywhere. */
const MOST_NAMED = 1_000;

export class TreeEntries {
  private readonly git: Git;
  private readonly state: State;
  private readonly isWatched: (path: string) => boolean;
  private readonly known = new Map<string, Known>();
  private readonly treeByCommit = new Map<string, string>();
  private loaded = false;

  /** @param isWatched paths that are derived along when they are new. */
  constructor(git: Git, state: State, isWatched: (path: string) => boolean) {
    this.git = git;
    this.state = state;
    this.isWatched = isWatched;
  }

  /** The entries of some paths in a commit or tree; paths that are not in it are left out. */
  async of(id: string, paths: readonly string[]): Promise<Map<string, Entry>> {
    this.load();
    const known: Known = this.known.get(id) ?? new Map();
    const unknown = paths.filter((path) => !known.has(path));
    const found = unknown.length === 0 ? known : new Map([...known, ...(await this.ask(id, unknown))]);
    this.known.set(id, found);
    return new Map(
      paths.flatMap((path) => {
        const entry = found.get(path) ?? null;
        return entry === null ? [] : [[path, entry] as const];
      }),
    );
  }

  /** Tells what becomes of one commit or tree by changes. */
  derive(from: string, to: string, changes: readonly Change[]): void {
    this.load();
    const before = this.known.get(from);
    if (before === undefined || this.known.has(to)) return;
    const after = new Map(before);
    for (const { path, after: entry } of changes) if (after.has(path) || this.isWatched(path)) after.set(path, entry);
    this.known.set(to, after);
  }

  /** Tells the tree of a commit. */
  name(commit: string, tree: string): void {
    this.treeByCommit.set(commit, tree);
    const known = this.known.get(tree) ?? this.known.get(commit);
    if (known === undefined) return;
    this.known.set(tree, known);
    this.known.set(commit, known);
  }

  /** The tree of a commit, or the tree itself. */
  async treeOf(id: string): Promise<string> {
    this.load();
    const known = this.treeByCommit.get(id);
    if (known !== undefined) return known;
    const [tree = ""] = await treesOf(this.git, [id]);
    this.name(id, tree);
    return tree;
  }

  /** Remembers what is known of a commit or tree for the next run. */
  keep(id: string): void {
    const known = this.known.get(id);
    if (known === undefined) return;
    const pair = [...this.treeByCommit].find((names) => names.includes(id));
    const kept: Kept = {
      id,
      pair: pair === undefined ? null : { commit: pair[0], tree: pair[1] },
      entries: [...known],
    };
    const text = JSON.stringify(kept);
    if (this.state.fact(FACT) !== text) this.state.setFact(FACT, text);
  }

  private load(): void {
    if (this.loaded) return;
    this.loaded = true;
    const fact = this.state.fact(FACT);
    if (fact === null) return;
    // written by keep
    const { id, pair, entries } = JSON.parse(fact) as Kept;
    this.known.set(id, new Map(entries));
    if (pair !== null) this.name(pair.commit, pair.tree);
  }

  private async ask(id: string, paths: readonly string[]): Promise<Known> {
    const named = paths.length <= MOST_NAMED ? paths : [];
    const args = ["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", id, ...named];
    const found = parseTree((await this.git.run(args)).stdout);
    return new Map(paths.map((path) => [path, found.get(path) ?? null]));
  }
}
