// A whole number that an option was given.
import { PROGRAM } from "./help-form.ts";
import { usage } from "./usage.ts";

const HIGHEST = 100_000;

/** The number, or `otherwise` where the option was not given. @throws Failure `usage` for anything but 1 to 100,000 */
export function numberGiven(command: string, text: string | null, otherwise: number): number {
  if (text === null) return otherwise;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= HIGHEST) return number;
  const cause = `--limit needs a whole number from 1 to ${HIGHEST}, not "${text}"`;
  throw usage(cause, [`${PROGRAM} ${command} --limit 20`]);
}
