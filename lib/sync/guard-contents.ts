// Hits in the contents of changed files. A content is judged beside the one it replaces, which is read only where the
// new one gives cause.

import { type Change, type Entry, splitRecords } from "../git/parse.ts";
import type { Hit } from "../guard.ts";
import type { ContentFacts } from "../integrity/content.ts";
import { isContent } from "../integrity/contents.ts";
import { judgeContent, needsBefore } from "../integrity/judge-content.ts";
import { pathMatcher } from "../machine/globs.ts";
import { tidy } from "../tidy.ts";
import { learnFromFolder, learnFromStore, sizesByObject } from "./learn.ts";
import type { Session } from "./session.ts";

/** What looking at one content leaves behind, bytes. */
const LEFT_BY_JUDGING = 1_000;

type Arrival = Change & { readonly after: Entry };

/** Judges the contents that changes bring, those in the folder as read there, the others as the store holds them. */
export async function contentHits(session: Session, changes: readonly Change[]): Promise<Hit[]> {
  const arrivals = changes.filter((change): change is Arrival => isContent(change.after));
  if (arrivals.length === 0) return [];
  await learnFromFolder(session, arrivals);
  await learnFromStore(
    session,
    arrivals.flatMap(({ path, after }) => (session.contents.knows(path, after.oid) ? [] : [{ path, oid: after.oid }])),
  );
  const isCritical = pathMatcher(session.context.settings.critical);
  const earlier = earlierOf(changes);
  const factsOf = (path: string, entry: Entry): ContentFacts | undefined => session.contents.of(path, entry.oid);
  const doubtful = arrivals.flatMap(({ path, after }) => {
    tidy(LEFT_BY_JUDGING);
    const [facts, before] = [factsOf(path, after), earlier(path)];
    const read = facts !== undefined && before !== null && needsBefore(facts, isCritical(path), path);
    return read ? [{ path, oid: before.oid }] : [];
  });
  await learnFromStore(session, doubtful);
  const [sizes, lfs] = [
    await sizesByObject(
      session,
      arrivals.flatMap(({ path }) => earlier(path)?.oid ?? []),
    ),
    await pointersMeant(session, arrivals),
  ];
  const { shrunkPercent, shrunkLeastBytes } = session.context.settings.guards;
  return arrivals.flatMap(({ path, after }) => {
    tidy(LEFT_BY_JUDGING);
    const facts = factsOf(path, after);
    if (facts === undefined) throw new Error(`nothing was learned of ${path}`);
    const was = earlier(path);
    const sizeBytes = was === null ? undefined : sizes.get(was.oid);
    const before = was === null ? null : (factsOf(path, was) ?? (sizeBytes === undefined ? null : { sizeBytes }));
    const change = { path, critical: isCritical(path), lfs: lfs.has(path), before, after: facts };
    return judgeContent(change, { shrunkPercent, shrunkLeastBytes });
  });
}

/** The content a path had: its own, or that of the file which was exactly renamed to it. */
function earlierOf(changes: readonly Change[]): (path: string) => Entry | null {
  const own = new Map<string, Entry>();
  const gone = new Map<string, Entry>();
  const come = new Map<string, Entry>();
  for (const { path, before, after } of changes) {
    if (isContent(before) && after !== null) own.set(path, before);
    else if (isContent(before)) gone.set(before.oid, before);
    if (before === null && isContent(after)) come.set(path, after);
  }
  return (path) => {
    const arrived = come.get(path);
    return own.get(path) ?? (arrived === undefined ? null : (gone.get(arrived.oid) ?? null));
  };
}

/**
 * Pointers of git LFS that would be published, as the attributes want it. Our runs start no program that the folder
 * chooses, so that nobody has uploaded what they point to. To be asked after `contentHits`.
 */
export async function pointerHits(session: Session, changes: readonly Change[]): Promise<Hit[]> {
  const arrivals = changes.filter((change): change is Arrival => isContent(change.after));
  const { remote } = session.context.settings;
  return [...(await pointersMeant(session, arrivals))].map((path) => {
    const says = `is kept in git LFS, whose objects no run uploads: git lfs push --all ${remote}, and let it pass`;
    return { guard: "lfs-pointer", path, says };
  });
}

/** Paths whose content is a pointer of git LFS, as the attributes say it should be. */
async function pointersMeant(session: Session, arrivals: readonly Arrival[]): Promise<Set<string>> {
  const pointers = arrivals.filter(({ path, after }) => {
    tidy(LEFT_BY_JUDGING);
    return session.contents.of(path, after.oid)?.lfsPointer === true;
  });
  if (pointers.length === 0) return new Set();
  const input = pointers.map(({ path }) => `${path}\0`).join("");
  const { stdout } = await session.git.run(["check-attr", "-z", "--stdin", "filter"], { input });
  const fields = [...splitRecords(stdout)].map((field) => Buffer.from(field).toString("utf8"));
  const meant = new Set<string>();
  for (let at = 0; at + 2 < fields.length; at += 3) if (fields[at + 2] === "lfs") meant.add(fields[at] ?? "");
  return meant;
}
