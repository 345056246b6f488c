// A machine's record: who it is, which commit it vouches for, how its runs went, what a person let pass there. Each
// machine writes its own and reads the others'. Writing is strict; reading tolerates newer keys, and what is malformed
// counts as no record.
import { type GuardName, isGuardName } from "../guard.ts";

export interface RecordedRun {
  readonly run: string;
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** A hit that a person let pass where the change was made. */
export interface RecordedAllowance {
  readonly guard: GuardName;
  readonly path: string | null;
  /** The commit that was published with it; it holds for whoever receives that commit. */
  readonly commit: string;
}

export interface MachineRecord {
  readonly machine: { readonly id: string; readonly name: string; readonly role: string };
  /** Version of the tool that wrote it. */
  readonly tool: string;
  /** The first commit of the folder's history: records of another folder are told by it. */
  readonly folder: string;
  readonly branch: string;
  /** The commit this machine vouches for. */
  readonly commit: string;
  /** ISO 8601, UTC, by the writing machine's clock. */
  readonly at: string;
  readonly lastRun: RecordedRun;
  readonly lastGoodRun: RecordedRun | null;
  /** ISO 8601, UTC; null while nothing is scheduled. */
  readonly nextDue: string | null;
  /** Minutes between scheduled runs; null while nothing is scheduled. */
  readonly everyMinutes: number | null;
  /** True for a machine that is put to sleep: it may be silent for hours and be well. */
  readonly sleeps: boolean;
  /** The commit that is checked out, which need not be the one it vouches for; null where that is not known. */
  readonly head: string | null;
  /** Files changed and not yet published. */
  readonly dirty: number;
  readonly conflicts: number;
  readonly allowed: readonly RecordedAllowance[];
}

const SCHEMA = 1;
const OID = /^[0-9a-f]{40,64}$/;
const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** The text of `record.json`. */
export function formatRecord(record: MachineRecord): string {
  return `${JSON.stringify({ schema: SCHEMA, ...record }, null, 1)}\n`;
}

/** Reads `record.json`; null when it is malformed or of an unknown form. */
export function parseRecord(text: string): MachineRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // what does not parse is no record
    return null;
  }
  if (!isObject(value) || value["schema"] !== SCHEMA || !isObject(value["machine"])) return null;
  const { id, name, role } = value["machine"];
  const { tool, folder, branch, commit, at } = value;
  const lastRun = runOf(value["lastRun"]);
  const texts = [id, name, role, tool, folder, branch, commit, at].every((text) => typeof text === "string");
  if (!texts || lastRun === null) return null;
  const sound = ID.test(`${id}`) && OID.test(`${folder}`) && OID.test(`${commit}`) && isTime(`${at}`);
  if (!sound) return null;
  return {
    machine: { id: `${id}`, name: plain(`${name}`), role: plainRole(`${role}`) },
    tool: plain(`${tool}`),
    folder: `${folder}`,
    branch: plain(`${branch}`),
    commit: `${commit}`,
    at: `${at}`,
    lastRun,
    lastGoodRun: runOf(value["lastGoodRun"]),
    nextDue: typeof value["nextDue"] === "string" && isTime(value["nextDue"]) ? value["nextDue"] : null,
    everyMinutes: countOf(value["everyMinutes"]) || null,
    sleeps: value["sleeps"] === true,
    head: typeof value["head"] === "string" && OID.test(value["head"]) ? value["head"] : null,
    dirty: countOf(value["dirty"]),
    conflicts: countOf(value["conflicts"]),
    allowed: Array.isArray(value["allowed"]) ? value["allowed"].flatMap(allowanceOf) : [],
  };
}

function runOf(value: unknown): RecordedRun | null {
  if (!isObject(value)) return null;
  const { run, command, at } = value;
  if (typeof run !== "string" || typeof command !== "string" || typeof at !== "string" || !isTime(at)) return null;
  return { run: plain(run), command: plain(command), at };
}

/** An allowance of a guard that this version does not know lets nothing pass here. */
function allowanceOf(value: unknown): RecordedAllowance[] {
  if (!isObject(value)) return [];
  const { guard, path, commit } = value;
  if (typeof guard !== "string" || !isGuardName(guard) || typeof commit !== "string" || !OID.test(commit)) return [];
  return path === null || typeof path === "string" ? [{ guard, path, commit }] : [];
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** Names come from another machine through the remote: nothing in them may steer a terminal. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?").slice(0, 200);
}

/** A role stands in commands that people paste. */
function plainRole(text: string): string {
  return plain(text).replace(/[^\p{L}\p{N}._ -]/gu, "-");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
