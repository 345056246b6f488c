// What the product promises about speed, memory and connections, and the judgement of a measured row.
import type { BrainSize } from "../../cmd/demo/brain.ts";
import type { Spread } from "./measure.ts";

export interface Goals {
  /** Times `git fetch` + `git status`. */
  readonly nothing: number;
  /** Times add + commit + push, and times pull --ff-only. */
  readonly oneFilePush: number;
  readonly oneFilePull: number;
  readonly manyFiles: number;
  /** Times an empty compiled program. */
  readonly start: number;
  readonly memoryMegabytes: number;
  /** Times `git reset --hard` of the same files. */
  readonly rollback: number;
  /** Times the git commands it is made of, and times a stash that is applied again. */
  readonly snapshot: number;
  readonly snapshotToStash: number;
  /** Times `sha256sum` on two processes, for many small files: at least one and a half times as fast. */
  readonly hashSmall: number;
  /** Times `openssl dgst`, for a large file: at least 0.95 times as fast. */
  readonly hashLarge: number;
  readonly hashMegabytes: number;
  /** Time to find and read the critical files, in milliseconds. */
  readonly criticalMs: number;
  /** Times the digest of a whole commit, for one in which one file changed. */
  readonly rootAfterChange: number;
  /** Time to unite a list of 10,000 tasks by id, in milliseconds. */
  readonly mergeMs: number;
  /** What channels may cost a run that has nothing to tell, in milliseconds. */
  readonly alertMs: number;
}

const HASHING = { hashSmall: 0.67, hashLarge: 1.05, hashMegabytes: 64, criticalMs: 10 };
const UNDOING = { rollback: 1.3, snapshot: 1.2, snapshotToStash: 0.5 };
const COMMON = {
  ...HASHING,
  mergeMs: 100,
  alertMs: 5,
  ...UNDOING,
  oneFilePush: 2,
  oneFilePull: 2,
  manyFiles: 1.2,
  start: 2,
  memoryMegabytes: 80,
};

export const GOALS: Readonly<Record<BrainSize, Goals>> = {
  // At S plain git takes some 20 ms, of which starting anything at all is the larger part.
  S: { ...COMMON, nothing: 2.5, rootAfterChange: 0.5 },
  M: { ...COMMON, nothing: 1.6, rootAfterChange: 0.2 },
  L: { ...COMMON, nothing: 1.25, rootAfterChange: 0.1 },
};

export interface Row {
  readonly name: string;
  readonly goal: number;
  readonly unit: "×" | "ms" | "MB" | "connections";
  readonly measured: Spread;
  /** Median times in milliseconds of the plain way and of the product, where there are such. */
  readonly times: { readonly plain: number; readonly product: number } | null;
}

export type Verdict = "pass" | "pass, median over" | "FAIL";

/** A ratio or a time fails only when even its best round is over the goal: the machine's noise adds, it never takes away. */
export function verdictOf(row: Row): Verdict {
  if (row.unit === "MB" || row.unit === "connections") return row.measured.max <= row.goal ? "pass" : "FAIL";
  if (row.measured.min > row.goal) return "FAIL";
  return row.measured.median > row.goal ? "pass, median over" : "pass";
}

/** The rows as a table of text. */
export function formatRows(rows: readonly Row[]): string {
  const head = ["case", "goal", "min", "median", "max", "plain ms", "own ms", ""];
  const body = rows.map((row) => {
    const digits = { "×": 2, ms: 1, MB: 0, connections: 0 }[row.unit];
    const { min, median, max } = row.measured;
    const times = row.times === null ? ["", ""] : [row.times.plain.toFixed(0), row.times.product.toFixed(0)];
    return [
      row.name,
      `≤ ${row.goal} ${row.unit}`,
      min.toFixed(digits),
      median.toFixed(digits),
      max.toFixed(digits),
      ...times,
      verdictOf(row),
    ];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((cells) => (cells[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column < 2 || column === 7 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(head), ...body.map(line)].join("\n");
}
