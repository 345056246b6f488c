// When this machine's next run is due, and when its record was last put at the remote: what the other machines need to
// tell silence from patience.
import { minuteOf, nextSlot, slotsOf } from "../agent/schedule.ts";
import type { Awake } from "../alert/overdue.ts";
import { machineId } from "../machine/machine-id.ts";
import type { MachineRecord } from "../machine/record.ts";
import type { Settings } from "../machine/settings.ts";
import type { State } from "../machine/state.ts";
import { hasUnsentAnswers } from "./resolutions.ts";
import type { Session } from "./session.ts";

/** Facts of the state database. */
const SCHEDULED = "scheduled-at";
const BEAT = "beat";
/** ISO 8601, UTC: when the watchdog last saw that this machine had slept. */
const SLEPT = "slept-at";

const DAY_MS = 86_400_000;
/** Without a scheduled run for so long, nothing is scheduled any more. */
const SCHEDULED_MS = 3 * DAY_MS;
const SLEEPS_MS = 14 * DAY_MS;
const BEAT_MS = 30 * 60_000;

function isRecent(state: State, fact: string, now: Date, withinMs: number): boolean {
  const at = Date.parse(state.fact(fact) ?? "");
  return Math.abs(now.getTime() - at) <= withinMs; // false where it never was
}

/** Whether agents start runs here: one of them did in the last days. */
export function isScheduledNow(state: State, now: Date): boolean {
  return isRecent(state, SCHEDULED, now, SCHEDULED_MS);
}

/** Remembers that an agent started this run: as long as that happens, runs are expected. */
export function rememberScheduled(session: Session): void {
  if (session.context.scheduled) session.state.setFact(SCHEDULED, session.context.now().toISOString());
}

const AWAKE = "awake";

/** Since when the watchdog has seen this machine at work. */
export function awakeOf(state: State | null): Awake {
  const fact = state?.fact(AWAKE) ?? null;
  // written by rememberAwake
  return fact === null ? { lookedAt: null, awakeSince: null } : (JSON.parse(fact) as Awake);
}

/** Remembers what this look of the watchdog makes of it. */
export function rememberAwake(state: State, awake: Awake, slept: boolean, now: Date): void {
  const { lookedAt, awakeSince } = awake;
  state.setFact(AWAKE, JSON.stringify({ lookedAt, awakeSince } satisfies Awake));
  if (slept) state.setFact(SLEPT, now.toISOString());
}

/** What the record says of coming runs. */
export function paceOf(session: Session): Pick<MachineRecord, "nextDue" | "everyMinutes" | "sleeps"> {
  const { settings, scheduled, now } = session.context;
  const sleeps = settings.role === "laptop" || isRecent(session.state, SLEPT, now(), SLEEPS_MS);
  if (!scheduled && !isScheduledNow(session.state, now())) return { nextDue: null, everyMinutes: null, sleeps };
  const id = machineId(session.repository.stateDir, settings.role);
  const { at, everyMinutes } = nextRun(settings, id, now());
  return { nextDue: at.toISOString(), everyMinutes, sleeps };
}

/** The first slot of this machine's own agent after a time. */
export function nextRun({ role, schedule }: Settings, id: string, after: Date): { at: Date; everyMinutes: number } {
  const everyMinutes = schedule.everyMinutes[schedule.command];
  return { at: nextSlot(slotsOf(everyMinutes, minuteOf(role, id)), after), everyMinutes };
}

/** How the run, or the machine, stood when the record was last put at the remote. */
export type Condition = "good" | "troubled";

interface Beat {
  readonly at: string;
  readonly condition: Condition;
}

/** Remembers that the record was put at the remote now, or that this was tried. */
export function rememberBeat(session: Session, condition: Condition): void {
  session.state.setFact(BEAT, JSON.stringify({ at: session.context.now().toISOString(), condition } satisfies Beat));
}

/**
 * Whether the record should be put at the remote again: it is half an hour old, says something else, or lacks what people
 * answered here.
 */
export function isBeatDue(session: Session, condition: Condition): boolean {
  if (hasUnsentAnswers(session)) return true;
  const fact = session.state.fact(BEAT);
  if (fact === null) return true;
  // written by rememberBeat
  const beat = JSON.parse(fact) as Beat;
  return beat.condition !== condition || Math.abs(session.context.now().getTime() - Date.parse(beat.at)) >= BEAT_MS;
}
