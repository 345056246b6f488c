// What people let pass on the machines where the arriving commits were made, and how far it reaches: a hit that the
// later commits alone give as well is not the one that somebody looked at.
import { diffTrees } from "../git/trees.ts";
import { type Hit, isAllowed } from "../guard.ts";
import type { RecordedAllowance } from "../machine/record.ts";
import { contentHits } from "./guard-contents.ts";
import { folderHits } from "./guard-folder.ts";
import type { Proposal } from "./propose.ts";
import type { Session } from "./session.ts";

/** The allowances of arriving commits that hold for some of the hits. */
export async function allowedThere(
  session: Session,
  proposal: Proposal,
  allowed: readonly RecordedAllowance[],
  hits: readonly Hit[],
): Promise<RecordedAllowance[]> {
  const { theirs } = proposal;
  const useful = allowed.filter((allowance) => hits.some((hit) => isAllowed(hit, [allowance])));
  if (useful.length === 0 || theirs === null) return [];
  const head = session.report.head.before;
  const range = head === null ? [theirs] : [theirs, `^${head}`];
  const arriving = new Set((await session.git.text(["rev-list", "--end-of-options", ...range])).split("\n"));
  const holding: RecordedAllowance[] = [];
  for (const commit of new Set(useful.map((allowance) => allowance.commit))) {
    if (!arriving.has(commit)) continue;
    const since = await hitsSince(session, commit, theirs);
    const isNew = ({ guard, path }: RecordedAllowance): boolean =>
      since.some((hit) => hit.guard === guard && (path === null || hit.path === path));
    holding.push(...useful.filter((allowance) => allowance.commit === commit && !isNew(allowance)));
  }
  return holding;
}

async function hitsSince(session: Session, commit: string, theirs: string): Promise<Hit[]> {
  const changes = await diffTrees(session.git, commit, theirs);
  if (changes.length === 0) return [];
  const folder = await folderHits(session, { changes, before: commit, after: theirs });
  return [...folder, ...(await contentHits(session, changes))];
}
