// The sending machine says what its bytes were, and the receiving one holds it to that: what is published, what is said
// about it, and everything that can be wrong with what is said.
import { describe, expect, test } from "bun:test";
import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileDigest, type RawRecord, recordsAt, rewriteRecord, shadowsOf } from "./support/attested.ts";
import { expectAgreement, expectQuietRound } from "./support/together.ts";
import { twoMachines, type World } from "./support/world.ts";

const TASKS = "clients/acme/tasks.json";
const START = {
  [TASKS]: '[{"id":1}]\n',
  "clients/acme/CONTEXT.md": "# Acme\n",
  "clients/acme/notes/deep/a.md": "a\n",
  "notes.md": "n\n",
  "run.sh": { text: "#!/bin/sh\n", mode: 0o755 },
  link: { link: "notes.md" },
} as const;

function only(records: RawRecord[]): RawRecord {
  const [first, ...others] = records;
  if (first === undefined || others.length > 0) throw new Error(`${records.length} records at the remote`);
  return first;
}

/** Both machines in step, with something published by the desktop that the laptop has not pulled yet. */
async function publishedWorld(): Promise<World> {
  const world = await twoMachines(START);
  world.desktop.write(TASKS, '[{"id":1},{"id":2}]\n').write("notes.md", "more\n");
  expect(await world.desktop.push()).toSucceed();
  return world;
}

describe("what is said", () => {
  test("a push publishes the record of its commit, and every digest in it is that of the file", async () => {
    await using world = await publishedWorld();
    const { id, record, manifest } = only(recordsAt(world));
    expect(record["commit"]).toBe(world.remote.head());
    expect(record["machine"]).toEqual({ id, name: "desktop-mac", role: "desktop" });
    expect(id).toMatch(/^desktop-[0-9a-f]{8}$/);
    expect(manifest.commit).toBe(world.remote.head() ?? "");
    expect(manifest.files.map(({ path }) => path)).toEqual(["clients/acme/CONTEXT.md", TASKS]);
    for (const { path, sha256, size, mode } of manifest.files) {
      expect([path, sha256]).toEqual([path, fileDigest(world.desktop.at(path))]);
      expect([size, mode]).toEqual([readFileSync(world.desktop.at(path)).length, "100644"]);
    }
  });

  test("the root and the folders of two levels are those that the files themselves give", async () => {
    await using world = await publishedWorld();
    const { manifest } = only(recordsAt(world));
    const shadows = shadowsOf(world.desktop.folder);
    expect(manifest.root).toBe(shadows.get("") ?? "");
    expect(Object.keys(manifest.folders).sort()).toEqual(["", "clients", "clients/acme"]);
    for (const [path, sha256] of Object.entries(manifest.folders)) expect(sha256).toBe(shadows.get(path) ?? "");
    const message = world.remote.git("log", "-1", "--format=%(trailers:key=Sync-Root,valueonly)", "main").trim();
    expect(message).toBe(manifest.root);
  });

  test("the root follows every later change, whoever made it", async () => {
    await using world = await publishedWorld();
    expect(await world.laptop.pull()).toSucceed();
    world.laptop.write("new/folder/b.md", "b\n").remove("notes.md").chmod("run.sh", 0o644);
    expect(await world.laptop.push()).toSucceed();
    world.desktop.write("clients/beta/CONTEXT.md", "# Beta\n");
    expect(await world.desktop.sync()).toSucceed();
    const vouched = recordsAt(world).find(({ manifest }) => manifest.commit === world.remote.head());
    expect(vouched?.manifest.root).toBe(shadowsOf(world.desktop.folder).get("") ?? "");
    expect(recordsAt(world)).toHaveLength(2);
    expect(await world.laptop.pull()).toSucceed();
    expectAgreement(world);
    await expectQuietRound(world);
  });

  test("the record replaces the one before it and has no history", async () => {
    await using world = await publishedWorld();
    world.desktop.write("notes.md", "again\n");
    expect(await world.desktop.push()).toSucceed();
    const { ref } = only(recordsAt(world));
    expect(world.remote.git("rev-list", "--count", ref)).toBe("1");
  });
});

describe("who is believed", () => {
  test("a pull names the machine that vouches, and so do quiet runs after it", async () => {
    await using world = await publishedWorld();
    const run = await world.laptop.pull();
    expect(run).toSucceed();
    expect(run.report?.verified.attestedBy).toBe("desktop");
    expect((await world.laptop.pull()).report?.verified.attestedBy).toBe("desktop");
    expect((await world.desktop.push()).report?.verified.attestedBy).toBe("desktop");
  });

  test("what plain git published is proven against its objects, and said to be unattested", async () => {
    await using world = await publishedWorld();
    world.desktop
      .write("plain.md", "p\n")
      .git("add", "-A")
      .git("commit", "-qm", "plain")
      .git("push", "-q", "origin", "main");
    const run = await world.laptop.pull();
    expect(run).toSucceed();
    expect(run.report?.verified.attestedBy).toBeNull();
    expect(run.report?.notes.join("\n")).toContain("no machine vouches for");
    expectAgreement(world);
  });

  test("where attestation is required, an unattested commit is a halt, and an attested one is not", async () => {
    await using world = await publishedWorld();
    appendFileSync(join(world.laptop.home, ".config/petesbrain-sync/config.toml"), "\n[attest]\nrequired = true\n");
    expect(await world.laptop.pull()).toSucceed();
    world.desktop
      .write("plain.md", "p\n")
      .git("add", "-A")
      .git("commit", "-qm", "plain")
      .git("push", "-q", "origin", "main");
    const before = world.laptop.state();
    const run = await world.laptop.pull();
    expect(run).toFailWith("halted");
    expect(run.report?.failure?.cause).toContain("unattested");
    expect(world.laptop.state()).toEqual(before);
    expect(await world.laptop.run(["pull", "--allow", "unattested"])).toSucceed();
    expectAgreement(world);
  });
});

describe("what is wrong with what is said", () => {
  const LIES: readonly [title: string, lie: (raw: RawRecord) => void, names: string][] = [
    ["a critical file's digest", ({ manifest }) => lieAbout(manifest.files, TASKS, { sha256: "0".repeat(64) }), TASKS],
    ["a critical file's size", ({ manifest }) => lieAbout(manifest.files, TASKS, { size: 3 }), TASKS],
    ["a critical file's mode", ({ manifest }) => lieAbout(manifest.files, TASKS, { mode: "100755" }), TASKS],
    [
      "a file that is not there",
      ({ manifest }) =>
        manifest.files.push({ path: "clients/x/tasks.json", sha256: "1".repeat(64), size: 1, mode: "100644" }),
      "clients/x/tasks.json",
    ],
    ["the root", ({ manifest }) => Object.assign(manifest, { root: "2".repeat(64) }), "its whole content"],
    [
      "the root and a folder",
      ({ manifest }) => {
        manifest.root = "2".repeat(64);
        manifest.folders["clients/acme"] = "3".repeat(64);
      },
      "clients/acme/",
    ],
  ];
  for (const [title, lie, names] of LIES) {
    test(`a manifest that lies about ${title} stops the pull before anything is touched`, async () => {
      await using world = await publishedWorld();
      const raw = only(recordsAt(world));
      lie(raw);
      rewriteRecord(world, raw.ref, { "manifest.json": JSON.stringify(raw.manifest) });
      const [before, refs] = [world.laptop.state(), world.remote.refs()];
      const run = await world.laptop.pull();
      expect(run).toFailWith("integrity-mismatch");
      expect(run.report?.failure?.cause).toContain(names);
      expect(world.laptop.state()).toEqual(before);
      expect(world.remote.refs()).toBe(refs);
    });
  }

  const UNUSABLE: readonly [title: string, texts: (raw: RawRecord) => Record<string, string | null>][] = [
    ["a record that is no JSON", () => ({ "record.json": "{" })],
    ["a record that is missing", () => ({ "record.json": null })],
    ["a manifest that is missing", () => ({ "manifest.json": null })],
    ["a manifest that is no JSON", () => ({ "manifest.json": "\0\0" })],
    [
      "a manifest of another commit",
      (raw) => ({ "manifest.json": JSON.stringify({ ...raw.manifest, commit: "4".repeat(40) }) }),
    ],
    ["a record of an unknown form", (raw) => ({ "record.json": JSON.stringify({ ...raw.record, schema: 99 }) })],
    ["a manifest of an unknown form", (raw) => ({ "manifest.json": JSON.stringify({ ...raw.manifest, schema: 99 }) })],
    [
      "a record of a megabyte",
      (raw) => ({ "record.json": JSON.stringify({ ...raw.record, more: "x".repeat(1_000_000) }) }),
    ],
    [
      "a record that says it is another machine's",
      (raw) => ({ "record.json": JSON.stringify({ ...raw.record, machine: { id: "someone", name: "x", role: "y" } }) }),
    ],
    ["a record whose machine is a list", (raw) => ({ "record.json": JSON.stringify({ ...raw.record, machine: [] }) })],
    [
      "a manifest with a path that is no text",
      (raw) => ({ "manifest.json": JSON.stringify({ ...raw.manifest, files: [{ path: 7 }] }) }),
    ],
  ];
  for (const [title, texts] of UNUSABLE) {
    test(`${title} attests nothing, and the pull says so`, async () => {
      await using world = await publishedWorld();
      const raw = only(recordsAt(world));
      rewriteRecord(world, raw.ref, texts(raw));
      const run = await world.laptop.pull();
      expect(run).toSucceed();
      expect(run.report?.verified.attestedBy).toBeNull();
      expect(run.report?.notes.join("\n")).toContain("no machine vouches for");
      expectAgreement(world);
    });
  }

  test("newer keys are tolerated, and a clock that is ahead does not matter", async () => {
    await using world = await publishedWorld();
    const raw = only(recordsAt(world));
    rewriteRecord(world, raw.ref, {
      "record.json": JSON.stringify({ ...raw.record, newer: { key: 1 }, at: "2099-01-01T00:00:00.000Z" }),
      "manifest.json": JSON.stringify({ ...raw.manifest, newer: [1] }),
    });
    const run = await world.laptop.pull();
    expect(run).toSucceed();
    expect(run.report?.verified.attestedBy).toBe("desktop");
  });

  test("names in a record reach no terminal as they are", async () => {
    await using world = await publishedWorld();
    const raw = only(recordsAt(world));
    const machine = { id: raw.id, name: "x", role: "desk\u001b]0;owned\u0007top" };
    rewriteRecord(world, raw.ref, { "record.json": JSON.stringify({ ...raw.record, machine }) });
    const run = await world.laptop.pull();
    expect(run.report?.verified.attestedBy).toBe("desk--0-owned-top");
  });

  test("another folder's record is a foreign remote", async () => {
    await using world = await publishedWorld();
    const raw = only(recordsAt(world));
    rewriteRecord(world, raw.ref, { "record.json": JSON.stringify({ ...raw.record, folder: "5".repeat(40) }) });
    const before = world.laptop.state();
    const run = await world.laptop.pull();
    expect(run).toFailWith("halted");
    expect(run.report?.failure?.cause).toContain("foreign-remote");
    expect(world.laptop.state()).toEqual(before);
  });
});

function lieAbout(files: RawRecord["manifest"]["files"], path: string, lie: object): void {
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`${path} is not in the manifest`);
  Object.assign(file, lie);
}

describe("where the record goes", () => {
  const HOSTS: readonly [title: string, prepare: (world: World) => void, place: RegExp | null][] = [
    ["takes any ref", () => undefined, /^refs\/petesbrain-sync\/machines\/desktop-/],
    [
      "hides refs of our own",
      (world) => world.remote.git("config", "receive.hideRefs", "refs/petesbrain-sync"),
      /^refs\/heads\/petesbrain-sync\/machines\/desktop-/,
    ],
    [
      "refuses everything but branches, each by itself",
      installHook("update", '#!/bin/sh\ncase "$1" in refs/heads/*) ;; *) exit 1 ;; esac\n'),
      /^refs\/heads\/petesbrain-sync\/machines\/desktop-/,
    ],
    [
      "refuses a push with anything but branches",
      installHook(
        "pre-receive",
        '#!/bin/sh\nwhile read -r old new ref; do case "$ref" in refs/heads/*) ;; *) exit 1 ;; esac; done\n',
      ),
      /^refs\/heads\/petesbrain-sync\/machines\/desktop-/,
    ],
    [
      "takes the synced branch alone",
      installHook("update", '#!/bin/sh\ncase "$1" in refs/heads/main) ;; *) exit 1 ;; esac\n'),
      null,
    ],
    [
      "knows no atomic push",
      (world) => world.remote.git("config", "receive.advertiseAtomic", "false"),
      /^refs\/petesbrain-sync\/machines\/desktop-/,
    ],
  ];
  for (const [title, prepare, place] of HOSTS) {
    test(`a host that ${title}`, async () => {
      await using world = await twoMachines(START);
      prepare(world);
      world.desktop.write(TASKS, '[{"id":1},{"id":2}]\n');
      const run = await world.desktop.push();
      expect(run).toSucceed();
      const records = recordsAt(world);
      if (place === null) {
        expect(records).toEqual([]);
        expect(run.report?.notes.join("\n")).toContain("did not take this machine's record");
      } else expect(only(records).ref).toMatch(place);
      const pulled = await world.laptop.pull();
      expect(pulled).toSucceed();
      expect(pulled.report?.verified.attestedBy).toBe(place === null ? null : "desktop");
      // the second time the place is known
      world.desktop.write(TASKS, '[{"id":1},{"id":2},{"id":3}]\n');
      const again = await world.desktop.push();
      expect(again).toSucceed();
      expect(again.report?.notes).toEqual([]);
      expect((await world.laptop.pull()).report?.verified.attestedBy).toBe(place === null ? null : "desktop");
      expectAgreement(world);
    });
  }

  test("a machine whose database was damaged is the same one, with what was let pass and answered there", async () => {
    await using world = await twoMachines({ "clients/acme/CONTEXT.md": "one\n", "clients/old/CONTEXT.md": "old\n" });
    const { desktop, laptop } = world;
    laptop.write("clients/acme/CONTEXT.md", "laptop\n");
    expect(await laptop.push()).toSucceed();
    desktop.write("clients/acme/CONTEXT.md", "desktop\n");
    expect(await desktop.push()).toFailWith("conflicts");
    expect(await desktop.run(["resolve", "--all", "--take", "desktop"])).toSucceed();
    expect(await desktop.remove("clients/old").push({ allow: ["critical-delete"] })).toSucceed();
    const ids = recordsAt(world).map(({ id }) => id);
    const own = `refs/petesbrain-sync/machines/${ids.find((id) => id.startsWith("desktop"))}`;
    const answers = desktop.gitText("rev-parse", `${own}:resolutions.json`, `${own}:resolutions`);

    desktop.write(".git/petesbrain-sync/state.db", "no database");
    for (const rest of ["-wal", "-shm"]) rmSync(desktop.at(`.git/petesbrain-sync/state.db${rest}`), { force: true });
    const refused = await desktop.push();
    expect(refused).toFailWith("recovery-pending");
    expect(Bun.spawnSync(["/bin/sh", "-c", refused.report?.failure?.remedy[0] ?? "false"]).exitCode).toBe(0);
    expect(await desktop.write("notes.md", "after\n").push()).toSucceed();

    expect(recordsAt(world).map(({ id }) => id)).toEqual(ids);
    expect(desktop.gitText("rev-parse", `${own}:resolutions.json`, `${own}:resolutions`)).toBe(answers);
    const pulled = await laptop.pull();
    expect(pulled).toSucceed();
    expect(pulled.report?.verified.attestedBy).toBe("desktop");
    expectAgreement(world);
  });

  test("answers that were given before a database was lost are kept by the next one, and a damaged list stops nothing", async () => {
    await using world = await twoMachines({ "clients/a/CONTEXT.md": "one\n", "clients/b/CONTEXT.md": "one\n" });
    const { desktop, laptop } = world;
    const REF = "refs/petesbrain-sync/resolutions";
    const answered = (): number => desktop.gitText("show", `${REF}:resolutions.json`).split('"path"').length - 1;
    const lose = (): void => {
      for (const rest of ["", "-wal", "-shm"])
        rmSync(desktop.at(`.git/petesbrain-sync/state.db${rest}`), { force: true });
    };
    for (const client of ["a", "b"]) {
      const file = `clients/${client}/CONTEXT.md`;
      expect(await laptop.write(file, "laptop\n").sync()).toSucceed();
      expect(await desktop.write(file, "desktop\n").push()).toFailWith("conflicts");
      if (client === "b") lose();
      expect(await desktop.run(["resolve", "--all", "--take", "desktop"])).toSucceed();
      expect(await laptop.pull()).toSucceed();
    }
    expect(answered()).toBe(2);

    lose();
    const tree = desktop.gitText("rev-parse", `${REF}:resolutions`);
    rmSync(desktop.at(`.git/objects/${tree.slice(0, 2)}/${tree.slice(2).trim()}`), { force: true });
    for (const content of ["one more\n", "and one\n"]) {
      const run = await desktop.write("notes.md", content).push();
      expect([run.exit, run.report?.notes]).toEqual([0, []]);
    }
    expect(answered()).toBe(2);
  });

  test("a damaged database does not make a machine of another name or role this one", async () => {
    await using world = await publishedWorld();
    const { desktop, laptop } = world;
    expect(await laptop.pull()).toSucceed();
    // the laptop has what Migration Assistant brings, but for the database
    for (const name of ["state.db", "state.db-wal", "state.db-shm"])
      rmSync(laptop.at(`.git/petesbrain-sync/${name}`), { force: true });
    cpSync(desktop.at(".git/petesbrain-sync/machine-id"), laptop.at(".git/petesbrain-sync/machine-id"));
    expect(await laptop.write("other.md", "from the laptop\n").push()).toSucceed();
    expect(
      recordsAt(world)
        .map(({ id }) => id.split("-")[0])
        .sort(),
    ).toEqual(["desktop", "laptop"]);
  });

  test("a checkout that was copied to the other machine gets a record of its own", async () => {
    await using world = await publishedWorld();
    expect(await world.laptop.pull()).toSucceed();
    // what Migration Assistant or a copied disk leaves: the same state beside the repository
    const place = ".git/petesbrain-sync";
    rmSync(world.laptop.at(place), { recursive: true });
    cpSync(world.desktop.at(place), world.laptop.at(place), { recursive: true });
    world.desktop.write("notes.md", "from the desktop\n");
    expect(await world.desktop.push()).toSucceed();
    world.laptop.write("other.md", "from the laptop\n");
    expect(await world.laptop.sync()).toSucceed();
    const ids = recordsAt(world).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
    expect(await world.desktop.sync()).toSucceed();
    expectAgreement(world);
  });
});

function installHook(name: string, text: string): (world: World) => void {
  return (world) => {
    Bun.spawnSync(["mkdir", "-p", join(world.remote.path, "hooks")]);
    writeFileSync(join(world.remote.path, "hooks", name), text, { mode: 0o755 });
  };
}
