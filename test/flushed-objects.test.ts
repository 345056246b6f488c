// An object that this program writes itself is on the disk before anything names it, as strace sees it. Without that a power
// cut leaves a ref, or a journal, that names an object of zeros.
import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cannotTrace, testUnless } from "./support/skip.ts";
import { twoMachines, type World } from "./support/world.ts";

/** What a run did, in this order: an object got its name, bytes were flushed, the journal was written. */
type Event = { readonly kind: "object" | "flushed"; readonly path: string } | { readonly kind: "journal" };

/** Ours have twelve digits; git's own have six characters. */
const OBJECT = /^link(?:at)?\(.*\/tmp_obj_[0-9a-f]{12}".*"([^"]*\/objects\/[0-9a-f]{2}\/[0-9a-f]+)".*\) = 0$/;
const JOURNAL = /^rename(?:at2?)?\(.*journal\.json\.new".*journal\.json".*\) = 0$/;
const FLUSH = /^(?:fsync|fdatasync)\(\d+<([^>]*)>(?:\)\s+= 0| <unfinished \.\.\.>)$/;
const FLUSH_ENDED = /^<\.\.\. (?:fsync|fdatasync) resumed>\)\s+= 0$/;

function eventsIn(trace: string): Event[] {
  const begun = new Map<string, string>();
  return trace.split("\n").flatMap((line): Event[] => {
    const [, thread = "", call = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const object = OBJECT.exec(call)?.[1];
    if (object !== undefined) return [{ kind: "object", path: object }];
    if (JOURNAL.test(call)) return [{ kind: "journal" }];
    const path = FLUSH.exec(call)?.[1];
    if (path !== undefined && call.endsWith("<unfinished ...>")) begun.set(thread, path);
    else if (path !== undefined) return [{ kind: "flushed", path }];
    return FLUSH_ENDED.test(call) ? [{ kind: "flushed", path: begun.get(thread) ?? "" }] : [];
  });
}

async function tracedRun(world: World, words: readonly string[]): Promise<Event[]> {
  const trace = join(world.root, "trace");
  const calls = "trace=link,linkat,rename,renameat,renameat2,fsync,fdatasync";
  const through = ["strace", "-f", "-y", "-qq", "-s", "4096", "-e", calls, "-o", trace];
  expect(await world.laptop.run([...words], { through })).toSucceed();
  return eventsIn(readFileSync(trace, "utf8"));
}

describe("before the journal is written", () => {
  const CASES: readonly (readonly [string, (world: World) => Promise<void>, readonly string[]])[] = [
    ["by a pull that unites what comes with edits", () => Promise.resolve(), ["pull"]],
    [
      "by an undo that leaves edits made since",
      async ({ laptop }) => {
        expect(await laptop.pull()).toSucceed();
        laptop.write("mine/c.md", "edited since\n");
      },
      ["rollback", "--force"],
    ],
  ];
  for (const [title, prepare, words] of CASES) {
    testUnless(cannotTrace())(`every object is on the disk that was made ${title}`, async () => {
      await using world = await twoMachines({ "theirs/a.md": "1\n", "mine/b.md": "1\n", "mine/c.md": "1\n" });
      world.desktop.write("theirs/a.md", "from the desktop\n");
      expect(await world.desktop.push()).toSucceed();
      world.laptop.write("mine/b.md", "an edit that is in no commit\n");
      await prepare(world);
      const events = await tracedRun(world, words);
      const before = events.slice(
        0,
        events.findIndex(({ kind }) => kind === "journal"),
      );
      const paths = (kind: "object" | "flushed"): string[] =>
        before.flatMap((event) => (event.kind === kind ? [event.path] : []));
      expect(paths("object").length).toBeGreaterThan(0);
      const flushed = new Set(paths("flushed"));
      expect(paths("object").filter((path) => !flushed.has(path))).toEqual([]);
    });
  }
});
