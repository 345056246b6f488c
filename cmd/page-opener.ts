// Shows a page in the person's own browser: by `open` on a Mac, by `xdg-open` elsewhere.
import { systemCode } from "../lib/failure.ts";
import type { Surroundings } from "./surroundings.ts";

/** A program that failed has said so by then; one that still runs is, or is becoming, the browser, and is left alone. */
const PATIENCE_MS = 3_000;

type OpenerPlace = Pick<Surroundings, "environment" | "cwd"> & { readonly patienceMs?: number };

/** The words that open a page, as a person could type them. */
export function openerOf(platform: string, path: string): [program: string, path: string] {
  return platform === "darwin" ? ["/usr/bin/open", path] : ["xdg-open", path];
}

/** Why nothing was opened; null where something was. */
export async function openPage(
  argv: readonly [program: string, path: string],
  { environment, cwd, patienceMs = PATIENCE_MS }: OpenerPlace,
): Promise<string | null> {
  const [program] = argv;
  try {
    // in a session of its own: a browser outlives the command that opened it
    const child = Bun.spawn([...argv], {
      cwd,
      env: environment,
      stdio: ["ignore", "ignore", "ignore"],
      detached: true,
    });
    child.unref();
    const { promise, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(resolve, patienceMs, null);
    const exit = await Promise.race([child.exited, promise]);
    clearTimeout(timer);
    return exit === null || exit === 0 ? null : `${program} ended with ${child.signalCode ?? exit}`;
  } catch (error) {
    return systemCode(error) === "ENOENT" ? `${program} is not installed` : `${program}: ${systemCode(error) ?? error}`;
  }
}
