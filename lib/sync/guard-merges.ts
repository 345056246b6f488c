// Hits in task lists that were merged: an entry of either side that neither deleted must be in the result.
import { smallContents } from "../git/cat-file.ts";
import type { Hit } from "../guard.ts";
import { lostIds } from "../integrity/lost-ids.ts";
import { named } from "../named.ts";
import type { Proposal } from "./propose.ts";
import type { Session } from "./session.ts";

const MOST_BYTES = 64 * 1024 * 1024;
const NAMED = 5;

/** Judges every JSON file that a proposal merged by content. */
export async function mergeHits(session: Session, proposal: Proposal): Promise<Hit[]> {
  const merges = proposal.merges.filter(({ path }) => path.endsWith(".json"));
  const hits: Hit[] = [];
  for (const { path, base, ours, theirs, result } of merges) {
    const names = [ours.oid, theirs.oid, result.oid, ...(base === null ? [] : [base.oid])];
    const [mine, other, merged, common] = (await smallContents(session.git, names, MOST_BYTES)).map((content) =>
      content?.toString("utf8"),
    );
    if (mine === undefined || other === undefined || merged === undefined) continue;
    const lost = lostIds({ base: common ?? null, ours: mine, theirs: other, merged });
    if (lost.length === 0) continue;
    const says = `was merged and lacks ${lost.length === 1 ? "the entry" : `${lost.length} entries`} that neither side deleted: ${named(lost, NAMED)}`;
    hits.push({ guard: "lost-ids", path, says });
  }
  return hits;
}
