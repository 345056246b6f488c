// A path that needs a person: its versions, who made them, and what may be answered. The run that finds such paths is
// refused unless somebody answers for all of them; nothing was changed by then.
import { Failure } from "../failure.ts";
import type { Entry } from "../git/parse.ts";
import type { Sides } from "../merge/reconcile.ts";
import { pasted } from "../paste.ts";

/** `ours`, `theirs`: one machine's version; `merged`: the proven union; `both`: two files; `base`: as before both. */
export type Choice = "ours" | "theirs" | "merged" | "both" | "base";

export interface Conflict {
  readonly path: string;
  /** Name of its class, and where the rule is written. */
  readonly className: string;
  readonly source: string;
  readonly reason: string;
  readonly sides: Sides;
  /** Mode of a united content; null where there are no two contents. */
  readonly mode: string | null;
  /** A union of both versions in which nothing of either is lost; null where there is none. */
  readonly merged: Entry | null;
  /** How the two sides are called: this machine's role, and the other's. */
  readonly roles: { readonly ours: string; readonly theirs: string };
  /** Name of the second file if both versions are kept; null where that makes no sense. */
  readonly bothName: string | null;
  readonly choices: readonly Choice[];
  /** Somebody has answered it before; what is answered now stands over that. */
  readonly isAnswered: boolean;
}

export type Answer = { readonly choice: Choice } | { readonly edited: Uint8Array };

/** Asked with every conflict of a run; answers by path, not necessarily for all; null stops the run. `read` gives contents. */
export type Resolver = (
  conflicts: readonly Conflict[],
  read: (entry: Entry) => Promise<Uint8Array>,
) => Promise<ReadonlyMap<string, Answer> | null>;

/** The refusal of a run over conflicts, with all of them. */
export class ConflictsFound extends Failure {
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[], conflictsDir: string) {
    const [first] = conflicts;
    const more = conflicts.length > 1 ? ` (and ${conflicts.length - 1} more)` : "";
    super("conflicts", {
      cause: `${first?.path ?? ""}: ${first?.reason ?? ""}${more}; nothing was changed, all versions are safe`,
      paths: conflicts.map(({ path }) => path),
      remedy: waysOut(conflicts, conflictsDir),
    });
    this.conflicts = conflicts;
  }
}

function waysOut(conflicts: readonly Conflict[], conflictsDir: string): string[] {
  const [first] = conflicts;
  if (first === undefined) return [];
  const roles = [...new Set(conflicts.flatMap(({ roles: { ours, theirs } }) => [ours, theirs]))];
  const target = conflicts.length === 1 ? pasted(first.path) : "--all";
  const takes = [...roles, ...(conflicts.every(({ merged }) => merged !== null) ? ["merged"] : [])];
  return [
    "petesbrain-sync resolve   # shows each on a terminal and asks, then completes the run",
    ...takes.map((role) => `petesbrain-sync resolve ${target} --take ${pasted(role)}`),
    `ls -R ${pasted(conflictsDir)}   # base and both versions of each`,
  ];
}

/** The choice that a word of `--take` means for a conflict; null where the conflict has no such choice. */
export function choiceNamed({ choices, roles }: Conflict, word: string): Choice | null {
  if (word === roles.ours) return "ours";
  if (word === roles.theirs) return "theirs";
  return choices.find((choice) => choice === word && choice !== "ours" && choice !== "theirs") ?? null;
}
