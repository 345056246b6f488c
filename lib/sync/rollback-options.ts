// What is asked of a rollback, and what it asks back.
import type { Report } from "./report.ts";
import type { RunOptions } from "./run.ts";

/** What a person is shown before anything changes. */
export interface Preview {
  readonly files: Report["files"];
  /** Lines of a diff of what would change, from git; asked for only when somebody looks. */
  readonly diff: () => Promise<string[]>;
  /** What else would change: where HEAD goes; null where it stays. */
  readonly exact: string | null;
}

export interface RollbackOptions extends RunOptions {
  /** Snapshot to go to; null undoes the last run, or with `paths` or `exact` takes the newest snapshot. */
  readonly to: string | null;
  /** Only these: files, folders or globs, relative to the folder; empty means everything. */
  readonly paths: readonly string[];
  /** HEAD, branch and index too. */
  readonly exact: boolean;
  /** Asked with what would change; false leaves everything as it is. Null where nobody is to be asked. */
  readonly confirm: ((preview: Preview) => Promise<boolean>) | null;
}
