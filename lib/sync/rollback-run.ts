// How a rollback is carried out: look, work out what comes back, ask, take a snapshot, stage, adopt. Whoever writes to the
// folder meanwhile makes it start again from a new look.
import { Failure } from "../failure.ts";
import type { Change } from "../git/parse.ts";
import { readRef } from "../git/refs.ts";
import type { GitAnswer } from "../git/shell.ts";
import { askStatus } from "../git/status.ts";
import type { Watched } from "../integrity/baseline.ts";
import { named } from "../named.ts";
import { keepUndoStart } from "../snapshot/keep.ts";
import { FolderMoved } from "./adopt.ts";
import { adopt } from "./adoption.ts";
import { blockedRun, forgetConflicts } from "./conflicts-kept.ts";
import { breathe } from "./pause.ts";
import type { Taken } from "./prove-staged.ts";
import { dropOldSnapshots } from "./retire.ts";
import { type Ahead, goAhead } from "./rollback-ahead.ts";
import { changesNothing, type ExactReturn, finishExact, planExact } from "./rollback-exact.ts";
import type { Preview, RollbackOptions } from "./rollback-options.ts";
import { planReturn, planUndo, type RollbackPlan } from "./rollback-plan.ts";
import { diffOf } from "./rollback-preview.ts";
import { timesTaken } from "./rollback-times.ts";
import { inBackground, type Session, step } from "./session.ts";
import { stage } from "./stage.ts";
import { beginCopies, takeSnapshot } from "./take-snapshot.ts";
import { prepareTelling } from "./telling.ts";
import { together } from "./together.ts";
import type { Union } from "./unite.ts";
import { keepBaselineUnlessRotten, readWatchedFiles, type WatchedFiles } from "./watched.ts";
import { lookWhole, type WholeFolder } from "./whole-folder.ts";

interface Plan extends RollbackPlan {
  readonly exact: ExactReturn | null;
}

const ATTEMPTS = 3;
/** Names in the log of rollbacks; history has all of them. */
const LOGGED = 20;

/** Carries out a rollback, with git's first answer about the folder. Fills the session's report. */
export async function carryOut(session: Session, options: RollbackOptions, asked: Promise<GitAnswer>): Promise<void> {
  session.resolver = options.resolver ?? null;
  session.dryRun = options.dryRun;
  for (let attempt = 1; ; attempt++) {
    const { found, watched, ahead } = await step(session, "look", () =>
      look(session, options, attempt === 1 ? asked : null),
    );
    const plan = await step(session, "plan", () => planFor(session, found, options, ahead));
    describe(session, plan.union);
    if (found.tree !== null) session.entries.derive(found.tree, plan.union.tree, plan.union.incoming);
    if (plan.union.incoming.length === 0 && (plan.exact === null || changesNothing(plan.exact, found.here))) {
      session.report.outcome = "up-to-date";
      return;
    }
    session.report.outcome = "planned";
    if (options.dryRun) return;
    if (attempt === 1) await requireConsent(session, found, plan, options);
    try {
      const after = await carryOver(session, found, plan);
      if (blockedRun(session.repository.stateDir)?.command === "rollback") forgetConflicts(session.repository.stateDir);
      return keepBaselineUnlessRotten(session, watched, after);
    } catch (error) {
      if (!(error instanceof FolderMoved) || attempt >= ATTEMPTS) throw error;
    }
  }
}

interface FirstLook {
  readonly found: WholeFolder;
  readonly watched: WatchedFiles;
  readonly ahead: Ahead | null;
}

/** The watched files are read, and what will most likely come back is prepared, while git looks at the others. */
async function look(session: Session, options: RollbackOptions, first: Promise<GitAnswer> | null): Promise<FirstLook> {
  const asked = first ?? inBackground(session, askStatus(session.git));
  const preparing = first === null ? Promise.resolve(null) : prepare(session, options);
  // git is asked the way before the files are read
  await breathe();
  const watched = readWatchedFiles(session);
  void inBackground(session, rememberHead(session, watched.names));
  const found = await lookWhole(session, watched.watched, asked);
  if (!options.dryRun) beginCopies(session, found.here, found.watched);
  return { found, watched, ahead: await preparing };
}

/** git is asked early for what will be needed of HEAD, should it not be remembered. */
async function rememberHead({ git, repository, context, entries }: Session, names: readonly string[]): Promise<void> {
  const head = await readRef(git, repository, `refs/heads/${context.settings.branch}`);
  if (head !== null) await entries.of(await entries.treeOf(head), names);
}

/** Not for single files. What a person lets be replaced is not to be kept twice. */
async function prepare(
  session: Session,
  { to, paths, exact, confirm, dryRun }: RollbackOptions,
): Promise<Ahead | null> {
  if (paths.length > 0 || (to === null && exact)) return null;
  const stages = confirm === null && !dryRun && session.context.allow.length === 0;
  // where this fails, the same is asked again, and what is wrong is told
  return inBackground(session, goAhead(session, to, stages)).catch(() => null);
}

async function planFor(
  session: Session,
  found: WholeFolder,
  options: RollbackOptions,
  ahead: Ahead | null,
): Promise<Plan> {
  if (options.to === null && options.paths.length === 0 && !options.exact)
    return { ...(await planUndo(session, found, ahead)), exact: null };
  const plan = await planReturn(session, found, options, ahead);
  return { ...plan, exact: options.exact ? await planExact(session, found, plan) : null };
}

async function requireConsent(
  session: Session,
  found: WholeFolder,
  plan: Plan,
  options: RollbackOptions,
): Promise<void> {
  const preview: Preview = {
    files: session.report.files,
    diff: () => diffOf(session, found, plan.union),
    exact: plan.exact?.says ?? null,
  };
  if (options.confirm === null || (await options.confirm(preview))) return;
  throw new Failure("interrupted", {
    cause: "you said no; nothing was changed",
    remedy: ["petesbrain-sync rollback --force   # does it without asking"],
  });
}

function logRestored({ context, run, report }: Session, changes: readonly Change[]): void {
  const what = report.notes.find((note) => note.startsWith("undoes ")) ?? "goes to a snapshot";
  const files = named(
    changes.map(({ path }) => path),
    LOGGED,
  );
  context.log.write("rollback", "info", run, "rolled-back", { what, restored: changes.length, files });
}

function describe(session: Session, union: Union): void {
  const { files } = session.report;
  const merged = new Set(union.merges.map(({ path }) => path));
  const paths = (wanted: (change: Change) => boolean): string[] =>
    union.incoming.filter((change) => !merged.has(change.path) && wanted(change)).map(({ path }) => path);
  files.added = paths(({ before }) => before === null);
  files.deleted = paths(({ after }) => after === null);
  files.modified = paths(({ before, after }) => before !== null && after !== null);
  files.merged = [...merged];
}

async function carryOver(
  session: Session,
  found: WholeFolder,
  { union, copies, exact, ahead }: Plan,
): Promise<Watched> {
  const { here, tree: now } = found;
  if (now === null)
    throw new Failure("not-a-repository", {
      cause: "nothing was committed here yet",
      remedy: ["petesbrain-sync push"],
    });
  const [, , staged] = await together(
    step(session, "snapshot", () => takeSnapshot(session, here, { proposal: null, watched: found.watched })),
    keepUndoStart(session.git, union.tree),
    // beside the folder, so that it need not wait for the snapshot
    step(session, "stage", async () => {
      const { incoming: changes, bytes, indexFile } = union;
      const takenTimes = (some: readonly Change[]): Promise<Taken> => timesTaken(session, here.look.index, some);
      // what comes back was here before
      return stage(session, { changes, bytes, indexFile, copies, takenTimes, judged: false }, ahead);
    }),
    prepareTelling(),
  );
  const newIndex = exact?.newIndex ?? null;
  const refs = exact?.refs ?? [];
  const watched = await adopt(session, { here, staged, refs, newIndex, tree: union.tree, changed: union.incoming });
  session.state.rememberUndone(union.incoming);
  session.undo = { from: union.tree, to: now };
  session.report.outcome = "rolled-back";
  session.report.rolledBack = true;
  logRestored(session, union.incoming);
  if (exact !== null) await finishExact(session, exact);
  await dropOldSnapshots(session);
  return watched;
}
