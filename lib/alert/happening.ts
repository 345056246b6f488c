// What happened, as something to be told: which event, which trouble it belongs to, and what there is to say of it.
import type { EventName } from "./loudness.ts";

export interface Happening {
  readonly event: EventName;
  /** Names the trouble: what has the same key is the same alert and is not repeated inside its window. */
  readonly key: string;
  /** One sentence: what happened. Lower case, no full stop. */
  readonly cause: string;
  /** Paths inside the folder that it is about. */
  readonly paths: readonly string[];
  /** What was done about it, sentences. */
  readonly done: readonly string[];
  /** Commands to paste, in order. */
  readonly remedy: readonly string[];
}

/** What a run, or a look of the watchdog, amounts to. */
export interface Tidings {
  readonly happenings: readonly Happening[];
  /** Troubles whose key begins with one of these are over, unless they happened again. */
  readonly ends: readonly string[];
}

export const NO_TIDINGS: Tidings = { happenings: [], ends: [] };
