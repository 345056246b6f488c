// Classes as the folder's settings write them: where they stand among the built-in ones, and every way to write one wrong.
import { describe, expect, test } from "bun:test";
import { Failure } from "../lib/failure.ts";
import { BUILT_IN_CLASSES, classesIn } from "../lib/machine/settings-classes.ts";
import { parseSettingsFile } from "../lib/machine/settings-file.ts";
import { classifier } from "../lib/merge/classes.ts";

const FILE = "/brain/.petesbrain-sync.toml";

function read(text: string) {
  return classesIn(FILE, parseSettingsFile(FILE, "folder", text));
}

function refusal(text: string): Failure {
  try {
    read(text);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const BUILT_IN = BUILT_IN_CLASSES.map(({ name }) => name);
const CLASS = (name: string, rest: string): string => `[[class]]\nname = "${name}"\n${rest}\n`;

test("without a class of its own the table is the built-in one", () => {
  expect(read("")).toEqual([...BUILT_IN_CLASSES]);
});

test("own classes stand before the built-in ones, in the order of the file, each with its line", () => {
  const text = `# rules\n${CLASS("a", 'globs = ["a/**"]\npolicy = "ask"')}\n${CLASS("b", 'globs = ["b/*", "c"]\nprefer = "studio"')}`;
  const classes = read(text);
  expect(classes.map(({ name }) => name)).toEqual(["a", "b", ...BUILT_IN]);
  expect(classes[0]).toEqual({ name: "a", globs: ["a/**"], policy: "ask", source: `${FILE}:3` });
  expect(classes[1]).toEqual({ name: "b", globs: ["b/*", "c"], policy: { prefer: "studio" }, source: `${FILE}:8` });
});

test("one with the name of a built-in class stands in for it, at its place", () => {
  const classes = read(CLASS("tasks", 'globs = ["lists/*.json"]\npolicy = "by-id"'));
  expect(classes.map(({ name }) => name)).toEqual(BUILT_IN);
  const classOf = classifier(classes);
  expect(classOf("lists/a.json").policy).toBe("by-id");
  expect(classOf("clients/acme/tasks.json").name).toBe("other");
});

test("the built-in classes can be switched off", () => {
  const classes = read(`[classes]\nbuilt_in = false\n${CLASS("a", 'globs = ["a"]\npolicy = "merge"')}`);
  expect(classes.map(({ name }) => name)).toEqual(["a"]);
  expect(classifier(classes)("report.html").name).toBe("other");
});

test("the first class that matches decides", () => {
  const classOf = classifier(
    read(`${CLASS("one", 'globs = ["x/**"]\npolicy = "ask"')}${CLASS("two", 'globs = ["x/y/**"]\npolicy = "merge"')}`),
  );
  expect(classOf("x/y/z").name).toBe("one");
  expect(classOf("x/a.html").name).toBe("one");
});

describe("a class that is written wrong is refused with the line and the words for it:", () => {
  const rows: readonly (readonly [text: string, line: number, says: string])[] = [
    [
      CLASS("a", 'globs = ["a"]\npolicy = "guess"'),
      4,
      "class[0].policy must be one of ask, by-id, append, both, merge",
    ],
    [CLASS("a", 'globs = ["a"]'), 2, 'a class needs a policy (ask, by-id, append, both, merge) or prefer = "ROLE"'],
    [CLASS("a", 'policy = "ask"'), 2, 'a class needs globs ("a" has none)'],
    ['\n[[class]]\nglobs = ["a"]\npolicy = "ask"\n', 3, "a class needs a name"],
    [CLASS("a", 'globs = ["a"]\npolicy = "ask"\nprefer = "desktop"'), 2, 'has either a policy or prefer = "ROLE"'],
    [CLASS("a", 'globs = []\npolicy = "ask"'), 3, "class[0].globs must name at least one glob"],
    [CLASS("a", 'globs = ["a/"]\npolicy = "ask"'), 3, "a glob that ends in / matches none"],
    [CLASS("a", 'globs = ["!a"]\npolicy = "ask"'), 3, "must not begin with !"],
    [CLASS("a", 'globs = ["a[b"]\npolicy = "ask"'), 3, "has a bracket that is not closed"],
    [CLASS("a", 'globs = ["{a,b"]\npolicy = "ask"'), 3, "has a bracket that is not closed"],
    [CLASS("a", 'globs = ["../a"]\npolicy = "ask"'), 3, "must stay inside the folder"],
    [CLASS("a", 'globs = ["a"]\nprefer = "my desk"'), 4, "class[0].prefer must be letters"],
    [CLASS("a", 'globs = ["a"]\nrule = "ask"'), 4, 'there is no key "class[0].rule"'],
    [
      `${CLASS("a", 'globs = ["x", "y"]\npolicy = "ask"')}${CLASS("b", 'globs = ["y"]\npolicy = "merge"')}`,
      6,
      'the glob "y" cannot match: the class "a" has it already',
    ],
    [
      `${CLASS("a", 'globs = ["x"]\npolicy = "ask"')}${CLASS("a", 'globs = ["y"]\npolicy = "merge"')}`,
      6,
      'the class "a" is written twice',
    ],
  ];
  test.each(rows)("%j", (text, line, says) => {
    const failure = refusal(text);
    expect(failure.kind).toBe("config-invalid");
    expect(failure.message).toMatch(new RegExp(`^/brain/\\.petesbrain-sync\\.toml, line ${line}: `));
    expect(failure.message).toContain(says);
    expect(failure.remedy).toContain("petesbrain-sync config check");
  });
});
