// What a rollback changed and no push has published yet: a person decided on it, so that the guards against loss do not
// ask again when it goes out. Other changes in the same push are judged as ever.

import type { Change } from "../git/parse.ts";
import type { GuardName, Hit } from "../guard.ts";
import type { Session } from "./session.ts";
import { sameEntry } from "./unite.ts";

/** What a rollback may bring back and must still not leave this machine. */
const STILL_JUDGED: ReadonlySet<GuardName> = new Set(["secret", "large-file", "bad-name", "nested-repo"]);

/** The hits that are a rollback's doing: of its paths, or of the whole folder and gone without its changes. */
export async function hitsOfRollback(
  session: Session,
  hits: readonly Hit[],
  changes: readonly Change[],
  judge: (rest: readonly Change[]) => Promise<readonly Hit[]>,
): Promise<Hit[]> {
  if (hits.length === 0) return [];
  const undone = session.state.undone();
  const isUndone = ({ path, after }: Change): boolean => undone.has(path) && sameEntry(undone.get(path) ?? null, after);
  const paths = new Set(changes.filter(isUndone).map(({ path }) => path));
  if (paths.size === 0) return [];
  const rest = await judge(changes.filter((change) => !isUndone(change)));
  return hits.filter(({ guard, path }) => {
    if (STILL_JUDGED.has(guard)) return false;
    return path === null ? !rest.some((hit) => hit.guard === guard) : paths.has(path);
  });
}
