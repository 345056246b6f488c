// Alerts of the real binary over TLS, with its settings and its file of secrets: what it trusts, what it refuses, and
// that no channel's trouble is the run's.
import { describe, expect, test } from "bun:test";
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCertificate, missingOpenssl } from "./support/certificate.ts";
import { startHookServer } from "./support/hook-server.ts";
import type { Machine } from "./support/machine.ts";
import { startMailServer } from "./support/mail-server.ts";
import { recordNotifications } from "./support/notifier.ts";
import { testUnless } from "./support/skip.ts";
import { twoMachines, type World } from "./support/world.ts";

const testWithTls = testUnless(missingOpenssl());

function configOf(machine: Machine, name: string): string {
  return join(machine.home, ".config", "petesbrain-sync", name);
}

function set(machine: Machine, lines: string): void {
  appendFileSync(configOf(machine, "config.toml"), lines);
}

function keep(machine: Machine, secrets: string, mode = 0o600): void {
  writeFileSync(configOf(machine, ".env"), secrets);
  chmodSync(configOf(machine, ".env"), mode);
}

async function refusingWorld(): Promise<World> {
  const world = await twoMachines({ "notes.md": "one\n" });
  const hook = join(world.remote.path, "hooks", "pre-receive");
  mkdirSync(join(hook, ".."), { recursive: true });
  writeFileSync(hook, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  world.desktop.write("notes.md", "two\n");
  return world;
}

function logsOf(machine: Machine): string {
  return [".petesbrain-sync-v2.log", ".petesbrain-sync-v2-error.log"]
    .map((name) => readFileSync(join(machine.home, name), "utf8"))
    .join("");
}

const EMAIL = '\n[email]\nto = "peter@example.com"\n';

describe("e-mail over TLS", () => {
  for (const [tls, scheme] of [
    ["implicit", "smtps"],
    ["starttls", "smtp"],
  ] as const) {
    testWithTls(`is sent to a trusted server, ${tls}`, async () => {
      await using world = await refusingWorld();
      const certificate = makeCertificate(world.root);
      await using server = await startMailServer({ tls, certificate, password: "correct-horse-9" });
      set(world.desktop, EMAIL);
      keep(world.desktop, `SMTP_URL=${scheme}://me:correct-horse-9@localhost:${server.port}\n`);
      const environment = { NODE_EXTRA_CA_CERTS: certificate.path };
      expect(await world.desktop.push({ environment })).toFailWith("remote-rejected");
      expect(server.mails).toHaveLength(1);
      expect(server.encrypted).toEqual([true]);
      expect(server.mails[0]).toMatch(/^From: peter@example\.com$/m);
      expect(logsOf(world.desktop)).toContain('alert-sent alert=1 channel="e-mail to peter@example.com"');
      expect(logsOf(world.desktop)).not.toContain("correct-horse-9");
    });

    testWithTls(`is not sent to a server that nobody vouches for, ${tls}`, async () => {
      await using world = await refusingWorld();
      const certificate = makeCertificate(world.root);
      await using server = await startMailServer({ tls, certificate, password: "correct-horse-9" });
      set(world.desktop, EMAIL);
      keep(world.desktop, `SMTP_URL=${scheme}://me:correct-horse-9@localhost:${server.port}\n`);
      expect(await world.desktop.push()).toFailWith("remote-rejected");
      expect(server.mails).toEqual([]);
      expect(logsOf(world.desktop)).toMatch(/alert-not-sent .*fault=.*(self[- ]signed|certificate)/i);
    });
  }
});

testWithTls("a webhook with a bad certificate is told nothing, one that is trusted is told once", async () => {
  await using world = await refusingWorld();
  const certificate = makeCertificate(world.root);
  await using server = startHookServer(certificate);
  set(world.desktop, `\n[[webhook]]\nurl = "${server.url}/hooks/T0SECRETPATH123456"\n`);
  expect(await world.desktop.push()).toFailWith("remote-rejected");
  expect(server.told).toEqual([]);
  expect(logsOf(world.desktop)).toMatch(/alert-not-sent .*certificate/i);
  expect(logsOf(world.desktop)).not.toContain("T0SECRETPATH123456");
});

testWithTls("a trusted webhook is told once, whatever follows", async () => {
  await using world = await refusingWorld();
  const certificate = makeCertificate(world.root);
  await using server = startHookServer(certificate);
  set(world.desktop, `\n[[webhook]]\nurl = "${server.url}/hooks/x"\nkind = "slack"\n`);
  const environment = { NODE_EXTRA_CA_CERTS: certificate.path };
  for (let n = 0; n < 3; n++) expect(await world.desktop.push({ environment })).toFailWith("remote-rejected");
  expect(server.told).toHaveLength(1);
  expect(server.told[0]?.body).toContain("🚨 Sync Failed");
});

test("pings tell the start, the end, and a failure with the newest lines of the log", async () => {
  await using world = await refusingWorld();
  await using server = startHookServer();
  set(world.desktop, `\n[ping]\nurl = "${server.url}/ping/abc"\n`);
  expect(await world.desktop.push()).toFailWith("remote-rejected");
  expect(await world.desktop.pull()).toSucceed();
  expect((await world.desktop.run(["push", "--dry-run"])).report?.outcome).toBe("planned");
  const paths = server.told.map(({ path }) => path);
  expect(paths).toEqual(["/ping/abc/start", "/ping/abc/fail", "/ping/abc/start", "/ping/abc"]);
  expect(server.told[1]?.body).toContain("run-ends command=push outcome=failed");
});

test("a file of secrets that others can read is refused, with the words that mend it", async () => {
  await using world = await refusingWorld();
  keep(world.desktop, "SMTP_URL=smtp://me:x@localhost\n", 0o644);
  const run = await world.desktop.push();
  expect(run).toFailWith("config-invalid");
  expect(run.report?.failure?.remedy[0]).toMatch(/^chmod 600 .*\.env$/);
});

test("a channel that hangs holds a run up no longer than its deadline, and its answer not at all", async () => {
  await using world = await refusingWorld();
  await using server = startHookServer();
  server.mood = "hang";
  set(world.desktop, `\n[[webhook]]\nurl = "${server.url}/x"\n`);
  const run = await world.desktop.push();
  expect(run.hung).toBe(false);
  expect(run).toFailWith("remote-rejected");
  expect(logsOf(world.desktop)).toMatch(/alert-not-sent .*does not answer within 10 s/);
});

test("a test goes out by every channel, and each says what became of it and where to look", async () => {
  await using world = await refusingWorld();
  await using server = startHookServer();
  await using mails = await startMailServer({ tls: "none", refuses: "mailbox is full" });
  const { environment, shown } = recordNotifications(world.root);
  set(world.desktop, `${EMAIL}\n[[webhook]]\nurl = "${server.url}/x"\n`);
  keep(world.desktop, `SMTP_URL=smtp://localhost:${mails.port}\n`);
  const run = await world.desktop.words(["alerts", "--try"], { environment });
  expect(run.exit).toBe(10);
  expect(shown().map(([title]) => title)).toEqual(["🔔 Sync Test"]);
  expect(run.stdout).toMatch(/^ok +notification +look for it on the screen/m);
  expect(run.stdout).toMatch(/^ok +page +open data\/alerts\/sync-alert-\d{8}-\d{6}\.html in a browser$/m);
  expect(run.stdout).toMatch(/^failed +e-mail to peter@example\.com +.*mailbox is full/m);
  expect(run.stdout).toMatch(/^ok +json webhook \S+ +taken: look where it leads/m);
  expect(server.told).toHaveLength(1);
  const doctor = await world.desktop.words(["doctor"]);
  expect(doctor.stdout).toContain("e-mail to peter@example.com");
});
