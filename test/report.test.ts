// `report`: one private page of how it has gone, with what happened on it, nothing hostile in it and nothing that loads.
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openerOf, openPage as showPage } from "../cmd/page-opener.ts";
import { countByDay, daysBetween } from "../cmd/report-chart.ts";
import { pastConflicts } from "../cmd/report-conflicts.ts";
import { formatReport } from "../cmd/report-page.ts";
import { tallyOf } from "../cmd/report-runs.ts";
import type { PastRun } from "../lib/machine/history.ts";
import type { Overview } from "../lib/sync/overview.ts";
import { parsePublished } from "../lib/sync/published.ts";
import type { Status } from "../lib/sync/status-form.ts";
import { missingBrowser, openPage, picturePage } from "./support/chromium.ts";
import type { Machine, RunResult } from "./support/machine.ts";
import { machineEnvironment } from "./support/plain-git.ts";
import { testUnless } from "./support/skip.ts";
import { twoMachines } from "./support/world.ts";

const HOSTILE = `<script>document.title='owned'</script>"><img src=x onerror=alert(1)>&amp;'\u202egnp`;
const AT = new Date("2026-01-31T12:00:00Z");

function run(startedAt: string, more: Partial<PastRun> = {}): PastRun {
  return {
    run: "20260104T102500Z-4f2a",
    command: "pull",
    startedAt,
    outcome: "synced",
    exit: 0,
    files: { added: 0, modified: 0, deleted: 0, merged: 0 },
    durationMs: 10,
    machine: { name: "laptop-mac", role: "laptop" },
    attestedBy: null,
    snapshot: null,
    failureTitle: null,
    conflicts: [],
    merged: [],
    heldBack: [],
    cause: null,
    kind: null,
    ...more,
  };
}

const blocked = (at: string, ...conflicts: string[]): PastRun =>
  run(at, { exit: 20, outcome: "blocked", conflicts, kind: "conflicts" });

describe("what is told", () => {
  test("a run went through, had nothing to do, was stopped, or did not go through", () => {
    const runs = [
      run("2026-01-01T00:00:00Z"),
      run("2026-01-01T01:00:00Z", { outcome: "up-to-date" }),
      run("2026-01-01T02:00:00Z", { exit: 23 }),
      ...[20, 21, 22].map((exit) => run("2026-01-01T03:00:00Z", { exit })),
      ...[1, 10, 11, 12, 13, 14, 30, 31, 32, 130, 143].map((exit) => run("2026-01-01T04:00:00Z", { exit })),
    ];
    expect(tallyOf(runs)).toEqual({ total: 17, changed: 2, nothing: 1, stopped: 3, failed: 11 });
  });

  test("a conflict lasts from the run that met it to the run that got through", () => {
    const runs = [
      blocked("2026-01-01T00:00:00Z", "a", "b"),
      run("2026-01-01T01:00:00Z", { exit: 12 }),
      blocked("2026-01-01T02:00:00Z", "a"),
      ...["verify", "init", "rehearse", "rollback"].map((command) => run("2026-01-01T03:00:00Z", { command })),
      run("2026-01-01T04:00:00Z", { command: "resolve" }),
      blocked("2026-01-01T05:00:00Z", "a"),
    ];
    expect(pastConflicts(runs.toReversed())).toEqual([
      { path: "a", from: "2026-01-01T05:00:00Z", runs: 1, ended: null },
      { path: "a", from: "2026-01-01T00:00:00Z", runs: 2, ended: { at: "2026-01-01T04:00:00Z", command: "resolve" } },
      { path: "b", from: "2026-01-01T00:00:00Z", runs: 1, ended: { at: "2026-01-01T02:00:00Z", command: "pull" } },
    ]);
  });

  test("days are counted in UTC, both ends included, and what lies outside is left out", () => {
    const days = daysBetween(new Date("2026-02-27T23:59:59Z"), new Date("2026-03-01T00:00:00Z"));
    expect(days).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
    const events = ["2026-02-26T23:59:59Z", "2026-02-27T00:00:00Z", "2026-02-27T23:00:00Z", "2026-03-01T00:00:00Z"];
    expect(countByDay(days, 2, events, (at) => ({ at, kind: at.endsWith("T23:00:00Z") ? 1 : 0 }))).toEqual([
      { day: "2026-02-27", counts: [1, 1] },
      { day: "2026-02-28", counts: [0, 0] },
      { day: "2026-03-01", counts: [1, 0] },
    ]);
  });

  test("a commit names its role or none; words of strangers are no role", () => {
    const fields = [
      ["1767522300", "desktop"],
      ["1767522300", ""],
      ["1767522300", "laptop,desktop"],
      ["x", "desktop,<b>"],
    ];
    const bytes = Buffer.from(fields.map((record) => `${record.join("\0")}\0`).join(""));
    const at = "2026-01-04T10:25:00.000Z";
    expect(parsePublished(bytes)).toEqual([
      { at, role: "desktop" },
      { at, role: null },
      { at, role: "desktop" },
      { at: "1970-01-01T00:00:00.000Z", role: null },
    ]);
    expect(parsePublished(new Uint8Array())).toEqual([]);
  });
});

interface Told {
  readonly page: string;
  readonly verdict: string;
  readonly runs: Record<string, number>;
  readonly published: number;
  readonly missing: string[];
}

function told(result: RunResult): Told {
  return JSON.parse(result.stdout) as Told;
}

async function pageOf(machine: Machine): Promise<Told & { html: string }> {
  const result = await machine.run(["report"]);
  expect(result.exit).toBe(0);
  const found = told(result);
  return { ...found, html: readFileSync(found.page, "utf8") };
}

test("the page shows both machines, runs, a conflict from its beginning to its end, a halt and an alert", async () => {
  await using world = await twoMachines({ "clients/acme/CONTEXT.md": "one\n", "clients/acme/tasks.json": "[1]" });
  const { desktop, laptop } = world;
  desktop.write("clients/acme/CONTEXT.md", "desktop\n");
  laptop.write("clients/acme/CONTEXT.md", "laptop\n");
  expect(await desktop.push()).toSucceed();
  expect(await laptop.pull()).toFailWith("conflicts");
  const waiting = await pageOf(laptop);
  expect(waiting.verdict).toBe("ATTENTION");
  expect(waiting.html).toContain("<h3>Waiting for an answer</h3>");
  expect(waiting.html).toContain("petesbrain-sync resolve clients/acme/CONTEXT.md");
  expect(await laptop.run(["resolve", "--all", "--take", "laptop"])).toSucceed();
  laptop.write("clients/acme/tasks.json", "");
  expect(await laptop.push()).toFailWith("halted");

  const found = await pageOf(laptop);
  expect(found.runs).toEqual({ total: 3, changed: 1, nothing: 0, stopped: 2, failed: 0 });
  expect(found.missing).toEqual([]);
  const { html } = found;
  const text = html.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
  for (const part of [
    "ATTENTION",
    "laptop (this one)",
    "desktop",
    "What ran on laptop : 3 runs",
    "clients/acme/CONTEXT.md 1 run by resolve,",
    "Stopped by a guard, or damaged",
    "invalid-json: clients/acme/tasks.json",
    "unread",
    "3 snapshots",
  ])
    expect(text).toContain(part);
  expect(text).not.toContain("Waiting for an answer");
  expect(html).toMatch(/<title>[-0-9]{10}: .*1 with changes.*<\/title>/);
});

test("it is private, out of git's sight, and takes the place of the one before, also of a link", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop } = world;
  const { page } = await pageOf(desktop);
  expect(page).toBe(join(desktop.folder, ".git", "petesbrain-sync", "report.html"));
  expect(statSync(page).mode & 0o777).toBe(0o600);
  desktop.write("mine", "mine\n");
  rmSync(page);
  desktop.link(".git/petesbrain-sync/report.html", desktop.at("mine"));
  await pageOf(desktop);
  expect(desktop.read("mine")).toBe("mine\n");
  expect(desktop.gitText("status", "--porcelain").trim()).toBe("?? mine");
});

test("a clock that was set back hides no commit, days before the window do not count, and no secret is shown", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop } = world;
  const secret = `ghp_${"abcdefghij0123456789".repeat(2).slice(0, 36)}`;
  const commit = (message: string, ago: number): void => {
    const date = `@${Math.floor(Date.now() / 1000) - ago} +0000`;
    const env = { ...machineEnvironment(desktop.home), GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    const args = ["git", "commit", "--quiet", "--allow-empty", "--message", message];
    expect(Bun.spawnSync(args, { cwd: desktop.folder, env }).exitCode).toBe(0);
  };
  const before = (await pageOf(desktop)).published;
  commit(`one\n\nSync-Role: ${secret}`, 60);
  commit("the clock is back", 400 * 86_400);
  commit("another", 60);
  expect(await desktop.push()).toSucceed();
  const { published, html } = await pageOf(desktop);
  expect(published - before).toBe(2);
  expect(html).not.toContain(secret);
  expect(html).toContain("***");
});

test("a run that was interrupted, or put nothing back, is no damage and no rollback", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop } = world;
  expect(await desktop.write("a", "2\n").push()).toSucceed();
  expect(await desktop.run(["rollback", "20200101", "--force"])).toFailWith("usage");
  using state = new Database(desktop.at(".git/petesbrain-sync/state.db"));
  state.run("UPDATE runs SET exit = 130, checksum = NULL WHERE command = 'push'");
  const { html } = await pageOf(desktop);
  expect(html).toContain("<dt>put back</dt><dd><bdi>never</bdi></dd>");
  expect(html).not.toContain("Stopped by a guard, or damaged");
});

test("several reports at once are each whole", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const runs = await Promise.all(Array.from({ length: 6 }, () => world.desktop.run(["report"])));
  expect(runs.map(({ exit }) => exit)).toEqual(runs.map(() => 0));
  expect(readFileSync(told(runs[0] as RunResult).page, "utf8")).toEndWith("</html>\n");
});

test("without a remote, or with a damaged history, it says so and shows the rest", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop } = world;
  expect(await desktop.write("a", "2\n").push()).toSucceed();
  desktop.git("remote", "set-url", "origin", "/nowhere/at/all.git");
  desktop.git("commit", "--quiet", "--allow-empty", "--message", "not published");
  const away = await pageOf(desktop);
  expect(away.published).toBe(1);
  expect(away.verdict).toBe("NOT YET");
  expect(away.runs["changed"]).toBe(1);
  desktop.write(".git/petesbrain-sync/state.db", "no database");
  const damaged = await pageOf(desktop);
  expect(damaged.verdict).toBe("ATTENTION");
  expect(damaged.missing.join()).toContain("state.db");
  expect(damaged.html).toContain("not read: what ran here");
});

test("in a folder where nothing ever ran it is a page too; where no folder is there is none", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop } = world;
  expect(existsSync(desktop.at(".git/petesbrain-sync"))).toBe(false);
  const found = await pageOf(desktop);
  expect(found.runs["total"]).toBe(0);
  expect(found.html).toContain("What ran on <bdi>desktop</bdi>: 0 runs");
  rmSync(desktop.at(".git"), { recursive: true });
  expect(await desktop.run(["report", "--folder", desktop.folder])).toFailWith("not-a-repository");
});

const TAG = /<\/?([a-z!][a-z0-9]*)/gi;
const OWN_TAGS = new Set(
  "!doctype html head meta title style body main header h1 h2 h3 p dl dt dd section div table tr th td figure figcaption svg g rect line text span pre footer bdi".split(
    " ",
  ),
);

function hostileOverview(): Overview {
  const machine = {
    ...{ id: "desktop-1", name: HOSTILE, role: HOSTILE, self: false, tool: HOSTILE, lastRun: null, lastGoodRun: null },
    ...{
      record: null,
      commit: null,
      sameCommit: null,
      dirty: 0,
      conflicts: 0,
      nextDue: null,
      overdue: false,
      heardAt: null,
    },
    clockAheadMs: 0,
  };
  const conflict = { path: HOSTILE, className: HOSTILE, reason: HOSTILE, choices: [], files: {} };
  const roles = { ours: HOSTILE, theirs: HOSTILE };
  const status = {
    ...{ verdict: "ATTENTION", reasons: [HOSTILE], machine: { name: HOSTILE, role: "laptop" }, rehearsal: null },
    local: { folder: HOSTILE, changed: [HOSTILE], ahead: null, behind: null },
    integrity: {
      baseline: null,
      verified: null,
      attestedBy: null,
      heldBack: [{ path: HOSTILE, guard: "secret", remedy: HOSTILE }],
    },
    blocked: { run: "", command: HOSTILE, at: "", conflicts: [{ ...conflict, roles }] },
    machines: [machine],
  } as unknown as Status;
  const secret = `${HOSTILE} https://me:pa55word@example.com/x.git`;
  const [conflicts, merged] = [[HOSTILE], [HOSTILE]];
  return {
    ...{ at: AT, since: new Date("2026-01-01T00:00:00Z"), status, snapshots: [], missing: [secret] },
    runs: [
      run("2026-01-02T00:00:00Z", { kind: "halted", exit: 21, cause: secret, conflicts, merged, failureTitle: secret }),
    ],
    published: [{ at: "2026-01-02T00:00:00Z", role: `${HOSTILE} pa55word` }],
    alerts: [
      {
        ...{ id: 1, event: "halted", at: "2026-01-02T00:00:00Z", title: HOSTILE, cause: secret, count: 1, read: false },
        ...{ page: HOSTILE, unsent: [{ channel: HOSTILE, fault: secret }] },
      },
    ],
  };
}

const hostilePage = (): string => formatReport(hostileOverview(), (text) => text.replaceAll("pa55word", "***"));

test("has only its own tags, loads nothing, and knows no secret, whatever the names and words in it", () => {
  const html = hostilePage();
  const tags = [...html.matchAll(TAG)].map(([, name = ""]) => name.toLowerCase());
  expect(tags.filter((name) => !OWN_TAGS.has(name))).toEqual([]);
  expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  expect(html).toContain("default-src &#39;none&#39;; style-src &#39;sha256-");
  expect(html).not.toMatch(/<script|<link|<img|href=|url\(|@import| style=/i);
  expect(html).not.toContain("pa55word");
  expect(html.match(/owned/g)?.length).toBeGreaterThan(15);
});

function scratch(): { folder: string; [Symbol.dispose]: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "sync-report-"));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

testUnless(missingBrowser())(
  "a browser draws it, shows hostile names as text, runs nothing and loads nothing",
  async () => {
    using at = scratch();
    const path = join(at.folder, "report.html");
    writeFileSync(path, hostilePage());
    const { dom, console } = await openPage(path);
    expect(console).toEqual([]);
    expect(dom).not.toMatch(/<script|<img/i);
    expect(dom).toContain("&lt;script&gt;document.title='owned'&lt;/script&gt;");
    await picturePage(path, join(at.folder, "report.png"));
    expect(statSync(join(at.folder, "report.png")).size).toBeGreaterThan(20_000);
  },
);

describe("the page is shown", () => {
  const place = { environment: { PATH: process.env["PATH"] }, cwd: "/", patienceMs: 60_000 };

  function program(folder: string, script: string): string {
    const path = join(folder, "opener");
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  test("by the system's own program, with the path as one word", async () => {
    using at = scratch();
    const told = join(at.folder, "told");
    expect(await showPage([program(at.folder, `printf '%s' "$#$1" >'${told}'`), "/a b/'c'.html"], place)).toBeNull();
    expect(readFileSync(told, "utf8")).toBe("1/a b/'c'.html");
    expect(openerOf("darwin", "/x")).toEqual(["/usr/bin/open", "/x"]);
    expect(openerOf("linux", "/x")).toEqual(["xdg-open", "/x"]);
  });

  test("or is said not to be, where the program fails or is not there", async () => {
    using at = scratch();
    const failing = program(at.folder, "exit 3");
    expect(await showPage([failing, "/x"], place)).toBe(`${failing} ended with 3`);
    expect(await showPage([join(at.folder, "none"), "/x"], place)).toBe(`${join(at.folder, "none")} is not installed`);
  });

  testUnless(process.platform === "darwin" ? "a Mac's `open` is not looked for on the PATH" : null)(
    "or the command ends with 14, and the page is there all the same",
    async () => {
      await using world = await twoMachines({ a: "1\n" });
      const { desktop } = world;
      using at = scratch();
      writeFileSync(join(at.folder, "xdg-open"), "#!/bin/sh\nexit 4\n", { mode: 0o755 });
      const environment = { PATH: `${at.folder}:${process.env["PATH"]}` };
      const result = await desktop.run(["report", "--open"], { environment });
      expect(result).toFailWith("permission-denied");
      const { page, opened } = JSON.parse(result.stdout) as { page: string; opened: boolean };
      expect([existsSync(page), opened]).toEqual([true, false]);
      writeFileSync(join(at.folder, "xdg-open"), `#!/bin/sh\nprintf %s "$1" >'${at.folder}/told'\n`, { mode: 0o755 });
      expect(await desktop.run(["report", "--open"], { environment })).toSucceed();
      expect(readFileSync(join(at.folder, "told"), "utf8")).toBe(page);
    },
  );
});
