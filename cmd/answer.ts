// What a command hands back: one object for `--json`, and words for people. The command line prints one or the
// other, so that nothing can stray into the object's stream.
import type { Allowance } from "../lib/guard.ts";
import type { Context } from "../lib/machine/context.ts";
import type { ReportedFailure } from "../lib/sync/report.ts";
import type { Surroundings } from "./surroundings.ts";

/** The words of one command line, checked: only options the command has, each as often as it may be given. */
export interface Invocation {
  readonly command: string;
  /** The positional words after the command. */
  readonly words: readonly string[];
  readonly folder: string | null;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly role: string | null;
  readonly remote: string | null;
  readonly branch: string | null;
  readonly limit: string | null;
  readonly keep: string | null;
  readonly all: boolean;
  readonly subset: string | null;
  readonly repair: boolean;
  readonly take: string | null;
  readonly edit: boolean;
  readonly baseUrl: string | null;
  readonly to: string | null;
  readonly rollback: boolean;
  readonly purge: boolean;
  readonly scheduled: boolean;
  readonly fix: boolean;
  readonly follow: boolean;
  readonly since: string | null;
  readonly run: string | null;
  readonly read: boolean;
  readonly exact: boolean;
  readonly rehearse: boolean;
  /** What `--path` was given, in its order. */
  readonly paths: readonly string[];
  readonly try: boolean;
  readonly open: boolean;
  /** What `--allow` was given, in its order. */
  readonly allow: readonly Allowance[];
}

export interface AnswerObject {
  readonly schema: 1;
  readonly command: string;
  readonly exit: number;
  readonly failure: ReportedFailure | null;
}

export interface Answer {
  readonly object: AnswerObject;
  /** Lines for standard output; the first is the one that `--quiet` keeps when `keepFirst` is set. */
  readonly words: readonly string[];
  /** True when the first line is the answer itself and is printed even with `--quiet`. */
  readonly keepFirst: boolean;
  /** True when the words say the failure already. */
  readonly failureSaid?: boolean;
}

/** What a command may use to do its work. */
export interface Call {
  readonly invocation: Invocation;
  readonly surroundings: Surroundings;
  /** Finds the folder, reads the settings, opens the log. @throws Failure `not-a-repository`, `config-invalid` */
  readonly openContext: () => Promise<Context>;
  /** Asks on the terminal; null where there is nobody to ask (no terminal, or `--json`). */
  readonly ask: ((question: string) => Promise<string | null>) | null;
  /** Told the name of each step as it begins. */
  readonly onStep: (step: string) => void;
  /** Takes work that is done once the answer has been given. */
  readonly later: (work: () => Promise<void>) => void;
  /** Prints one line at once: to standard output, or to standard error when standard output is for an object. */
  readonly say: (line: string) => void;
  /** Prints one line on standard error. */
  readonly complain: (line: string) => void;
  /** Hands the terminal over: resolves when all that was said is written and no step is shown; says whether colours are wanted. */
  readonly handOver: () => Promise<{ readonly color: boolean }>;
}

export type Command = (call: Call) => Promise<Answer>;
