// The digest of a whole tree is the same whatever is remembered of trees before it.
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Git } from "../lib/git/shell.ts";
import { rootOf } from "../lib/integrity/shadow.ts";
import { State } from "../lib/machine/state.ts";
import { gitText, machineEnvironment } from "./support/plain-git.ts";

/** One change of a folder's files, as many of them in a row as would make a listing lose its place. */
interface Step {
  readonly folder: string;
  readonly from: number;
  readonly count: number;
  readonly content: number | null;
  readonly mode: string;
}

const FILES = 40;
const FOLDERS = ["", "a/", "a/b/", "é/"];
const REPOSITORY = "160000";

describe.each(["sha1", "sha256"])("%s", (format) => {
  let folder = "";
  let git: Git;
  let contents: string[] = [];
  const oidBytes = format === "sha1" ? 20 : 32;
  const plain = (args: readonly string[], input?: string): string => gitText(folder, folder, args, input);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "shadow-"));
    plain(["init", "-q", `--object-format=${format}`]);
    const environment = machineEnvironment(folder);
    git = new Git({ folder, environment, signal: new AbortController().signal, keepsReader: true });
    contents = ["one", "two", "three"].map((text) => plain(["hash-object", "-w", "--stdin"], text));
  });
  afterAll(async () => {
    await git.objects?.end();
    rmSync(folder, { recursive: true });
  });

  const digest = (state: State, tree: string): Promise<string> =>
    rootOf({ git, state, oidBytes, trees: new Map() }, tree);

  async function withState<T>(use: (state: State, place: string) => Promise<T>): Promise<T> {
    const place = mkdtempSync(join(tmpdir(), "shadow-state-"));
    const state = State.open(place);
    try {
      return await use(state, place);
    } finally {
      state.close();
      rmSync(place, { recursive: true });
    }
  }

  /** The tree after one more change. */
  function after({ folder: above, from, count, content, mode }: Step): string {
    const rows = Array.from({ length: count }, (_, n) => {
      const path = `${above}${String(from + n).padStart(2, "0")}`;
      const zeros = "0".repeat(oidBytes * 2);
      return content === null ? `0 ${zeros}\t${path}\n` : `${mode} ${contents[content]}\t${path}\n`;
    });
    plain(["update-index", "--index-info"], rows.join(""));
    return plain(["write-tree"]);
  }

  const step = fc.record<Step>({
    folder: fc.constantFrom(...FOLDERS),
    from: fc.nat(FILES),
    count: fc.integer({ min: 1, max: FILES }),
    content: fc.option(fc.nat(2)),
    mode: fc.constantFrom("100644", "100644", "100755", "120000", REPOSITORY),
  });

  test("after any changes, with what is remembered of the trees before and without", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        plain(["read-tree", "--empty"]);
        await withState(async (state) => {
          for (const one of steps) {
            const tree = after(one);
            expect(await digest(state, tree)).toBe(await withState((fresh) => digest(fresh, tree)));
          }
        });
      }),
      { numRuns: 30 },
    );
  });

  test("nothing is believed of a listing that was damaged", async () => {
    plain(["read-tree", "--empty"]);
    const change = { folder: "a/", from: 0, mode: "100644" };
    await withState(async (state, place) => {
      await digest(state, after({ ...change, count: FILES, content: 0 }));
      using database = new Database(join(place, "state.db"));
      const [row] = database.query("SELECT entries FROM listings WHERE folder = 'a'").values() as [[Uint8Array]];
      const entries = Buffer.from(row[0]);
      // a digit of the fifth digest, and a listing that was cut off
      const digit = 5 * (oidBytes + 64) - 1;
      entries[digit] = (entries[digit] ?? 0) ^ 1;
      for (const [from, damaged] of [entries, entries.subarray(0, 90), entries.subarray(0, 3)].entries()) {
        database.run("UPDATE listings SET entries = ? WHERE folder = 'a'", [damaged]);
        const tree = after({ ...change, from, count: 1, content: 1 });
        expect(await digest(state, tree)).toBe(await withState((fresh) => digest(fresh, tree)));
      }
    });
  });

  test("what did not change is not asked for", async () => {
    plain(["read-tree", "--empty"]);
    await withState(async (state) => {
      const change = { folder: "a/", from: 0, mode: "100644" };
      await digest(state, after({ ...change, count: FILES, content: 0 }));
      const asked: string[] = [];
      const watched = Object.create(state, {
        digestsOf: {
          value: (oids: readonly string[]) => {
            asked.push(...oids);
            return state.digestsOf(oids);
          },
        },
      }) as State;
      const tree = after({ ...change, from: 3, count: 1, content: 1 });
      expect(await digest(watched, tree)).toBe(await withState((fresh) => digest(fresh, tree)));
      const [before = "", now = ""] = contents;
      expect(asked).not.toContain(before);
      expect(asked).toContain(now);
    });
  });
});
