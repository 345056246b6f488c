// The class of a path and what is meant for it: the first class whose glob matches decides. Pure.
import type { FileClass, Policy } from "../machine/settings-classes.ts";

export interface Classified {
  readonly name: string;
  readonly policy: Policy;
  /** The glob that decided; null for `other`. */
  readonly glob: string | null;
  /** `built-in` or `<file>:<line>`. */
  readonly source: string;
}

/** The class of paths of the folder, and the glob that gave it. */
export function classifier(classes: readonly FileClass[]): (path: string) => Classified {
  const compiled = classes.flatMap(({ name, globs, policy, source }) =>
    globs.map((glob) => ({ matcher: new Bun.Glob(glob), found: { name, policy, glob, source } })),
  );
  return (path) => compiled.find(({ matcher }) => matcher.match(path))?.found ?? OTHER;
}

const OTHER: Classified = { name: "other", policy: "merge", glob: null, source: "built-in" };

/** A policy in a word, or two. */
export function wordOf(policy: Policy): string {
  return typeof policy === "string" ? policy : `prefer ${policy.prefer}`;
}

/** What a policy means for a file that both machines changed, one sentence. */
export function meaningOf(policy: Policy): string {
  const changed = "changed on both machines:";
  if (typeof policy === "object")
    return `${changed} the version of ${policy.prefer} is taken, the other one stays in the history or in a snapshot`;
  switch (policy) {
    case "ask":
      return `${changed} a person chooses (petesbrain-sync resolve); until then nothing is changed`;
    case "by-id":
      return `${changed} united entry by entry, where every entry can be proven to be kept; else a person chooses`;
    case "append":
    case "both":
      return `${changed} the entries of both are kept, each once; where both edited one entry a person chooses`;
    case "merge":
      return `${changed} merged line by line; where both changed the same lines a person chooses`;
  }
}
