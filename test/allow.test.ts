// `--allow`: what a person lets pass in one run. Read alike by both readers of the command line, refused with the right
// name beside the wrong one, and to be had by no other way than the words of that run.
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { COMMANDS, commandNamed, EVERYWHERE } from "../cmd/help.ts";
import { formatCommandHelp } from "../cmd/help-words.ts";
import { parseInvocation } from "../cmd/invocation.ts";
import { readPlainWords } from "../cmd/plain-words.ts";
import type { Surroundings } from "../cmd/surroundings.ts";
import { openContext } from "../cmd/wiring.ts";
import { Failure } from "../lib/failure.ts";
import { type Allowance, GUARDS, type GuardName, isAllowed, NEVER_PASSED } from "../lib/guard.ts";
import { makeMachine, makeRoot } from "./support/world.ts";

const ALL = Object.keys(GUARDS) as GuardName[];
const NAMES = ALL.filter((guard) => NEVER_PASSED[guard] === undefined);
const TAKES = ["push", "pull", "sync", "rollback", "resolve"];

async function refusal(words: readonly string[]): Promise<Failure> {
  const error = await parseInvocation(words).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw new Error(`nothing was refused in: ${words.join(" ")}`, { cause: error });
}

test.each(TAKES)("%s takes every guard that can be let pass, with and without a path", async (command) => {
  for (const guard of NAMES) {
    expect((await parseInvocation([command, "--allow", guard])).allow).toEqual([{ guard, path: null }]);
    const path = "clients/acme/a b.json";
    expect((await parseInvocation([command, "--allow", `${guard}:${path}`])).allow).toEqual([{ guard, path }]);
  }
  expect((await parseInvocation([command])).allow).toEqual([]);
});

test.each(ALL.filter((guard) => NEVER_PASSED[guard] !== undefined))("%s cannot be let pass", async (guard) => {
  for (const value of [guard, `${guard}:a.md`])
    expect((await refusal(["push", "--allow", value])).message).toContain("cannot be let pass");
  expect(isAllowed({ guard, path: "a.md", says: "" }, [{ guard, path: null }])).toBe(false);
});

test.each(COMMANDS.filter(({ name }) => !TAKES.includes(name)).map(({ name }) => name))(
  "%s does not take it",
  async (name) => {
    const failure = await refusal([name, "--allow", "secret"]);
    expect(failure).toMatchObject({
      kind: "usage",
      message: `--allow belongs to ${TAKES.join(", ")}, not to ${name}`,
    });
  },
);

const words = fc.array(
  fc.tuple(
    fc.constantFrom(...NAMES),
    fc.option(fc.constantFrom("a.md", "clients/acme/tasks.json", "ä ö/ü.md", "a:b", "a,b", "-a", "a=b")),
  ),
  { maxLength: 6 },
);

test("repeated, apart or joined, before or behind the command, all are kept in their order", async () => {
  await fc.assert(
    fc.asyncProperty(words, fc.boolean(), async (given, isBehind) => {
      const texts = given.map(([guard, path]) => (path === null ? guard : `${guard}:${path}`));
      const apart = texts.flatMap((text) => ["--allow", text]);
      const joined = texts.map((text) => `--allow=${text}`);
      const wanted: Allowance[] = given.map(([guard, path]) => ({ guard, path }));
      for (const options of [apart, joined]) {
        const line = isBehind ? ["push", ...options] : [...options, "push"];
        expect((await parseInvocation(line)).allow).toEqual(wanted);
      }
    }),
  );
});

test("the reader of plain lines takes it repeated, and leaves to the other what it cannot read", () => {
  const options = [...EVERYWHERE, ...(commandNamed("push")?.options ?? [])];
  expect(readPlainWords(["push", "--allow", "secret", "--allow", "rot:a.md"], options)).toEqual({
    _: ["push"],
    allow: ["secret", "rot:a.md"],
  });
  expect(readPlainWords(["push", "--allow=secret"], options)).toBeNull();
  expect(readPlainWords(["push", "--folder", "a", "--folder", "b"], options)).toBeNull();
});

test("it does not go with --scheduled, in any order", async () => {
  for (const line of ["push --scheduled --allow secret", "--allow=rot:a.md sync --scheduled"]) {
    const failure = await parseInvocation(line.split(" ")).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: "usage", remedy: [expect.stringContaining("--allow GUARD:PATH")] });
  }
});

const WRONG: readonly (readonly [value: string, says: string])[] = [
  ["sekret", 'there is no guard "sekret"; did you mean secret?'],
  ["mass-deletes:clients", 'there is no guard "mass-deletes"; did you mean mass-delete?'],
  ["all", 'there is no guard "all"; did you mean all-changed?'],
  ["everything", 'there is no guard "everything" (guards: '],
  ["constructor", 'there is no guard "constructor" (guards: '],
  ["secret,rot", 'there is no guard "secret,rot"'],
  ["SECRET", 'there is no guard "SECRET"; did you mean secret?'],
  [":a.md", 'there is no guard ""'],
  ["secret:", "--allow secret: lacks the path after the colon"],
  ["secret:/home/me/.env", "--allow secret:/home/me/.env: the path is that of a file inside the folder"],
  ["secret:../.env", "the path is that of a file inside the folder"],
  ["secret:./.env", "the path is that of a file inside the folder"],
  ["secret:a//b", "the path is that of a file inside the folder"],
];

test.each(WRONG)("--allow %s is refused", async (value, says) => {
  for (const line of [
    ["push", "--allow", value],
    ["push", "--allow", "secret", `--allow=${value}`],
  ]) {
    const failure = await refusal(line);
    expect(failure.kind).toBe("usage");
    expect(failure.message).toContain(says);
    expect(failure.remedy).toEqual(["petesbrain-sync push --help"]);
    if (says.includes("no guard")) for (const name of NAMES) expect(failure.message).toContain(name);
  }
});

test.each([[["push", "--allow"]], [["push", "--allow", "rot", "--allow"]], [["push", "--allow="]]])(
  "%j lacks the value",
  async (line) => {
    expect((await refusal(line)).message).toBe("--allow needs a value: --allow GUARD[:PATH]");
  },
);

test.each(COMMANDS.map((command) => [command.name, command] as const))(
  "the help of %s lists the guards where they can be allowed",
  (name, command) => {
    const text = formatCommandHelp(command);
    for (const [guard, stops] of Object.entries(GUARDS))
      expect(new RegExp(`^  ${guard} +${RegExp.escape(stops)}$`, "m").test(text)).toBe(TAKES.includes(name));
  },
);

interface Desk {
  readonly home: string;
  readonly surroundings: (environment?: Record<string, string>) => Surroundings;
  readonly [Symbol.dispose]: () => void;
}

function desk(): Desk {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sync-allow-")));
  const silent = { write: () => undefined, isTerminal: false, columns: 80 };
  const surroundings: Desk["surroundings"] = (environment = {}) => ({
    argv: [],
    environment,
    cwd: home,
    home,
    hostname: "mini.lan",
    out: silent,
    err: silent,
    readLine: null,
    now: () => new Date(0),
    signal: new AbortController().signal,
    version: "test",
    commit: "test",
    platform: "linux",
    userId: 1000,
    binary: [],
  });
  return { home, surroundings, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}

const IGNORED = { onStep: () => undefined, later: () => undefined };

test("what was allowed reaches the run, and nothing else does", async () => {
  using at = desk();
  const allow: Allowance[] = [{ guard: "secret", path: "a.md" }];
  const open = (given: Allowance[], environment = {}) =>
    openContext(at.surroundings(environment), { folder: at.home, allow: given, scheduled: false }, IGNORED);
  expect((await open(allow)).allow).toEqual(allow);
  expect((await open([], { ALLOW: "secret", GUARD: "secret" })).allow).toEqual([]);
});

const PLACES: readonly (readonly [title: string, file: string, text: string])[] = [
  ["this machine's settings", ".config/petesbrain-sync/config.toml", 'allow = ["secret"]\n'],
  ["a table of them", ".config/petesbrain-sync/config.toml", '[guards]\nallow = ["secret"]\n'],
  ["the folder's settings", ".petesbrain-sync.toml", 'allow = ["secret"]\n'],
  ["the file of secrets", ".config/petesbrain-sync/.env", "PETESBRAIN_SYNC_ALLOW=secret\n"],
];

test.each(PLACES)("%s cannot allow anything", async (_, file, text) => {
  using at = desk();
  mkdirSync(join(at.home, file, ".."), { recursive: true });
  writeFileSync(join(at.home, file), text, { mode: 0o600 });
  const opening = openContext(at.surroundings(), { folder: at.home, allow: [], scheduled: false }, IGNORED);
  await expect(opening).rejects.toMatchObject({
    kind: "config-invalid",
    message: expect.stringContaining("for one run (petesbrain-sync push --allow GUARD:PATH)"),
  });
});

test("the environment cannot allow anything either, and a wrong name ends with 2", async () => {
  const root = makeRoot();
  try {
    const machine = makeMachine(root, "desktop");
    mkdirSync(machine.folder, { recursive: true });
    const refused = await machine.push({ environment: { PETESBRAIN_SYNC_ALLOW: "secret" } });
    expect(refused.exit).toBe(3);
    expect(refused.report?.failure).toMatchObject({ kind: "config-invalid", remedy: ["unset PETESBRAIN_SYNC_ALLOW"] });
    const wrong = await machine.run(["push", "--allow", "secret", "--allow", "sekret"]);
    expect(wrong.exit).toBe(2);
    expect(wrong.report?.failure?.cause).toContain("did you mean secret?");
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
