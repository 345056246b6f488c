// What `status` says of integrity: the baseline, the last proof, who vouches for what is checked out, what is held back.

import { Failure } from "../failure.ts";
import type { Git } from "../git/shell.ts";
import type { GuardName } from "../guard.ts";
import { readBaseline } from "../integrity/baseline.ts";
import type { Context } from "../machine/context.ts";
import { type LastVerified, lastVerified } from "../machine/history.ts";
import { pasted } from "../paste.ts";
import { type Voucher, voucherFor } from "./voucher.ts";

export interface HeldBackFile {
  readonly path: string;
  readonly guard: GuardName;
  /** Command to paste. */
  readonly remedy: string;
}

export interface StatusIntegrity {
  /** Null where none was taken, or the one there is cannot be used. */
  baseline: { readonly takenAt: string; readonly files: number } | null;
  /** The newest run that proved what lies on disk; null where none did. */
  verified: LastVerified | null;
  /** Null where no machine vouches for the commit that is checked out. */
  attestedBy: Voucher | null;
  heldBack: HeldBackFile[];
}

/** Nothing known yet. */
export function unknownIntegrity(): StatusIntegrity {
  return { baseline: null, verified: null, attestedBy: null, heldBack: [] };
}

/** Gathers what is known. The failure is that of a baseline that cannot be used. */
export async function readIntegrity(
  context: Context,
  git: Git,
  found: {
    readonly stateDir: string;
    readonly head: string | null;
    readonly heldBack: readonly { readonly path: string; readonly guard: GuardName }[];
  },
): Promise<{ integrity: StatusIntegrity; failure: Failure | null }> {
  const { baseline, failure } = baselineOf(context.folder);
  const vouched = found.head === null ? null : await voucherFor(git, context, found.head);
  const integrity = {
    baseline,
    verified: lastVerified(found.stateDir),
    attestedBy: vouched?.voucher ?? null,
    heldBack: found.heldBack.map((held) => ({ ...held, remedy: wayOut(held) })),
  };
  return { integrity, failure };
}

function baselineOf(folder: string): { baseline: StatusIntegrity["baseline"]; failure: Failure | null } {
  try {
    const baseline = readBaseline(folder);
    if (baseline === null) return { baseline, failure: null };
    return { baseline: { takenAt: baseline.takenAt, files: baseline.files.size }, failure: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { baseline: null, failure: error };
  }
}

/** What a person can do about a file that is held back: let it go, or have git ignore it and so end the reminder. */
export function wayOut({ path, guard }: { readonly path: string; readonly guard: GuardName }): string {
  // not `echo`, which reads backslashes in some shells, the Mac's among them; the last line there may have no end
  const ignore = String.raw`printf '\n%s\n' ${pasted(ignoreLine(path))} >> .gitignore`;
  if (guard === "nested-repo") return `${ignore}   # it stays on this machine, and nothing is said of it any more`;
  return `petesbrain-sync push --allow ${pasted(`${guard}:${path}`)}   # or, to keep it here: ${ignore}`;
}

/** The line of a `.gitignore` at the top that means exactly this path. Source: gitignore(5), "Pattern format". */
function ignoreLine(path: string): string {
  return `/${path.replace(/[\\*?[]/g, String.raw`\$&`).replace(/ $/, String.raw`\ `)}`;
}
