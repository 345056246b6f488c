// The command line run in this process, where a test gives it another system or user than the computer it runs on.
import { runCommandLine } from "../../cmd/cli.ts";
import type { Surroundings } from "../../cmd/surroundings.ts";
import type { Machine } from "./machine.ts";
import { machineEnvironment } from "./plain-git.ts";

export interface Spoken {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the words as that machine's user; `more` stands over what the machine would be given. */
export async function speak(
  machine: Machine,
  args: readonly string[],
  more: Partial<Surroundings> = {},
): Promise<Spoken> {
  const said = { out: "", err: "" };
  const output = (stream: "out" | "err") => ({
    write: (text: string) => {
      said[stream] += text;
    },
    columns: 80,
    isTerminal: false,
  });
  const exit = await runCommandLine({
    argv: args,
    environment: machineEnvironment(machine.home),
    cwd: machine.folder,
    home: machine.home,
    hostname: `${machine.name}.lan`,
    out: output("out"),
    err: output("err"),
    readLine: null,
    now: () => new Date(),
    signal: new AbortController().signal,
    version: "2.0.0",
    commit: "test",
    platform: "linux",
    userId: 501,
    binary: [],
    ...more,
  });
  return { exit, ...said };
}
