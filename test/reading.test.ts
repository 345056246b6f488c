// What stands in a file's place, and what happens to a file while it is read: a right digest or a named end, never a
// hang. Both readers are asked each time.
import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Failure } from "../lib/failure.ts";
import { digestOf, readFile, secondReading } from "../lib/integrity/digest.ts";
import { statOf } from "../lib/integrity/file-state.ts";
import { failureOf } from "./support/failure-of.ts";
import { cannotBecomeNobody, NOBODY, testUnless } from "./support/skip.ts";

const folder = mkdtempSync(join(tmpdir(), "reading-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "file");
const sha256 = (content: string | Uint8Array): string => new Bun.CryptoHasher("sha256").update(content).digest("hex");

type Read = (path: string) => string | null;
const readers: readonly (readonly [name: string, read: Read])[] = [
  ["digestOf", (path) => digestOf(path, 20)?.sha256 ?? null],
  ["secondReading", secondReading],
];

function made(...words: string[]): void {
  const ended = Bun.spawnSync(words);
  if (ended.exitCode !== 0) throw new Error(ended.stderr.toString());
}

describe.each(readers)("%s", (name, read) => {
  const own = join(folder, name);
  mkdirSync(own);
  const at = (path: string): string => join(own, path);
  const root = process.getuid?.() === 0 ? null : "only root can make a device";

  test("a link is its target's name: to nothing, to itself, to a folder, to a file", () => {
    for (const [path, target] of [
      ["nothing", "nowhere/at all"],
      ["itself", "itself"],
      ["a-folder", "."],
      ["a-file", "../file"],
    ] as const) {
      symlinkSync(target, at(path));
      expect(read(at(path))).toBe(sha256(target));
    }
  });

  test("nothing there is null: absent, below a file, below a link to nothing, in a circle of links", () => {
    writeFileSync(at("plain"), "x");
    symlinkSync("nowhere", at("dangling"));
    symlinkSync("circle-2", at("circle-1"));
    symlinkSync("circle-1", at("circle-2"));
    for (const path of ["absent", "no/such/folder", "plain/below", "dangling/below", "circle-1/below"]) {
      expect(read(at(path)), path).toBeNull();
      expect(statOf(at(path)), path).toBeNull();
    }
  });

  const device = (kind: "b" | "c") => (path: string) => made("mknod", path, kind, "250", "250");
  const odd: readonly (readonly [name: string, make: (path: string) => void, missing: string | null])[] = [
    ["folder", (path) => mkdirSync(path), null],
    ["pipe", (path) => made("mkfifo", path), null],
    ["character device without a driver", device("c"), root],
    ["block device without a driver", device("b"), root],
  ];
  for (const [what, make, missing] of odd)
    testUnless(missing)(`a ${what} is named as neither file nor link`, () => {
      make(at(what));
      const failure = failureOf(() => read(at(what)));
      expect(failure.kind).toBe("integrity-mismatch");
      expect(failure.message).toBe(`${at(what)} is neither a file nor a link`);
    });

  test("a device is named as neither file nor link", () => {
    for (const path of ["/dev/zero", "/dev/null", "/dev/tty"]) {
      // without a terminal /dev/tty cannot even be opened, which is said in the same words
      expect(failureOf(() => read(path)).message).toBe(`${path} is neither a file nor a link`);
    }
  });

  test("a socket is named as neither file nor link", () => {
    const path = at("socket");
    const listener = Bun.listen({ unix: path, socket: { data: () => undefined } });
    try {
      expect(failureOf(() => read(path)).message).toBe(`${path} is neither a file nor a link`);
    } finally {
      listener.stop(true);
    }
  });

  testUnless(existsSync("/proc/version") ? null : "there is no /proc")("a size that is not true is named", () => {
    const failure = failureOf(() => read("/proc/version"));
    expect(failure.kind).toBe("integrity-mismatch");
    expect(failure.message).toMatch(/^\/proc\/version says it has 0 bytes and gives at least \d+$/);
  });

  test("a file that another program goes on writing ends in a named failure, or as unsteady", () => {
    const path = at("growing");
    writeFileSync(path, Buffer.alloc(4_000_000, "x"));
    const writer = Bun.spawn(["sh", "-c", 'while :; do printf y; done >> "$1"', "sh", path]);
    try {
      const answers = new Set<string | null>();
      // a slow machine may give the writer no turn during a reading
      for (let reading = 0; reading < 200 && !answers.has("unsteady"); reading++) {
        answers.add(whatItSays(() => read(path)));
      }
      expect(answers).toContain("unsteady");
    } finally {
      writer.kill("SIGKILL");
    }
  });
});

function whatItSays(read: () => string | null): string | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure && error.message.endsWith("keeps changing while it is read")) return "unsteady";
    throw error;
  }
}

describe("a file that may not be read", () => {
  /** Reads as a user without rights, in a process of its own. */
  const asNobody = (call: string): { kind: string; message: string; remedy: string[] } => {
    const script = `import { ${call} } from ${JSON.stringify(join(import.meta.dir, "../lib/integrity/digest.ts"))};
try { console.log(JSON.stringify(${call}(${JSON.stringify(file)}))); }
catch ({ kind, message, remedy }) { console.log(JSON.stringify({ kind, message, remedy })); }`;
    const ended = Bun.spawnSync([...NOBODY.through, process.execPath, "-e", script], { env: { HOME: folder } });
    return JSON.parse(ended.stdout.toString());
  };

  for (const call of ["digestOf", "secondReading"])
    testUnless(cannotBecomeNobody())(`${call} says so, and how to mend it`, () => {
      writeFileSync(file, "secret");
      chmodSync(folder, 0o755);
      chmodSync(file, 0o000);
      const said = asNobody(call);
      chmodSync(file, 0o600);
      expect(said).toEqual({
        kind: "permission-denied",
        message: `${file} cannot be read (EACCES)`,
        remedy: [`ls -l '${file}'   # then give yourself the right to read it: chmod u+r '${file}'`],
      });
    });
});

describe("a file that changes while it is read", () => {
  const CONTENT = Buffer.alloc(600 * 1024, "before ");

  let writes = 0;
  /** On some systems two writes within a tick of the clock have the same time; here each has its own. */
  const atItsTime = (change: () => void) => () => {
    change();
    utimesSync(file, 1_000_000, ++writes);
  };

  /** Reads the file; `disturb` is called with the number of the reading at its first piece. */
  function readDisturbed(disturb: (reading: number) => void): {
    seen: ReturnType<typeof readFile>;
    readings: number;
    taken: Buffer;
  } {
    atItsTime(() => writeFileSync(file, CONTENT))();
    let readings = 0;
    let pieces: Buffer[] = [];
    const seen = readFile(file, 20, () => {
      readings += 1;
      pieces = [];
      return (piece) => {
        if (pieces.length === 0) {
          disturb(readings);
        }
        pieces.push(Buffer.from(piece));
      };
    });
    return { seen, readings, taken: Buffer.concat(pieces) };
  }

  const changes = {
    grown: () => appendFileSync(file, "more"),
    "cut short": () => truncateSync(file, statSync(file).size - 70_000),
    rewritten: () => writeFileSync(file, Buffer.alloc(600 * 1024, "after ")),
    replaced: () => {
      writeFileSync(`${file}.new`, Buffer.alloc(500 * 1024, "new "));
      renameSync(`${file}.new`, file);
    },
  };

  test("is read again, and whoever looks on begins anew; three times in a row is unsteady", () => {
    const change = fc.option(fc.constantFrom(...Object.values(changes).map(atItsTime)), { nil: null });
    fc.assert(
      fc.property(fc.tuple(change, change, change), (script) => {
        const { seen, readings, taken } = readDisturbed((reading) => script[reading - 1]?.());
        const quiet = script.indexOf(null);
        expect(readings).toBe(quiet < 0 ? 3 : quiet + 1);
        if (quiet < 0) expect(seen).toBe("unsteady");
        else expect(seen).toMatchObject({ digest: { sha256: sha256(taken), sizeBytes: statSync(file).size } });
      }),
      { numRuns: 80 },
    );
  });

  test("is null when it vanishes half-way", () => {
    expect(readDisturbed(() => unlinkSync(file)).seen).toBeNull();
  });

  test("is not read to an end that runs away from it", () => {
    let taken = 0;
    writeFileSync(file, CONTENT);
    const seen = readFile(file, null, () => (piece) => {
      taken += piece.length;
      appendFileSync(file, piece);
    });
    expect(seen).toBe("unsteady");
    expect(taken).toBeLessThan(3 * 8 * CONTENT.length);
  });

  test("an empty file and a link are seen by whoever looks on", () => {
    const pieces: string[] = [];
    let begun = 0;
    const look = () => {
      begun += 1;
      return (piece: Uint8Array) => void pieces.push(Buffer.from(piece).toString());
    };
    rmSync(file, { force: true });
    writeFileSync(file, "");
    readFile(file, null, look);
    expect([begun, pieces]).toEqual([1, []]);
    rmSync(file);
    symlinkSync("target", file);
    readFile(file, null, look);
    expect([begun, pieces]).toEqual([2, ["target"]]);
    rmSync(file);
  });
});
