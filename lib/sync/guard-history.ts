// Hits in commits that were made with plain git and never published: what a later commit took out again would still go
// out with the history, and a host that refuses it would refuse every later push.
import type { Hit } from "../guard.ts";
import { learnFromStore } from "./learn.ts";
import type { Proposal } from "./propose.ts";
import type { Session } from "./session.ts";

interface Blob {
  readonly oid: string;
  readonly path: string;
  readonly sizeBytes: number;
}

/** Judges every content of unpublished commits that is not in the folder any more. */
export async function historyHits(session: Session, proposal: Proposal): Promise<Hit[]> {
  const { before: head } = session.report.head;
  if (head === null || head === proposal.theirs) return [];
  const shown = new Set(proposal.outgoing.flatMap(({ after }) => (after === null ? [] : [after.oid])));
  const blobs = (await unpublishedBlobs(session, head, proposal.theirs)).filter(({ oid }) => !shown.has(oid));
  const { largestFileBytes } = session.context.settings.guards;
  const back = `git reset --soft ${proposal.theirs ?? "COMMIT"} takes those commits back and keeps the files`;
  const large = blobs.filter(({ sizeBytes }) => sizeBytes > largestFileBytes);
  const small = blobs.filter(({ sizeBytes }) => sizeBytes <= largestFileBytes);
  await learnFromStore(session, small);
  return [
    ...large.map(({ path, sizeBytes }): Hit => {
      return { guard: "large-file", path, says: `has ${sizeBytes} bytes in an unpublished commit; ${back}` };
    }),
    ...small.flatMap(({ path, oid }): Hit[] => {
      const [secret] = session.contents.of(path, oid)?.secrets ?? [];
      if (secret === undefined) return [];
      return [{ guard: "secret", path, says: `holds ${secret.kind} in an unpublished commit; ${back}` }];
    }),
  ];
}

/** Contents that HEAD's history has and the remote's has not, each under one of its names. */
async function unpublishedBlobs(session: Session, head: string, theirs: string | null): Promise<Blob[]> {
  const range = theirs === null ? [head] : [head, `^${theirs}`];
  const named = await session.git.run(["rev-list", "--objects", "--end-of-options", ...range]);
  if (named.stdout.length === 0) return [];
  const sized = await session.git.text(
    ["cat-file", "--batch-check=%(objecttype) %(objectsize) %(objectname) %(rest)"],
    {
      input: named.stdout,
    },
  );
  return sized.split("\n").flatMap((line) => {
    const [, size, oid, path] = /^blob (\d+) ([0-9a-f]{40,64}) (.+)$/.exec(line) ?? [];
    return size === undefined || oid === undefined || path === undefined
      ? []
      : [{ oid, path, sizeBytes: Number(size) }];
  });
}
