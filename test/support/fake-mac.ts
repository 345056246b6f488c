// A Mac as far as agents see it: a home, and a launchctl of its own first in the search path. Time is the test's.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentTools } from "../../lib/agent/agent-tools.ts";
import { callOn, FRESH_LAUNCHD, type LaunchdState } from "./fake-launchctl.ts";

export class FakeMac implements Disposable {
  readonly home: string;
  /** Holds the fake launchctl; to be put first in the search path. */
  readonly bin: string;
  readonly tools: AgentTools;
  private readonly file: string;
  private readonly root: string;

  /** @param home the user's home; one of its own when not given */
  constructor(home?: string) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), "fake-mac-")));
    this.home = home ?? join(this.root, "home");
    this.bin = join(this.root, "bin");
    this.file = join(this.root, "launchd.json");
    for (const folder of [this.home, this.bin]) mkdirSync(folder, { recursive: true });
    this.launchd = FRESH_LAUNCHD;
    const fake = join(import.meta.dir, "fake-launchctl.ts");
    this.program("launchctl", `exec '${process.execPath}' '${fake}' '${this.file}' "$@"`);
    this.tools = {
      // the same as the program, without the time it takes to start one
      run: ([name = "", ...words]) => {
        if (name !== "launchctl") throw new Error(`${name} is not on this Mac`);
        const { exit, says } = callOn(this.file, words);
        const [stdout, stderr] = exit === 0 ? [says, ""] : ["", says];
        return Promise.resolve({ exit, stdout, stderr, timedOut: false });
      },
      sleep: (ms) => {
        this.change((state) => {
          state.now += ms;
        });
        return Promise.resolve();
      },
      elapsedMs: () => this.launchd.now,
    };
  }

  get launchd(): LaunchdState {
    return JSON.parse(readFileSync(this.file, "utf8")) as LaunchdState;
  }

  set launchd(state: LaunchdState) {
    writeFileSync(this.file, JSON.stringify(state));
  }

  change(how: (state: LaunchdState) => void): void {
    const state = this.launchd;
    how(state);
    this.launchd = state;
  }

  /** Verbs in the order they were called since the last time this was asked. */
  verbs(): string[] {
    const { calls } = this.launchd;
    this.change((state) => {
      state.calls = [];
    });
    return calls.map(([verb = ""]) => verb);
  }

  /** Puts a program of a few lines of sh into the search path. */
  program(name: string, script: string): void {
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(this.bin, name), 0o755);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
