// The settings: what each file may say, which source wins, and that a wrong line is answered with a right one.
import { expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { chooseFolder, withSecrets } from "../cmd/wiring.ts";
import { Failure } from "../lib/failure.ts";
import { lastMatchDecides } from "../lib/machine/globs.ts";
import { readSettings, type Settings, settingsPaths } from "../lib/machine/settings.ts";
import { linesOfKeys, parseSettingsFile } from "../lib/machine/settings-file.ts";
import {
  builtInThreshold,
  guardSettings,
  NEVER_SYNC,
  THRESHOLDS,
  type Threshold,
} from "../lib/machine/settings-guards.ts";
import { KEYS } from "../lib/machine/settings-keys.ts";
import { withKeys, writeSettings } from "../lib/machine/settings-writer.ts";

interface Place {
  readonly home: string;
  readonly folder: string;
  readonly machine: string;
  readonly own: string;
  readonly [Symbol.dispose]: () => void;
  read(environment?: Record<string, string>): Promise<Settings>;
}

function place(files: { machine?: string; folder?: string } = {}): Place {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sync-settings-")));
  const folder = join(home, "brain");
  const machine = join(home, ".config", "petesbrain-sync", "config.toml");
  const own = join(folder, ".petesbrain-sync.toml");
  mkdirSync(folder);
  mkdirSync(join(machine, ".."), { recursive: true });
  if (files.machine !== undefined) writeFileSync(machine, files.machine);
  if (files.folder !== undefined) writeFileSync(own, files.folder);
  const read = (environment = {}): Promise<Settings> =>
    readSettings({ home, hostname: "mini.lan", environment, folder });
  return { home, folder, machine, own, read, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}

function refusal(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("without any file the built-in settings hold, and say so", async () => {
  using at = place();
  const settings = await at.read();
  expect(settings).toMatchObject({
    folder: null,
    role: "mini.lan",
    name: "mini.lan",
    remote: "origin",
    branch: "main",
    hooks: false,
  });
  expect(settings.critical).toContain("clients/*/tasks.json");
  expect(settings.local).toEqual([".mcp.json", "data/state/*.json"]);
  expect(settings.guards).toMatchObject({
    largestFileBytes: 95_000_000,
    massDeletePercent: 20,
    massDeleteFiles: 100,
    massDeleteLeast: 3,
    allChangedPercent: 90,
    allChangedLeast: 20,
    shrunkPercent: 50,
    shrunkLeastBytes: 1024,
  });
  expect(settings.guards.neverSync).toEqual([...NEVER_SYNC]);
  expect(settings.attestRequired).toBe(false);
  expect(new Set(Object.values(settings.sources))).toEqual(new Set(["built-in"]));
});

test("each source wins over the weaker ones and is named", async () => {
  using at = place({
    machine: '# mine\nrole = "laptop"\nname = "Air"\n\n[network]\nattempts = 5\n',
    folder: 'critical = ["a/*.md"]\n[guards]\nlargest_file_mb = 10\n',
  });
  const settings = await at.read({ PETESBRAIN_SYNC_ROLE: "desktop" });
  expect(settings).toMatchObject({
    role: "desktop",
    name: "Air",
    networkAttempts: 5,
    critical: ["a/*.md"],
    guards: { largestFileBytes: 10_000_000 },
  });
  expect(settings.sources).toMatchObject({
    role: "environment PETESBRAIN_SYNC_ROLE",
    name: `${at.machine}:3`,
    "network.attempts": `${at.machine}:6`,
    critical: `${at.own}:1`,
    "guards.largest_file_mb": `${at.own}:3`,
    branch: "built-in",
  });
});

test("the role falls back to the machine's own name", async () => {
  using at = place({ machine: 'name = "Air"\n' });
  expect((await at.read()).role).toBe("Air");
});

test("a folder under the home may be written with a tilde", async () => {
  using at = place({ machine: 'folder = "~/brain"\n' });
  expect((await at.read()).folder).toBe(at.folder);
});

test("XDG_CONFIG_HOME moves this machine's file, a relative one does not", () => {
  const paths = (value: string): string =>
    settingsPaths({ home: "/h", environment: { XDG_CONFIG_HOME: value }, folder: null }).machine;
  expect(paths("/c")).toBe("/c/petesbrain-sync/config.toml");
  expect(paths("c")).toBe("/h/.config/petesbrain-sync/config.toml");
});

type File = "machine" | "folder";
const WRONG: readonly (readonly [text: string, file: File, line: number, says: readonly string[]])[] = [
  ['rol = "desktop"', "machine", 1, ['there is no key "rol"', 'role = "desktop"']],
  ['\n\nbranches = "main"', "machine", 3, ['there is no key "branches"', "branch"]],
  ["[network]\nattempt = 3", "machine", 2, ['"network.attempt"', "[network] attempts = 3"]],
  ["[network]\nattempts = 0", "machine", 2, ["network.attempts must be a whole number", "attempts = 3"]],
  ['[network]\nattempts = "3"', "machine", 2, ["network.attempts must be a whole number"]],
  ["network = 3", "machine", 1, ['there is no key "network"']],
  ['hooks = "yes"', "machine", 1, ["hooks must be true or false", "hooks = false"]],
  ['folder = "brain"', "machine", 1, ["folder must be a full path"]],
  ['role = "my desk"', "machine", 1, ["role must be letters"]],
  ['role = "a\\nb"', "machine", 1, ["role must be plain text"]],
  ["role = 3", "machine", 1, ["role must be text in quotes"]],
  ['remote = "https://example.com/x.git"', "machine", 1, ["remote must be the name of a git remote"]],
  ['remote = "--upload-pack=x"', "machine", 1, ["remote must be the name"]],
  ['branch = "-f"', "machine", 1, ["branch must be a name git accepts"]],
  ['branch = "a..b"', "machine", 1, ["branch must be a name git accepts"]],
  ['[email]\nto = "me"', "machine", 2, ["email.to must be a mail address"]],
  [
    '[[webhook]]\nurl = "https://a.example"\n[[webhook]]\nurl = "ftp://a.example"',
    "machine",
    4,
    ["webhook[1].url must be an http or https address"],
  ],
  ['[[webhook]]\nkind = "teams"', "machine", 2, ['must be "json", "slack" or "ntfy"']],
  ['[ping]\nurl = "javascript:x"', "machine", 2, ["ping.url must be an http"]],
  ['critical = ["a"]', "machine", 1, ['"critical" belongs in .petesbrain-sync.toml']],
  ['role = "desktop"', "folder", 1, ['"role" belongs in config.toml']],
  ["hooks = true", "folder", 1, ['"hooks" belongs in config.toml']],
  ['command = "rm -rf /"', "folder", 1, ['there is no key "command"']],
  ['constructor = "x"', "folder", 1, ['there is no key "constructor"']],
  ['__proto__ = "x"', "folder", 1, ['there is no key "__proto__"']],
  ['critical = ["../other/*"]', "folder", 1, ["critical must stay inside the folder"]],
  ['critical = ["a/../../b"]', "folder", 1, ["critical must stay inside the folder"]],
  ['local = ["/etc/passwd"]', "folder", 1, ["local must stay inside the folder"]],
  ['local = ["~/x"]', "folder", 1, ["local must stay inside the folder"]],
  ['local = [".GIT/config"]', "folder", 1, ["local must stay inside the folder"]],
  ['local = ["a\\\\..\\\\b"]', "folder", 1, ["local must stay inside the folder"]],
  ['local = ".mcp.json"', "folder", 1, ["local must be a list", 'local = [".mcp.json"]']],
  ["allow = ['secret']", "folder", 1, ['"allow" is no setting', "for one run", "--allow"]],
  ["allow = true", "machine", 1, ['"allow" is no setting']],
  ["[guards]\nallow = ['secret:.env']", "machine", 2, ['"guards.allow" is no setting']],
  ["[guards]\n\n[guards.allow]\nsecret = true", "folder", 4, ['"guards.allow.secret" is no setting']],
  ["[[allow]]\nguard = 'rot'", "folder", 2, ['"allow[0].guard" is no setting']],
  ["[guards]\nmass_delete_percent = 100", "folder", 2, ["guards.mass_delete_percent must be", "from 1 to 90"]],
  ["[guards]\nmass_delete_precent = 10", "machine", 2, ["there is no key", "[guards] mass_delete_percent = 20"]],
  ["[guards]\nnever_sync = '**/*.key'", "folder", 2, ["guards.never_sync must be a list"]],
  ["[guards]\nnever_sync = ['!/etc/*']", "folder", 2, ["guards.never_sync must stay inside the folder"]],
  ["[guards]\nnever_sync = ['!!a']", "folder", 2, ["guards.never_sync must stay inside the folder"]],
  ["[guards]\nnever_sync = ['!']", "folder", 2, ["guards.never_sync must stay inside the folder"]],
  ["[attest]\nrequired = 'yes'", "folder", 2, ["attest.required must be true or false"]],
  ["[guards]\nlargest_file_mb = 1.5", "folder", 2, ["guards.largest_file_mb must be a whole number"]],
  ['role = "desktop\nname = "x"', "machine", 1, ["column", "not valid TOML"]],
  ['role = "a"\nrole = "b"', "machine", 2, ["not valid TOML"]],
];

test.each(WRONG)("%j in the %s file is refused", (text, file, line, says) => {
  const failure = refusal(() => parseSettingsFile("/etc/it.toml", file, text));
  expect(failure.kind).toBe("config-invalid");
  expect(failure.message).toStartWith(`/etc/it.toml, line ${line}: `);
  for (const words of says) expect(failure.message).toContain(words);
  expect(failure.message).not.toContain("\n");
  expect(failure.remedy.length).toBeGreaterThan(0);
});

const BORDERS = (Object.keys(THRESHOLDS) as Threshold[]).flatMap((name) => {
  const { least, most } = THRESHOLDS[name];
  return [
    [name, least - 1, false],
    [name, least, true],
    [name, builtInThreshold(name), true],
    [name, most, true],
    [name, most + 1, false],
  ] as const;
});

test.each(BORDERS)("the threshold %s may be %d: %j", (name, value, isValid) => {
  for (const file of ["machine", "folder"] as const) {
    const act = () => parseSettingsFile("/x.toml", file, `[guards]\n${name} = ${value}\n`);
    if (isValid) expect(act().get(`guards.${name}`)?.value).toBe(value);
    else expect(refusal(act).message).toContain(`for example: [guards] ${name} = ${builtInThreshold(name)}`);
  }
});

const SETTING_OF = {
  largest_file_mb: "largestFileBytes",
  mass_delete_percent: "massDeletePercent",
  mass_delete_files: "massDeleteFiles",
  mass_delete_least: "massDeleteLeast",
  all_changed_percent: "allChangedPercent",
  all_changed_least: "allChangedLeast",
  shrunk_percent: "shrunkPercent",
  shrunk_least_bytes: "shrunkLeastBytes",
} as const;

test.each(Object.entries(SETTING_OF))("%s of this machine stands over the folder's", async (name, setting) => {
  const unit = name.endsWith("_mb") ? 1_000_000 : 1;
  using shared = place({ folder: `[guards]\n${name} = 7\n` });
  using both = place({ machine: `[guards]\n${name} = 8\n`, folder: `[guards]\n${name} = 7\n` });
  const [folder, machine] = [await shared.read(), await both.read()];
  expect([folder.guards[setting], folder.sources[`guards.${name}`]]).toEqual([7 * unit, `${shared.own}:2`]);
  expect([machine.guards[setting], machine.sources[`guards.${name}`]]).toEqual([8 * unit, `${both.machine}:2`]);
});

/** The folder's file can be written by whoever can write to the remote. */
const REQUIRED: readonly (readonly [machine: boolean | null, folder: boolean | null, required: boolean])[] = [
  [null, null, false],
  [null, false, false],
  [null, true, true],
  [false, null, false],
  [false, false, false],
  [false, true, true],
  [true, null, true],
  [true, false, true],
  [true, true, true],
];

test.each(REQUIRED)("attest.required: %j here and %j in the folder is %j", async (machine, folder, required) => {
  const text = (value: boolean | null) => (value === null ? "" : `[attest]\nrequired = ${value}\n`);
  using at = place({ machine: text(machine), folder: text(folder) });
  const settings = await at.read();
  expect(settings.attestRequired).toBe(required);
  const [source = ""] = (settings.sources["attest.required"] ?? "").split(":");
  const told = new Map([
    [at.machine, machine],
    [at.own, folder],
  ]).get(source);
  expect(told).toBe(machine === null && folder === null ? undefined : required);
});

const HELD: readonly (readonly [path: string, machine: string[], folder: string[], isHeld: boolean])[] = [
  [".env", [], [], true],
  ["clients/acme/.env", [], [], true],
  ["clients/acme/.env.local", [], [], true],
  [".env.production", [], [], true],
  [".env.example", [], [], false],
  ["clients/acme/.env.template", [], [], false],
  ["a/.env.sample", [], [], false],
  ["a/.env.sample.bak", [], [], true],
  ["environment.md", [], [], false],
  [".ssh/id_ed25519", [], [], true],
  [".ssh/id_ed25519.pub", [], [], false],
  ["keys/store.kdbx", [], [], true],
  ["google/client_secret_123.apps.json", [], [], true],
  ["notes/credentials.json.md", [], [], false],
  ["private/a.md", [], ["private/**"], true],
  ["private/a.md", ["private/**"], [], true],
  ["private/readme.md", [], ["private/**", "!private/readme.md"], false],
  ["private/readme.md", ["!private/readme.md"], ["private/**"], false],
  [".env", [], ["!.env", "!**/.env", "!**"], true], // what others can write cannot have a secret published
  ["fixtures/.env", ["!fixtures/.env"], [], false],
  ["fixtures/.env", ["!fixtures/.env", "fixtures/**"], [], true],
  [".env.example", ["**/.env.example"], [], true],
];

test.each(HELD)("%s, with %j here and %j in the folder, never leaves: %j", async (path, machine, folder, isHeld) => {
  const text = (globs: string[]) => `[guards]\nnever_sync = ${JSON.stringify(globs)}\n`;
  using at = place({ machine: text(machine), folder: text(folder) });
  const { guards, sources } = await at.read();
  expect(lastMatchDecides(guards.neverSync)(path)).toBe(isHeld);
  expect(sources["guards.never_sync"]).toBe(`built-in and ${at.machine}:2 and ${at.own}:2`);
});

test("no list of the settings publishes what the built-in globs hold back, unless this machine says so", () => {
  const folder = fc.array(fc.oneof(fc.string(), fc.constantFrom("!**", "!**/*", "!**/.env", "!.env", "!**/.env*")));
  fc.assert(
    fc.property(folder, fc.constantFrom(".env", "a/.env", "a/b/id_rsa", "x/token.pickle"), (globs, path) => {
      const { neverSync } = guardSettings({ threshold: builtInThreshold, neverSync: { machine: [], folder: globs } });
      expect(lastMatchDecides(neverSync)(path)).toBe(true);
    }),
  );
});

test.each(Object.entries(KEYS))("the example of %s is itself valid", (key, { file, example }) => {
  const text = example.replace(/^(\[.*\]) /, "$1\n");
  for (const place of file === "either" ? (["machine", "folder"] as const) : [file]) {
    const values = parseSettingsFile("/x.toml", place, text);
    expect([...values.keys()]).toEqual([key.replace("[]", "[0]")]);
  }
});

test("a text over several lines hides what looks like keys in it", () => {
  const lines = linesOfKeys('a = """\nrole = "x"\n[net]\n"""\nrole = "y"\n[net]\nb = 1\n');
  expect([...lines]).toEqual([
    ["a", 1],
    ["role", 5],
    ["net", 6],
    ["net.b", 7],
  ]);
});

const VARIABLES: readonly (readonly [string, string, string])[] = [
  ["PETESBRAIN_SYNC_ROLE", "my desk", "must be letters"],
  ["PETESBRAIN_SYNC_FOLDER", "brain", "must be a full path"],
  ["PETESBRAIN_SYNC_REMOTE", "-x", "must be the name of a git remote"],
  ["PETESBRAIN_SYNC_BRANCH", "a b", "must be a name git accepts"],
  ["PETESBRAIN_SYNC_NAME", "a\nb", "must be plain text"],
];

test.each(VARIABLES)("a wrong %s is refused by name", async (variable, value, says) => {
  using at = place();
  const failure = await at.read({ [variable]: value }).then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toMatchObject({
    kind: "config-invalid",
    message: expect.stringContaining(`${variable} ${says}`),
    remedy: [`unset ${variable}`],
  });
});

test("the folder's own file is not read through a link", async () => {
  using at = place();
  writeFileSync(join(at.home, "elsewhere.toml"), 'critical = ["a"]\n');
  symlinkSync(join(at.home, "elsewhere.toml"), at.own);
  await expect(at.read()).rejects.toMatchObject({
    kind: "config-invalid",
    message: expect.stringContaining("is a link"),
  });
});

const KEPT: readonly (readonly [title: string, before: string, after: string])[] = [
  ["an empty file", "", 'role = "laptop"\n'],
  ["another key", 'name = "Air"\n', 'name = "Air"\nrole = "laptop"\n'],
  ["the key itself, with a comment", 'role = "x"  # mine\nname = "Air"\n', 'role = "laptop"  # mine\nname = "Air"\n'],
  ["a value with # inside", 'role = "x#y" # mine\n', 'role = "laptop" # mine\n'],
  ["a table", "# top\n\n[network]\nattempts = 5\n", '# top\nrole = "laptop"\n\n[network]\nattempts = 5\n'],
  ["the same key in a table only", '[x]\nrole = "y"\n', 'role = "laptop"\n\n[x]\nrole = "y"\n'],
  ["no line break at the end", 'name = "Air"', 'name = "Air"\nrole = "laptop"\n'],
];

test.each(KEPT)("init's writer keeps the rest of %s", (_, before, after) => {
  expect(withKeys(before, { role: "laptop" })).toBe(after);
  expect(withKeys(after, { role: "laptop" })).toBe(after);
});

test("what the writer writes reads back as it was meant, whatever the name", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), (value) => {
      const parsed = Bun.TOML.parse(withKeys("", { name: value }));
      expect(parsed).toEqual({ name: value });
    }),
  );
});

test("the written file is private, a second writing changes nothing, and a link stays a link", () => {
  using at = place();
  const real = join(at.home, "dotfiles.toml");
  writeFileSync(real, 'name = "Air"\n', { mode: 0o644 });
  symlinkSync(real, at.machine);
  expect(writeSettings(at.machine, { role: "laptop" })).toBe(true);
  expect(writeSettings(at.machine, { role: "laptop" })).toBe(false);
  expect(readFileSync(real, "utf8")).toBe('name = "Air"\nrole = "laptop"\n');
  expect(statSync(real).mode & 0o777).toBe(0o600);
});

test("secrets that others can read are refused, with the command that mends it", async () => {
  using at = place();
  const path = join(at.home, ".config", "petesbrain-sync", ".env");
  writeFileSync(path, "SMTP_URL=smtps://me@example.com\n", { mode: 0o640 });
  const failure = await withSecrets({}, path).catch((error: unknown) => error);
  const message = expect.not.stringContaining("smtps");
  expect(failure).toMatchObject({ kind: "config-invalid", remedy: [`chmod 600 ${path}`], message });
});

test("private secrets lie under the environment, and a name that means nothing is refused with its line", async () => {
  using at = place();
  const path = join(at.home, ".config", "petesbrain-sync", ".env");
  writeFileSync(path, "SMTP_URL='smtps://a'\nRESEND_API_KEY=b\n", { mode: 0o600 });
  expect(await withSecrets({ RESEND_API_KEY: "outer", PATH: "/bin" }, path)).toEqual({
    SMTP_URL: "smtps://a",
    RESEND_API_KEY: "outer",
    PATH: "/bin",
  });
  writeFileSync(path, "SMTP_URL=a\nGIT_SSH_COMMAND=evil\n");
  await expect(withSecrets({}, path)).rejects.toThrow('line 2: there is no secret "GIT_SSH_COMMAND"');
  expect(await withSecrets({ A: "1" }, join(at.home, "none"))).toEqual({ A: "1" });
});

function checkout(folder: string, isSetUp: boolean): string {
  for (const part of ["objects", ...(isSetUp ? ["petesbrain-sync"] : [])])
    mkdirSync(join(folder, ".git", part), { recursive: true });
  writeFileSync(join(folder, ".git", "HEAD"), "ref: refs/heads/main\n");
  mkdirSync(join(folder, "deep", "down"), { recursive: true });
  return folder;
}

test("the folder is chosen: option, then the checkout around, then the settings", () => {
  using at = place();
  const here = checkout(join(at.home, "here"), false);
  const ready = checkout(join(at.home, "ready"), true);
  const brain = checkout(at.folder, true);
  const none = { folder: null };
  const configured = { folder: brain };
  const rows: readonly (readonly [string | null, string, { folder: string | null }, string])[] = [
    ["here", at.home, configured, here],
    [null, join(here, "deep", "down"), none, here],
    [null, join(brain, "deep"), configured, brain],
    [null, join(ready, "deep"), configured, ready],
    [null, join(here, "deep"), configured, brain], // a checkout nobody set up is not what was meant
    [null, at.home, configured, brain],
  ];
  for (const [option, cwd, settings, expected] of rows) expect(chooseFolder(option, cwd, settings)).toBe(expected);
  const failure = refusal(() => chooseFolder(null, at.home, none));
  expect(failure.kind).toBe("not-a-repository");
  expect(failure.remedy.join()).toContain("petesbrain-sync init");
});
