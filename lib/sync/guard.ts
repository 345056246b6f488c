// The two places in a run where guards stand: over what is about to leave, before it is planned, and over what is about
// to land, before it is staged. Both lists are empty in this version; a guard that refuses ends the run with a halt.
import type { Failure } from "../failure.ts";
import type { Change } from "../git/parse.ts";
import type { Session } from "./session.ts";

/** Looks at changes and says why they must not pass, or nothing. */
type Guard = (session: Session, changes: readonly Change[]) => Promise<Failure | null>;

const OUTGOING: readonly Guard[] = [];
const INCOMING: readonly Guard[] = [];

/** Guards what was changed here and may leave. @throws {Failure} the first halt. */
export function guardOutgoing(session: Session, changes: readonly Change[]): Promise<void> {
  return pass(session, OUTGOING, changes);
}

/** Guards what the folder is about to receive. @throws {Failure} the first halt. */
export function guardIncoming(session: Session, changes: readonly Change[]): Promise<void> {
  return pass(session, INCOMING, changes);
}

async function pass(session: Session, guards: readonly Guard[], changes: readonly Change[]): Promise<void> {
  for (const guard of guards) {
    const halt = await guard(session, changes);
    if (halt !== null) throw halt;
  }
}
