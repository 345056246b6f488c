// What is put before a person over a conflict: how the sides are called, the unions and names that can be offered; and
// what their answer comes to.
import { existsSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { Entry } from "../git/parse.ts";
import type { Classified } from "../merge/classes.ts";
import { uniteContents, type Way, writeContent } from "../merge/content.ts";
import type { Decision } from "../merge/reconcile.ts";
import type { Resolution } from "../merge/resolution.ts";
import type { Answer, Conflict } from "./conflict.ts";
import type { Session } from "./session.ts";
import { type Histories, writersOf } from "./writers.ts";

/** A decision that needs a person, with why. */
export interface OpenDecision {
  readonly decision: Exclude<Decision, { kind: "take" }>;
  readonly reason: string;
}

interface OfferOptions {
  readonly classOf: (path: string) => Classified;
  readonly histories: Histories | null;
  /** What was answered before, by path. */
  readonly known: ReadonlyMap<string, Resolution>;
  /** Whether the merge has something at a path already. */
  readonly isTaken: (path: string) => boolean;
}

/** Where contents are united in a run. */
export function scratchOf(session: Session): string {
  return join(session.workDir, "merge");
}

/** The open decisions as people see them. */
export async function offer(
  session: Session,
  open: readonly OpenDecision[],
  { classOf, histories, known, isTaken }: OfferOptions,
): Promise<Conflict[]> {
  const writers = await writersOf(
    session,
    histories,
    open.map(({ decision }) => decision),
  );
  const conflicts: Conflict[] = [];
  for (const { decision, reason } of open) {
    const { path, sides, mode } = decision;
    const found = classOf(path);
    const merged = await unionOf(session, decision, found);
    const roles = rolesOf(session, histories, writers(decision).theirs);
    const isPair = mode !== null && sides.ours !== null && sides.theirs !== null;
    const isFree = (name: string): boolean => !isTaken(name) && !existsSync(join(session.repository.folder, name));
    const bothName = isPair ? nameBeside(path, roles.theirs, isFree) : null;
    conflicts.push({
      path,
      className: found.name,
      source: found.source,
      reason,
      sides,
      mode,
      merged,
      roles,
      bothName,
      isAnswered: known.has(path),
      choices: [
        "ours",
        "theirs",
        ...(merged === null ? [] : ["merged" as const]),
        ...(bothName === null ? [] : ["both" as const]),
        ...(sides.base === null ? [] : ["base" as const]),
      ],
    });
  }
  return conflicts;
}

/** A union of two contents that is not made without being asked: by id for JSON, line by line else. */
async function unionOf(
  session: Session,
  decision: OpenDecision["decision"],
  { policy }: Classified,
): Promise<Entry | null> {
  const { path, sides, mode } = decision;
  if (mode === null || sides.ours === null || sides.theirs === null) return null;
  // where the rule itself was to unite it, that was tried already
  if (decision.kind === "unite" && typeof policy !== "object") return null;
  const way: Way = path.endsWith(".json") ? "by-id" : "lines";
  const united = await uniteContents(session.git, scratchOf(session), way, { path, sides, mode });
  return "refused" in united ? null : united;
}

function rolesOf(session: Session, histories: Histories | null, writer: string | null): Conflict["roles"] {
  const ours = histories?.names?.ours ?? session.context.settings.role;
  const theirs = histories?.names?.theirs ?? writer ?? "remote";
  return { ours, theirs: theirs === ours ? "remote" : theirs };
}

/** `CONTEXT (laptop).md`, or with a number where that name is taken. */
function nameBeside(path: string, role: string, isFree: (name: string) => boolean): string {
  const extension = extname(path);
  const stem = basename(path, extension);
  for (let n = 1; ; n++) {
    const name = `${stem} (${role}${n === 1 ? "" : ` ${n}`})${extension}`;
    const beside = dirname(path) === "." ? name : join(dirname(path), name);
    if (isFree(beside)) return beside;
  }
}

/** What an answer comes to. An edited text is put into the object store. */
export async function resolutionOf(session: Session, conflict: Conflict, answer: Answer): Promise<Resolution> {
  const { path, sides, mode, merged, bothName } = conflict;
  const { context, git } = session;
  const made = { path, sides, by: context.settings.role, at: context.now().toISOString(), beside: null };
  if ("edited" in answer) {
    const kept = mode ?? sides.ours?.mode ?? sides.theirs?.mode ?? "100644";
    return { ...made, result: { mode: kept, oid: await writeContent(git, answer.edited) } };
  }
  const { choice } = answer;
  if (choice === "merged") return { ...made, result: merged };
  if (choice !== "both") return { ...made, result: sides[choice] };
  if (bothName === null || sides.theirs === null) throw new Error(`${path} has no two versions to keep`);
  return { ...made, result: sides.ours, beside: { path: bothName, entry: sides.theirs } };
}
