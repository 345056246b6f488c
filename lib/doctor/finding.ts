// What doctor says of one thing it looked at, and what it is given to look with.
import type { AgentPlace } from "../agent/agents.ts";
import type { AgentPlan } from "../agent/jobs.ts";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";

/** `error`: runs fail, or will. `warning`: they work, and something should be seen to. */
export type Level = "ok" | "warning" | "error";

export interface Finding {
  /** The thing looked at, as one or two words. */
  readonly check: string;
  readonly level: Level;
  /** One sentence, lower case. */
  readonly says: string;
  /** Commands to paste; of several, the first is the better way. Empty when all is well. */
  readonly remedy: readonly string[];
  /** Mends it without touching a file of the user's; null where that is for a person to do. */
  readonly mend: (() => void) | null;
}

/** Everything the checks look with. */
export interface Patient {
  readonly context: Context;
  readonly repository: Repository;
  readonly git: Git;
  /** This machine's scheduler, system and tools. */
  readonly place: AgentPlace;
  /** Null where no installed program is running. */
  readonly plan: AgentPlan | null;
}

/** Looks at one thing, or at several of a kind. */
export type Check = (patient: Patient) => Promise<Finding[]> | Finding[];

export function ok(check: string, says: string): Finding {
  return { check, level: "ok", says, remedy: [], mend: null };
}

export function warning(
  check: string,
  says: string,
  remedy: readonly string[],
  mend: (() => void) | null = null,
): Finding {
  return { check, level: "warning", says, remedy, mend };
}

export function problem(
  check: string,
  says: string,
  remedy: readonly string[],
  mend: (() => void) | null = null,
): Finding {
  return { check, level: "error", says, remedy, mend };
}

/** For what only a Mac has: said on other systems, so that nobody wonders whether it was looked at. */
export function onlyOnMac(check: string): Finding {
  return ok(check, "only on a Mac; there is nothing to look at here");
}

export function isMac({ place }: Patient): boolean {
  return place.platform === "darwin";
}
