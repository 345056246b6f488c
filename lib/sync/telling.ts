// What tells people of a run is loaded only by those that have something to tell.
import { breathe } from "./pause.ts";

/** Loads what tells of a run that changes something, while git is at work for it: at its end everybody would wait. */
export async function prepareTelling(): Promise<void> {
  await breathe();
  await import("./tell-of-run.ts");
}
