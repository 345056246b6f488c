// The workflows cannot be run here, so they are read as GitHub reads them; and the linter is itself shown to see mistakes.
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TARGETS } from "../.ci/build.ts";
import { onPath, ROOT } from "../.ci/bun-packages.mjs";
import { faultsOfWorkflow, lintWorkflows, WORKFLOWS } from "../.ci/lint-workflows.ts";
import packageJson from "../package.json" with { type: "json" };
import { testUnless } from "./support/skip.ts";

const texts = readdirSync(WORKFLOWS).map((name) => readFileSync(join(WORKFLOWS, name), "utf8"));
const noShellcheck = onPath("shellcheck") === null ? "shellcheck is not installed" : null;

test("the workflows have no fault", async () => expect(await lintWorkflows()).toBeNull());

test("what they run is there", () => {
  const all = texts.join("\n");
  const scripts = [...all.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name = ""]) => name);
  expect(scripts.length).toBeGreaterThan(2);
  expect(scripts.filter((name) => !Object.hasOwn(packageJson.scripts, name))).toEqual([]);
  const files = [...all.matchAll(/(?:^|\s)(\.(?:ci|\/)[\w./-]+)/gm)].map(([, file = ""]) => file);
  expect(files).toContain(".ci/run");
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test("every target for a Mac is run on each macOS from 13 to 15", () => {
  const rows = [...texts.join("\n").matchAll(/runner: macos-(\d+)[\w-]*, target: ([\w-]+)/g)].map(
    ([, version, target]) => `${version} ${target}`,
  );
  const wanted = [13, 14, 15].flatMap((version) =>
    TARGETS.filter((name) => name.startsWith("darwin")).map((name) => `${version} ${name}`),
  );
  expect(rows.sort()).toEqual(wanted.sort());
});

const SOUND = `name: a
on: push
permissions:
  contents: read
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: echo "hello"
  two:
    needs: one
    runs-on: ubuntu-24.04
    steps:
      - run: echo "hello"
`;

describe("the linter", () => {
  test("passes what is sound", async () => expect(await faultsOfWorkflow("a.yml", SOUND)).toEqual([]));

  const wrong: readonly (readonly [what: string, from: string, to: string, says: RegExp])[] = [
    ["a key that does not exist", "    needs: one", "    need: one", /Unexpected value 'need'/],
    ["a job that is needed and does not exist", "needs: one", "needs: other", /depends on unknown job 'other'/],
    ["a trigger that does not exist", "on: push", "on: psuh", /Unexpected value 'psuh'/],
    [
      "an expression that is cut off",
      "needs: one",
      `if: $\u007b{ github.ref == }}`,
      /Unexpected end of expression|Unexpected symbol/,
    ],
    ["a context that does not exist", "needs: one", `if: $\u007b{ secret.x }}`, /Unrecognized named-value: 'secret'/],
    [
      "a step that does nothing",
      `- run: echo "hello"`,
      "- name: nothing",
      /Required property is missing|There's not enough info/,
    ],
    ["no runner", "    runs-on: ubuntu-24.04\n", "", /Required property is missing: runs-on/],
    ["YAML that is none", "jobs:", "jobs: [", /a\.yml: /],
    ["an empty file", SOUND, "", /a\.yml: /],
    [
      "an action of somebody else",
      "actions/checkout@v4",
      "somebody/checkout@v4",
      /somebody\/checkout@v4 is not an action of the list/,
    ],
    [
      "an action without a version",
      "actions/checkout@v4",
      "actions/checkout@main",
      /actions\/checkout@main is not an action of the list/,
    ],
    ["no permissions", "permissions:\n  contents: read\n", "", /does not say which permissions it needs/],
    [
      "an expression inside a script",
      `echo "hello"`,
      `echo "$\u007b{ github.head_ref }}"`,
      /a script of one holds an expression; hand it over by env/,
    ],
  ];
  test.each(wrong)("sees %s", async (_, from, to, says) => {
    expect((await faultsOfWorkflow("a.yml", SOUND.replace(from, to))).join("\n")).toMatch(says);
  });

  testUnless(noShellcheck)("sees a script that splits what it should not", async () => {
    const faults = await faultsOfWorkflow("a.yml", SOUND.replace(`- run: echo "hello"`, "- run: rm $FILE"));
    expect(faults.join("\n")).toMatch(/a script of one: .*SC2086/);
  });
});
