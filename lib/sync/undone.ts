// What a rollback changed and no push has published yet: a person decided on it, so that the guards against loss do not
// ask again when it goes out. Other changes in the same push are judged as ever.

import type { Change, Entry } from "../git/parse.ts";
import type { GuardName, Hit } from "../guard.ts";
import type { Session } from "./session.ts";
import { sameEntry } from "./unite.ts";

const UNDONE = "undone";
/** What a rollback may bring back and must still not leave this machine. */
const STILL_JUDGED: ReadonlySet<GuardName> = new Set(["secret", "large-file", "bad-name", "nested-repo"]);

/** Remembers what a rollback made of each path, together with those before it. */
export function rememberUndone(session: Session, changes: readonly Change[]): void {
  const undone = new Map(read(session));
  for (const { path, after } of changes) undone.set(path, after);
  session.state.setFact(UNDONE, JSON.stringify([...undone]));
}

/** Forgets it, once everything of this machine was published. */
export function forgetUndone(session: Session): void {
  if ((session.state.fact(UNDONE) ?? "[]") !== "[]") session.state.setFact(UNDONE, "[]");
}

/** The hits that are a rollback's doing: of its paths, or of the whole folder and gone without its changes. */
export async function hitsOfRollback(
  session: Session,
  hits: readonly Hit[],
  changes: readonly Change[],
  judge: (rest: readonly Change[]) => Promise<readonly Hit[]>,
): Promise<Hit[]> {
  const undone = new Map(read(session));
  if (hits.length === 0 || undone.size === 0) return [];
  const isUndone = ({ path, after }: Change): boolean => undone.has(path) && sameEntry(undone.get(path) ?? null, after);
  const paths = new Set(changes.filter(isUndone).map(({ path }) => path));
  if (paths.size === 0) return [];
  const rest = await judge(changes.filter((change) => !isUndone(change)));
  return hits.filter(({ guard, path }) => {
    if (STILL_JUDGED.has(guard)) return false;
    return path === null ? !rest.some((hit) => hit.guard === guard) : paths.has(path);
  });
}

function read(session: Session): [string, Entry | null][] {
  // written by rememberUndone
  return JSON.parse(session.state.fact(UNDONE) ?? "[]") as [string, Entry | null][];
}
