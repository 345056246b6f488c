// rollback: undo the last run that changed something, by the same three-way plan, so that edits made since stay; or make
// the folder what a snapshot saw, all of it or some files. Either takes a snapshot first, so that a rollback undoes a
// rollback. The branch is not moved, unless that is asked for: what comes back is a change on top, which the next push
// publishes.
import { Failure } from "../failure.ts";
import type { Change } from "../git/parse.ts";
import { askStatus } from "../git/status.ts";
import type { Watched } from "../integrity/baseline.ts";
import type { Context } from "../machine/context.ts";
import { keepUndoStart } from "../snapshot/keep.ts";
import { FolderMoved } from "./adopt.ts";
import { adopt } from "./adoption.ts";
import { blockedRun, forgetConflicts } from "./conflicts-kept.ts";
import type { Report } from "./report.ts";
import { dropOldSnapshots } from "./retire.ts";
import { changesNothing, type ExactReturn, finishExact, planExact } from "./rollback-exact.ts";
import { planReturn, planUndo, type RollbackPlan } from "./rollback-plan.ts";
import { diffOf } from "./rollback-preview.ts";
import { timesTaken } from "./rollback-times.ts";
import { type RunOptions, runCommand } from "./run.ts";
import { inBackground, type Session, step } from "./session.ts";
import { stage } from "./stage.ts";
import { beginCopies, takeSnapshot } from "./take-snapshot.ts";
import { prepareTelling } from "./telling.ts";
import { together } from "./together.ts";
import type { Union } from "./unite.ts";
import { keepBaselineUnlessRotten, readWatchedFiles, type WatchedFiles } from "./watched.ts";
import { lookWhole, type WholeFolder } from "./whole-folder.ts";

/** What a person is shown before anything changes. */
export interface Preview {
  readonly files: Report["files"];
  /** Lines of a diff of what would change, from git; asked for only when somebody looks. */
  readonly diff: () => Promise<string[]>;
  /** What else would change: where HEAD goes; null where it stays. */
  readonly exact: string | null;
}

export interface RollbackOptions extends RunOptions {
  /** Snapshot to go to; null undoes the last run, or with `paths` or `exact` takes the newest snapshot. */
  readonly to: string | null;
  /** Only these: files, folders or globs, relative to the folder; empty means everything. */
  readonly paths: readonly string[];
  /** HEAD, branch and index too. */
  readonly exact: boolean;
  /** Asked with what would change; false leaves everything as it is. */
  readonly confirm: (preview: Preview) => Promise<boolean>;
}

interface Plan extends RollbackPlan {
  readonly exact: ExactReturn | null;
}

const ATTEMPTS = 3;
const UNDO = "rollback";

/** Undoes the last run, or goes to a snapshot. */
export function rollback(context: Context, options: RollbackOptions, command = UNDO): Promise<Report> {
  return runCommand(context, command, (session) => carryOut(session, options));
}

/** Completes an undo that was blocked, once its conflicts are answered; nothing else is asked. */
export function completeUndo(context: Context, options: RunOptions): Promise<Report> {
  const undo = { ...options, to: null, paths: [], exact: false, confirm: () => Promise.resolve(true) };
  return rollback(context, undo, "resolve");
}

async function carryOut(session: Session, options: RollbackOptions): Promise<void> {
  session.resolver = options.resolver ?? null;
  session.dryRun = options.dryRun;
  for (let attempt = 1; ; attempt++) {
    const { found, watched } = await step(session, "look", () => look(session, options));
    const plan = await step(session, "plan", () => planFor(session, found, options));
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
      if (blockedRun(session.repository.stateDir)?.command === UNDO) forgetConflicts(session.repository.stateDir);
      return keepBaselineUnlessRotten(session, watched, after);
    } catch (error) {
      if (!(error instanceof FolderMoved) || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** The watched files are read while git looks at the others. */
async function look(
  session: Session,
  { dryRun }: RollbackOptions,
): Promise<{ found: WholeFolder; watched: WatchedFiles }> {
  const asked = inBackground(session, askStatus(session.git));
  const watched = readWatchedFiles(session);
  const found = await lookWhole(session, watched.watched, asked);
  if (!dryRun) beginCopies(session, found.here, found.watched);
  return { found, watched };
}

async function planFor(session: Session, found: WholeFolder, options: RollbackOptions): Promise<Plan> {
  if (options.to === null && options.paths.length === 0 && !options.exact)
    return { ...(await planUndo(session, found)), exact: null };
  const plan = await planReturn(session, found, options);
  return { ...plan, exact: options.exact ? await planExact(session, found, plan) : null };
}

async function requireConsent(
  session: Session,
  found: WholeFolder,
  plan: Plan,
  options: RollbackOptions,
): Promise<void> {
  const preview = {
    files: session.report.files,
    diff: () => diffOf(session, found, plan.union),
    exact: plan.exact?.says ?? null,
  };
  if (await options.confirm(preview)) return;
  throw new Failure("interrupted", {
    cause: "you said no; nothing was changed",
    remedy: ["petesbrain-sync rollback --force   # does it without asking"],
  });
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

async function carryOver(session: Session, found: WholeFolder, { union, copies, exact }: Plan): Promise<Watched> {
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
      const taken = await timesTaken(session, here, union.incoming);
      const { incoming: changes, bytes, indexFile } = union;
      // what comes back was here before
      return stage(session, { changes, bytes, indexFile, copies, taken, judged: false });
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
  if (exact !== null) await finishExact(session, exact);
  await dropOldSnapshots(session);
  return watched;
}
