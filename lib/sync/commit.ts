// The commits a run makes: what they say and who they name.
import { flushObjects } from "../git/flush.ts";
import { ownCommit, writeLoose } from "../git/loose-write.ts";
import type { Change } from "../git/parse.ts";
import { rootOf } from "../integrity/shadow.ts";
import { type Session, shadowPlace } from "./session.ts";

/** Writes a commit that says what it holds, who made it, in which run, and the SHA-256 over all of it. */
export async function commit(
  session: Session,
  tree: string,
  parents: readonly string[],
  changes: readonly Change[],
  newFolders: readonly string[] = [],
): Promise<string> {
  const { context } = session;
  const root = await rootOf(await shadowPlace(session), tree, newFolders);
  const message = `${subject(context.settings.role, changes)}\n\n${trailers(session)}Sync-Root: ${root}\n`;
  return commitTree(session, tree, parents, message);
}

/** Writes a commit object that says who its user is; no ref names it yet. */
async function commitTree(
  session: Pick<Session, "context" | "configuration" | "git">,
  tree: string,
  parents: readonly string[],
  message: string,
): Promise<string> {
  const { settings, now } = session.context;
  const { hasIdentity } = await session.configuration;
  const date = `@${Math.floor(now().getTime() / 1000)} +0000`;
  const environment: Record<string, string> = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  if (!hasIdentity) {
    const address = `${settings.name.replace(/[^A-Za-z0-9.-]/g, "-")}@petesbrain-sync.invalid`;
    for (const who of ["AUTHOR", "COMMITTER"]) {
      environment[`GIT_${who}_NAME`] = settings.name;
      environment[`GIT_${who}_EMAIL`] = address;
    }
  }
  const args = ["commit-tree", "--no-gpg-sign", ...parents.flatMap((parent) => ["-p", parent]), "-F", "-", tree];
  return session.git.text(args, { input: message, environment });
}

/** Writes a commit that stays on this machine, flushed; no ref names it yet. */
export async function keepTree(
  { context, repository, configuration }: Pick<Session, "context" | "configuration" | "repository">,
  tree: string,
  parents: readonly string[],
  message: string,
): Promise<string> {
  const { oidBytes } = await configuration;
  const bytes = ownCommit(tree, parents, context.now().getTime(), message);
  const commit = writeLoose(repository, "commit", bytes, oidBytes);
  await flushObjects(repository, [commit]);
  return commit;
}

const NAMED = 3;

/** `sync(desktop): 3 files (clients/smythson/tasks.json, …)`. */
function subject(role: string, changes: readonly Change[]): string {
  const names = changes.slice(0, NAMED).map(({ path }) => path.replace(/[\x00-\x1f\x7f]/g, "?"));
  const more = changes.length > NAMED ? ", …" : "";
  const count = `${changes.length} ${changes.length === 1 ? "file" : "files"}`;
  return changes.length === 0
    ? `sync(${role}): both histories united`
    : `sync(${role}): ${count} (${names.join(", ")}${more})`;
}

function trailers(session: Session): string {
  const { name, role } = session.context.settings;
  const clean = (text: string): string => text.replace(/[\x00-\x1f\x7f]/g, "?");
  return `Sync-Machine: ${clean(name)}\nSync-Role: ${clean(role)}\nSync-Run: ${session.run}\n`;
}
