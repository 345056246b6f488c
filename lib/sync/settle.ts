// Carries out what was decided over each path: unites contents as their policy says, takes the version of a preferred
// machine, remembers what people answered, asks where somebody can be asked. What is left then refuses the run.
import { Failure } from "../failure.ts";
import type { Entry } from "../git/parse.ts";
import type { Classified } from "../merge/classes.ts";
import { contentOf, uniteContents, type Way } from "../merge/content.ts";
import { preferredSide } from "../merge/preference.ts";
import type { Decision, Sides } from "../merge/reconcile.ts";
import type { Resolution } from "../merge/resolution.ts";
import { type Answer, type Conflict, ConflictsFound } from "./conflict.ts";
import { conflictsDir } from "./conflicts-kept.ts";
import { type OpenDecision, offer, resolutionOf, scratchOf } from "./offer.ts";
import { answersTo, keepAnswers } from "./resolutions.ts";
import type { Session } from "./session.ts";
import { type Histories, writersOf } from "./writers.ts";

/** A file whose two versions were merged by content. */
export interface Merge {
  readonly path: string;
  readonly base: Entry | null;
  readonly ours: Entry;
  readonly theirs: Entry;
  readonly result: Entry;
}

/** What became of every path. */
export interface Settlement {
  /** Null: the path goes. */
  readonly results: ReadonlyMap<string, Entry | null>;
  readonly merges: readonly Merge[];
  /** Second files that keep another version, by path. */
  readonly beside: ReadonlyMap<string, Entry>;
  /** Sentences about versions that were not taken. */
  readonly notes: readonly string[];
}

type Unite = Extract<Decision, { kind: "unite" }>;

/**
 * Settles every decision.
 * @throws {ConflictsFound} with all that needs a person, when nobody answered.
 */
export async function settle(
  session: Session,
  decisions: readonly Decision[],
  classOf: (path: string) => Classified,
  histories: Histories | null,
): Promise<Settlement> {
  const settled = new Settling(session, decisions, classOf, histories);
  await settled.byRule();
  await settled.byAnswers();
  return settled.end();
}

class Settling {
  private readonly session: Session;
  private readonly decisions: readonly Decision[];
  private readonly classOf: (path: string) => Classified;
  private readonly histories: Histories | null;
  private readonly results = new Map<string, Entry | null>();
  private readonly beside = new Map<string, Entry>();
  /** Second files by the path whose other version they keep. */
  private readonly besideOf = new Map<string, string>();
  private merges: Merge[] = [];
  private readonly notes: string[] = [];
  private open: OpenDecision[] = [];

  constructor(
    session: Session,
    decisions: readonly Decision[],
    classOf: (path: string) => Classified,
    histories: Histories | null,
  ) {
    this.session = session;
    this.decisions = decisions;
    this.classOf = classOf;
    this.histories = histories;
  }

  /** Everything that a rule decides. */
  async byRule(): Promise<void> {
    const preferred: Unite[] = [];
    for (const decision of this.decisions) {
      if (decision.kind === "take") this.results.set(decision.path, decision.result);
      else if (decision.kind === "conflict") this.open.push({ decision, reason: this.reasonOf(decision) });
      else if (typeof decision.policy === "object") preferred.push(decision);
      else await this.unite(decision, WAYS[decision.policy]);
    }
    await this.prefer(preferred);
  }

  private reasonOf({ path, mode, reason }: Extract<Decision, { kind: "conflict" }>): string {
    const { name, policy } = this.classOf(path);
    return policy === "ask" && mode !== null ? `${reason}, and for the class "${name}" a person chooses` : reason;
  }

  private async unite(decision: Unite, way: Way): Promise<void> {
    const united = await uniteContents(this.session.git, scratchOf(this.session), way, decision);
    if ("refused" in united) this.open.push({ decision, reason: `${decision.reason}: ${united.refused}` });
    else this.merged(decision.path, decision.sides, united);
  }

  private merged(path: string, { base, ours, theirs }: Sides, result: Entry): void {
    this.results.set(path, result);
    if (ours !== null && theirs !== null) this.merges.push({ path, base, ours, theirs, result });
  }

  private async prefer(decisions: readonly Unite[]): Promise<void> {
    if (decisions.length === 0) return;
    const writers = await writersOf(this.session, this.histories, decisions);
    for (const decision of decisions) {
      const { path, sides, policy, reason } = decision;
      const role = typeof policy === "object" ? policy.prefer : "";
      const side = preferredSide(role, writers(decision));
      if (typeof side === "object") {
        this.open.push({ decision, reason: `${reason}: ${side.refused}` });
        continue;
      }
      this.results.set(path, sides[side]);
      const other = side === "ours" ? writers(decision).theirs : writers(decision).ours;
      this.notes.push(`${path}: the version of ${role} is taken; ${this.whereOtherIs(side, other)}`);
    }
  }

  private whereOtherIs(side: "ours" | "theirs", role: string | null): string {
    const whose = role === null ? "the other one" : `that of ${role}`;
    if (side === "theirs")
      return this.session.dryRun
        ? `${whose} would be in a snapshot`
        : `${whose} is in the snapshot ${this.session.run}`;
    return `${whose} is in commit ${this.histories?.theirs.slice(0, 7) ?? "unknown"}`;
  }

  /** What the one who is there answers now; for the rest what people answered before, here or elsewhere. */
  async byAnswers(): Promise<void> {
    if (this.open.length === 0) return;
    const { session } = this;
    const known = await answersTo(
      session,
      this.open.map(({ decision }) => decision),
    );
    if (session.resolver === null) {
      for (const answer of known.values()) this.take(answer);
      if (this.open.length === 0) return;
    }
    const conflicts = await offer(session, this.open, {
      classOf: this.classOf,
      histories: this.histories,
      known,
      isTaken: (path) => this.results.has(path),
    });
    const answers = await this.ask(conflicts);
    for (const answer of [...known.values(), ...answers]) this.take(answer);
    this.refuseFileAgainstFolder();
    session.answers.push(...answers);
    if (!session.dryRun) await keepAnswers(session, answers);
    const left = conflicts.filter(({ path }) => this.open.some(({ decision }) => decision.path === path));
    if (left.length === 0) return;
    session.report.files.conflicts = left.map(({ path }) => path);
    throw new ConflictsFound(left, conflictsDir(session.repository.stateDir));
  }

  private async ask(conflicts: readonly Conflict[]): Promise<Resolution[]> {
    const { git, resolver } = this.session;
    if (resolver === null) return [];
    const asked: Promise<ReadonlyMap<string, Answer> | null> = resolver(conflicts, ({ oid }) => contentOf(git, oid));
    const given = await asked;
    const answers: Resolution[] = [];
    for (const conflict of conflicts) {
      const answer = given?.get(conflict.path);
      if (answer !== undefined) answers.push(await resolutionOf(this.session, conflict, answer));
    }
    return answers;
  }

  /** What is answered later stands over what was answered before. */
  private take({ path, sides, result, beside }: Resolution): void {
    for (const [name, owner] of this.besideOf) if (owner === path) this.beside.delete(name);
    this.results.set(path, result);
    if (beside !== null) {
      this.beside.set(beside.path, beside.entry);
      this.besideOf.set(beside.path, path);
    }
    this.merges = this.merges.filter((merge) => merge.path !== path);
    const { base, ours, theirs } = sides;
    const isNew = result !== null && result.oid !== ours?.oid && result.oid !== theirs?.oid;
    if (isNew && ours !== null && theirs !== null) this.merges.push({ path, base, ours, theirs, result });
    this.open = this.open.filter(({ decision }) => decision.path !== path);
  }

  /** @throws {Failure} `conflicts` where two answers cannot both be: a path is no file and folder at once. */
  private refuseFileAgainstFolder(): void {
    const remains = (path: string): boolean => (this.results.get(path) ?? this.beside.get(path) ?? null) !== null;
    for (const path of [...this.results.keys(), ...this.beside.keys()]) {
      if (!remains(path)) continue;
      for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
        const parent = path.slice(0, slash);
        if (!remains(parent)) continue;
        throw new Failure("conflicts", {
          cause: `${parent} would be a file, and ${path} would lie in a folder of that name: the answers do not go together`,
          paths: [parent, path],
          remedy: ["petesbrain-sync resolve --all --take ROLE   # one machine's versions for all of them"],
        });
      }
    }
  }

  end(): Settlement {
    return { results: this.results, merges: this.merges, beside: this.beside, notes: this.notes };
  }
}

const WAYS: Readonly<Record<"merge" | "append" | "both" | "by-id", Way>> = {
  merge: "lines",
  append: "entries",
  both: "entries",
  "by-id": "by-id",
};
