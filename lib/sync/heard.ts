// When the other machines were last heard of, by this machine's clock: the watchdog notes when a record first turned up,
// so that a clock that differs elsewhere neither hides silence nor makes it up.
import { type Sighting, skewOf } from "../alert/overdue.ts";
import type { State } from "../machine/state.ts";
import type { SeenRecord } from "./records.ts";

interface Heard extends Sighting {
  /** Name of the run or look that wrote the record: another one is another record. */
  readonly at: string;
}

function factOf(id: string): string {
  return `heard ${id}`;
}

/** What is known of a record's coming; a record that no watchdog has seen counts as found by this look. */
export function sightingOf(state: State | null, id: string, at: string, now: number): Sighting {
  const fact = state?.fact(factOf(id)) ?? null;
  // written by noteSightings
  const heard = fact === null ? null : (JSON.parse(fact) as Heard);
  if (heard !== null && heard.at === at) return heard;
  return { writtenAt: Date.parse(at), notBefore: null, foundAt: now };
}

const LOOKED = "looked-at-records";

/** Notes which records turned up since the last look, which this one follows. */
export function noteSightings(state: State, records: readonly SeenRecord[], now: number): void {
  const fact = state.fact(LOOKED);
  const notBefore = fact === null ? null : Number(fact);
  for (const { id, record } of records) {
    if (record === null || sightedBefore(state, id, record.at)) continue;
    const heard: Heard = { at: record.at, writtenAt: Date.parse(record.at), notBefore, foundAt: now };
    state.setFact(factOf(id), JSON.stringify(heard));
  }
  state.setFact(LOOKED, `${now}`);
}

function sightedBefore(state: State, id: string, at: string): boolean {
  const fact = state.fact(factOf(id));
  return fact !== null && (JSON.parse(fact) as Heard).at === at;
}

/** A record's times by our clock: when it was written, and by how much the writer's clock is off. */
export function byOurClock(sighting: Sighting): { readonly heardAt: number; readonly skewMs: number } {
  const skewMs = skewOf(sighting);
  return { heardAt: sighting.writtenAt - skewMs, skewMs };
}
