// Notifications: which words each system is given, and that a recorded `osascript` gets every text as an argument.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type EventName, LOUDNESS } from "../lib/alert/loudness.ts";
import { type Notice, notifierFor, notify } from "../lib/alert/notify.ts";

const NOTICE: Notice = {
  event: "failed",
  title: "🚨 Sync Failed",
  subtitle: "desktop: push",
  text: "the remote refused",
  shown: "sound",
};
const found = (program: string): string => program;
const signal = new AbortController().signal;

describe("a Mac", () => {
  test("gets the script on standard input and every text as an argument", () => {
    const notifier = notifierFor("darwin", NOTICE, found);
    expect(notifier?.argv).toEqual(["/usr/bin/osascript", "-", NOTICE.title, NOTICE.subtitle, NOTICE.text, "Basso"]);
    expect(notifier?.input).toContain("on run argv");
    expect(notifier?.input).not.toContain("System Events");
  });

  test("hears a sound only where the table says so", () => {
    for (const shown of ["silent", "shown"] as const)
      expect(notifierFor("darwin", { ...NOTICE, shown }, found)?.argv).toHaveLength(5);
    for (const event of Object.keys(LOUDNESS) as EventName[])
      expect(notifierFor("darwin", { ...NOTICE, event }, found)?.argv.at(-1)).toMatch(/^[A-Z][a-z]+$/);
  });

  test("is given the same script whatever the texts are, and no text that steers", () => {
    const script = notifierFor("darwin", NOTICE, found)?.input;
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (title, text) => {
        const notifier = notifierFor("darwin", { ...NOTICE, title, text }, found);
        expect(notifier?.input).toBe(script ?? "");
        expect(notifier?.argv.slice(0, 2)).toEqual(["/usr/bin/osascript", "-"]);
        expect(notifier?.argv.join("")).not.toMatch(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });
});

describe("Linux", () => {
  test("gets texts behind the options, without markup", () => {
    const text = "<b>a</b> & b";
    expect(notifierFor("linux", { ...NOTICE, title: "--help", text }, found)?.argv).toEqual([
      ...["notify-send", "--app-name=petesbrain-sync", "--urgency=critical", "--"],
      ...["--help", "desktop: push\n&lt;b&gt;a&lt;/b&gt; &amp; b"],
    ]);
  });

  test("without a way to show anything is no failure", async () => {
    expect(notifierFor("linux", NOTICE, () => null)).toBeNull();
    expect(await notify(NOTICE, { environment: { PATH: "/nowhere" }, signal, platform: "linux" })).toBeNull();
  });
});

describe("a recorded osascript", () => {
  function record(behave: string) {
    const home = mkdtempSync(join(tmpdir(), "sync-notify-"));
    const program = join(home, "osascript");
    const script = `#!/bin/sh\nfor word; do printf '%s\\n' "$word"; done > '${home}/words'\ncat > '${home}/script'\n${behave}\n`;
    writeFileSync(program, script, { mode: 0o755 });
    const show = (notice: Notice) =>
      notify(notice, { environment: { PATH: process.env["PATH"] }, signal, platform: "darwin", find: () => program });
    const read = (name: string): string => readFileSync(join(home, name), "utf8");
    return { show, read, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
  }

  test("reads the script and the words as they are", async () => {
    using at = record("exit 0");
    const text = `"; do shell script "touch /tmp/owned" & '$(id)' \`id\` \\`;
    expect(await at.show({ ...NOTICE, text })).toMatchObject({ exit: 0 });
    expect(at.read("words").split("\n")).toEqual(["-", NOTICE.title, NOTICE.subtitle, text, "Basso", ""]);
    expect(at.read("script")).toStartWith("on run argv\n");
  });

  test("that fails is answered with how it ended", async () => {
    using at = record("echo 'no session' >&2; exit 1");
    expect(await at.show(NOTICE)).toMatchObject({ exit: 1, stderr: "no session\n", timedOut: false });
  });
});
