// The product on a real terminal (a pseudo-terminal of the system's), with somebody who types when asked.
import { expect } from "bun:test";
import { productCommand } from "./binary.ts";

export interface Seen {
  readonly exit: number;
  /** Everything the terminal received, in order. */
  readonly screen: string;
}

export type Typed = readonly (readonly [question: string, typed: string])[];

/** Runs the product on a terminal; each answer is typed when its question has appeared since the last one; an empty one only waits for it. */
export async function onTerminal(
  place: { readonly cwd: string; readonly environment: Record<string, string | undefined>; readonly columns?: number },
  args: readonly string[],
  answers: Typed = [],
): Promise<Seen> {
  const waiting = [...answers];
  let screen = "";
  let answered = 0;
  const decoder = new TextDecoder();
  const closed = Promise.withResolvers<void>();
  const child = Bun.spawn([...(await productCommand()), ...args], {
    cwd: place.cwd,
    env: { TERM: "xterm", ...place.environment },
    terminal: {
      cols: place.columns ?? 200,
      data: (terminal, bytes) => {
        screen += decoder.decode(bytes, { stream: true });
        for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
          const at = screen.indexOf(next[0], answered);
          if (at < 0) return;
          answered = at + next[0].length;
          waiting.shift();
          if (next[1] !== "") terminal.write(next[1]);
        }
      },
      exit: () => closed.resolve(),
    },
  });
  const exit = await child.exited;
  await closed.promise;
  expect(waiting, screen).toEqual([]);
  return { exit, screen: screen.replaceAll("\r\n", "\n") };
}

/** What is left to read once the terminal has carried out the erasing. */
export function visible(screen: string): string {
  return screen.replaceAll(/[^\n]*\r\u001b\[K/g, "").replaceAll(/\u001b\[[0-9;]*m/g, "");
}
