// Hits in commits that were made with plain git and never published: what a later commit took out again would still go
// out with the history, and a host that refuses it would refuse every later push.
import { type Entry, parseTree } from "../git/parse.ts";
import type { Hit } from "../guard.ts";
import { isContent } from "../integrity/contents.ts";
import type { FoundSecret } from "../integrity/secrets.ts";
import { lastMatchDecides } from "../machine/globs.ts";
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
    ...(await secretsOf(session, small, proposal.theirs)).map(({ path, what }): Hit => {
      return { guard: "secret", path, says: `${what} in an unpublished commit; ${back}` };
    }),
  ];
}

/** Secrets by name or content that the published version of the path does not have. */
async function secretsOf(
  session: Session,
  blobs: readonly Blob[],
  theirs: string | null,
): Promise<{ path: string; what: string }[]> {
  const isSecretName = lastMatchDecides(session.context.settings.guards.neverSync);
  const secretsIn = (path: string, oid: string): readonly FoundSecret[] =>
    session.contents.of(path, oid)?.secrets ?? [];
  const doubtful = blobs.filter(({ path, oid }) => isSecretName(path) || secretsIn(path, oid).length > 0);
  const published = await entriesAt(
    session,
    theirs,
    doubtful.map(({ path }) => path),
  );
  const before = [...published].filter(([, entry]) => isContent(entry));
  await learnFromStore(
    session,
    before.map(([path, { oid }]) => ({ path, oid })),
  );
  return doubtful.flatMap(({ path, oid }) => {
    const was = published.get(path);
    if (was === undefined && isSecretName(path)) return [{ path, what: "is by its name a file that is never synced," }];
    const known = new Set(was === undefined ? [] : secretsIn(path, was.oid).map(({ mark }) => mark));
    const [secret] = secretsIn(path, oid).filter(({ mark }) => !known.has(mark));
    return secret === undefined ? [] : [{ path, what: `holds ${secret.kind}` }];
  });
}

async function entriesAt(
  session: Session,
  commit: string | null,
  paths: readonly string[],
): Promise<Map<string, Entry>> {
  if (commit === null || paths.length === 0) return new Map();
  const args = ["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit, ...paths];
  return parseTree((await session.git.run(args)).stdout);
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
