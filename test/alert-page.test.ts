// The page of an alert: nothing in it runs or loads, hostile names are text, and a real browser agrees.
import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type EventName, LOUDNESS } from "../lib/alert/loudness.ts";
import { type About, makeMessage, textOf } from "../lib/alert/message.ts";
import { formatPage } from "../lib/alert/page.ts";
import { pageName, writePage } from "../lib/alert/page-file.ts";
import { missingBrowser, openPage, picturePage } from "./support/chromium.ts";
import { testUnless } from "./support/skip.ts";

const AT = new Date("2026-01-04T10:25:00Z");

const ABOUT: About = {
  machine: { name: "Peters-Mac-mini", role: "desktop" },
  folder: "/Users/peter/PetesBrain.nosync",
  command: "push",
  run: "20260104T102500Z-4f2a",
  at: AT,
  since: new Date("2026-01-03T10:25:00Z"),
  count: 25,
  lastRuns: [
    { at: "2026-01-04T10:25:00Z", command: "push", ended: "blocked", exit: 21 },
    { at: "2026-01-04T08:25:00Z", command: "push", ended: "synced", exit: 0 },
  ],
  log: ["2026-01-04T10:25:00Z ERROR 20260104T102500Z-4f2a run-ends command=push outcome=blocked exit=21"],
  secrets: ["correct-horse-battery"],
};

const HOSTILE = [
  "clients/<script>document.title='owned'</script>/tasks.json",
  `"><img src=x onerror="document.title='owned'">`,
  "</style><script>document.title='owned'</script>",
  "</title></head><body onload=alert(1)>",
  "&lt;script&gt;&#x27; javascript:alert(1)",
  "a\u202egnp.exe",
  "line\nbreak\u2028and\u001b[31mred",
  "<!-- --><meta http-equiv=refresh content='0;url=https://example.com'>",
  "{{7*7}} $\u007b7*7} %s %x",
  `${"long/".repeat(60)}name.md`,
  "emoji 👩‍👩‍👧/Søren/日本語.md",
];

function messageOf(event: EventName = "halted", texts: readonly string[] = HOSTILE, about: Partial<About> = {}) {
  const [first = ""] = texts;
  const happening = { event, key: "k", cause: `secret: ${first}`, paths: texts, done: texts, remedy: texts };
  return makeMessage(happening, { ...ABOUT, ...about });
}

const TAG = /<\/?([a-z!][a-z0-9]*)/gi;
const OWN_TAGS = new Set(
  "!doctype html head meta title style body main header h1 h2 p dl dt dd ul li section pre code table tr th td footer bdi".split(
    " ",
  ),
);

describe("the text of a page", () => {
  test("has only its own tags, whatever the names and words in it", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 80 }), { minLength: 1 }), (texts) => {
        const html = formatPage(messageOf("halted", texts, { folder: texts[0] ?? "", log: texts }));
        const tags = [...html.matchAll(TAG)].map(([, name = ""]) => name.toLowerCase());
        expect(tags.filter((name) => !OWN_TAGS.has(name))).toEqual([]);
        expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000-\u0009\u000b-\u001f]/);
      }),
    );
  });

  test("forbids everything but its own style, and names no address", () => {
    const html = formatPage(messageOf());
    expect(html).toContain("default-src &#39;none&#39;; style-src &#39;sha256-");
    expect(html).not.toMatch(/<script|<link|<img|src=["']|href=|url\(|@import/i);
    expect(html).not.toMatch(/ on[a-z]+="/i);
    expect(html).toContain('name="color-scheme" content="light dark"');
    expect(html).toContain("prefers-color-scheme:dark");
  });

  test("knows no secret", () => {
    const url = "https://me:pa55word@example.com/x.git";
    const html = formatPage(messageOf("failed", [url, "correct-horse-battery"], { log: [`url=${url}`] }));
    expect(html).not.toMatch(/pa55word|correct-horse/);
    expect(textOf(messageOf("failed", [url]))).not.toContain("pa55word");
  });

  test("is said to people: what, where, since when, how often, what to do", () => {
    expect(textOf(messageOf("overdue", ["clients/acme/tasks.json"]))).toMatchInlineSnapshot(`
      "🚨 Sync Overdue
      secret: clients/acme/tasks.json

      machine: desktop (Peters-Mac-mini)
      folder:  /Users/peter/PetesBrain.nosync
      when:    2026-01-04 10:25 UTC, since 2026-01-03 10:25 UTC, 25 times in a row
      what:    push, run 20260104T102500Z-4f2a

      files:
        clients/acme/tasks.json

      what was done:
        clients/acme/tasks.json

      what to do:
        clients/acme/tasks.json

      last runs:
        2026-01-04 10:25 UTC  push  blocked (21)
        2026-01-04 08:25 UTC  push  synced

      log:
        2026-01-04T10:25:00Z ERROR 20260104T102500Z-4f2a run-ends command=push outcome=blocked exit=21
      "
    `);
  });

  test("names two hundred paths and counts the rest", () => {
    const paths = Array.from({ length: 250 }, (_, n) => `notes/${n}.md`);
    const message = messageOf("halted", paths);
    expect(message.paths).toHaveLength(200);
    expect(formatPage(message)).toContain("<li>and 50 more</li>");
  });
});

function place(): { folder: string; [Symbol.dispose]: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "sync-page-"));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

describe("the file of a page", () => {
  test("has its name, is private, whole, and takes nobody's place", () => {
    using at = place();
    expect(pageName(AT)).toBe("data/alerts/sync-alert-20260104-102500.html");
    const names = [1, 2, 3].map((n) => writePage(at.folder, AT, `${n}`));
    expect(names).toEqual([0, 1, 2].map((n) => `data/alerts/sync-alert-20260104-10250${n}.html`));
    expect(names.map((name) => readFileSync(join(at.folder, name), "utf8"))).toEqual(["1", "2", "3"]);
    expect(statSync(join(at.folder, names[0] ?? "")).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(at.folder, "data", "alerts"))).toHaveLength(3);
  });

  test("leaves nothing behind where the folder is not there", () => {
    using at = place();
    expect(() => writePage(join(at.folder, "gone"), AT, "x")).toThrow("ENOENT");
    expect(existsSync(join(at.folder, "gone"))).toBe(false);
  });
});

testUnless(missingBrowser())("a browser shows hostile names as text, runs nothing and loads nothing", async () => {
  using at = place();
  const path = join(at.folder, "alert.html");
  writeFileSync(path, formatPage(messageOf()));
  const { dom, console } = await openPage(path);
  expect(console).toEqual([]);
  expect(dom).toContain("<title>⚠️ Sync Blocked: desktop</title>");
  expect(dom).not.toMatch(/<script|<img/i);
  expect([...dom.matchAll(/<li>/g)]).toHaveLength(HOSTILE.length);
  expect(dom).toContain("&lt;script&gt;document.title='owned'&lt;/script&gt;");
});

testUnless(missingBrowser())("a browser draws every kind of page", async () => {
  using at = place();
  for (const event of ["rollback-failed", "recovered"] as const) {
    const path = join(at.folder, `${event}.html`);
    writeFileSync(path, formatPage(messageOf(event, ["clients/acme/tasks.json"])));
    await picturePage(path, join(at.folder, `${event}.png`), "800,900");
    expect(statSync(join(at.folder, `${event}.png`)).size).toBeGreaterThan(5_000);
    expect(LOUDNESS[event].title).not.toBe("");
  }
});
