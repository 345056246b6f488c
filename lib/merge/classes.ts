// The kinds of files and what happens to one that both machines changed: the first class whose glob matches decides.
// Pure. Classes are named here and told by `why`; every one of them is still merged alike, as `TODAY` says.

export type Policy = "append" | "both" | "ask" | "desktop" | "merge";

export interface FileClass {
  readonly name: string;
  /** Relative to the folder. */
  readonly globs: readonly string[];
  /** What is meant for it: `append` and `both` unite entries, `desktop` wins, `merge` is line by line, `ask` asks. */
  readonly policy: Policy;
}

/** The built-in classes; what none of them matches is `other`. */
export const CLASSES: readonly FileClass[] = [
  { name: "completed", globs: ["**/tasks-completed.md"], policy: "append" },
  { name: "logs", globs: ["**/*.log"], policy: "append" },
  { name: "email archives", globs: ["clients/*/emails/**"], policy: "both" },
  { name: "tasks", globs: ["clients/*/tasks.json", "roksys/tasks.json"], policy: "ask" },
  { name: "context", globs: ["clients/*/CONTEXT.md"], policy: "ask" },
  { name: "regenerable", globs: ["**/*.html", "**/*.csv"], policy: "desktop" },
];

/** What happens today to a file of any class that both machines changed. */
export const TODAY =
  "changed on both machines: merged line by line; where the same lines changed the run stops and nothing is changed";

export interface Classified {
  readonly name: string;
  readonly policy: Policy;
  /** The glob that decided; null for `other`. */
  readonly glob: string | null;
}

/** The class of a path of the folder, and the glob that gave it. */
export function classOf(path: string): Classified {
  for (const { name, globs, policy } of CLASSES) {
    const glob = globs.find((candidate) => new Bun.Glob(candidate).match(path));
    if (glob !== undefined) return { name, policy, glob };
  }
  return { name: "other", policy: "merge", glob: null };
}
