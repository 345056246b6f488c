// The failure that a call ends in, for looking at.
import { Failure } from "../../lib/failure.ts";

/** Calls, and returns the failure it throws. @throws {Error} when it throws none, and whatever else it throws */
export function failureOf(call: () => unknown): Failure {
  try {
    call();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
