// The three-way plan: a table of what each combination becomes, and laws that hold for every combination there is.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Change, Entry } from "../lib/git/parse.ts";
import type { Policy } from "../lib/machine/settings-classes.ts";
import { type Decision, reconcile } from "../lib/merge/reconcile.ts";

// A version in one word: "-" absent, a letter a content, "*" executable, "@" a link to it.
function entry(word: string): Entry | null {
  if (word === "-") return null;
  const oid = (word[0] ?? "").repeat(40);
  if (word.endsWith("@")) return { mode: "120000", oid };
  return { mode: word.endsWith("*") ? "100755" : "100644", oid };
}

function word(version: Entry | null): string {
  if (version === null) return "-";
  const suffix = { "100644": "", "100755": "*", "120000": "@" }[version.mode] ?? "?";
  return `${version.oid[0]}${suffix}`;
}

const critical = {
  isCritical: (path: string): boolean => path.startsWith("critical"),
  policyOf: (): Policy => "merge",
};

function changes(base: Record<string, string>, side: Record<string, string>): Change[] {
  const paths = [...new Set([...Object.keys(base), ...Object.keys(side)])];
  return paths.flatMap((path) => {
    const before = base[path] ?? "-";
    const after = side[path] ?? "-";
    return before === after ? [] : [{ path, before: entry(before), after: entry(after) }];
  });
}

function outcome(decision: Decision | undefined): string {
  if (decision === undefined) return "untouched";
  if (decision.kind === "take") return word(decision.result);
  return decision.kind === "unite" ? `merge${decision.mode === "100755" ? "*" : ""}` : "conflict";
}

/** Decides one path from its three versions. */
function decide(base: string, ours: string, theirs: string, path = "notes.md"): string {
  const decisions = reconcile(
    changes({ [path]: base }, { [path]: ours }),
    changes({ [path]: base }, { [path]: theirs }),
    critical,
  );
  return outcome(decisions.find((decision) => decision.path === path));
}

describe("one path", () => {
  // base, ours, theirs, becomes, becomes when the file is critical (where that differs)
  const rows: [string, string, string, string, string?][] = [
    ["-", "-", "-", "untouched"],
    ["a", "a", "a", "untouched"],
    ["-", "a", "-", "a"],
    ["-", "-", "a", "a"],
    ["a", "-", "a", "-"],
    ["a", "a", "-", "-"],
    ["a", "-", "-", "-"],
    ["a", "b", "a", "b"],
    ["a", "a", "b", "b"],
    ["a", "b", "b", "b"],
    ["a", "b", "c", "merge"],
    ["-", "a", "a", "a"],
    ["-", "a", "b", "merge"],
    ["-", "a", "a*", "a*"],
    ["-", "a*", "b", "merge*"],
    ["a", "b", "-", "b", "conflict"],
    ["a", "-", "b", "b", "conflict"],
    ["a", "a*", "-", "a*", "conflict"],
    ["a", "-", "a*", "a*", "conflict"],
    ["a", "a*", "a", "a*"],
    ["a*", "a", "a*", "a"],
    ["a", "a*", "b", "b*"],
    ["a", "b", "a*", "b*"],
    ["a*", "a", "b*", "b"],
    ["a", "b*", "c", "merge*"],
    ["a*", "b", "c*", "merge"],
    ["a", "b*", "b", "b*"],
    ["a", "a@", "b", "conflict"],
    ["a", "b", "a@", "conflict"],
    ["a", "a@", "a@", "a@"],
    ["a", "a@", "a", "a@"],
    ["a@", "b@", "c@", "conflict"],
    ["a@", "b@", "a@", "b@"],
    ["a@", "b@", "b@", "b@"],
    ["a@", "-", "b@", "b@", "conflict"],
    ["-", "a@", "b@", "conflict"],
    ["-", "a", "b@", "conflict"],
    ["a@", "b", "c", "merge"],
  ];
  const table = rows.map(
    ([base, ours, theirs, plain, whenCritical]) => [base, ours, theirs, plain, whenCritical ?? plain] as const,
  );
  test.each(table)("base %s, ours %s, theirs %s becomes %s", (base, ours, theirs, expected, whenCritical) => {
    expect(decide(base, ours, theirs)).toBe(expected);
    expect(decide(base, ours, theirs, "critical.json")).toBe(whenCritical);
  });

  const versions = ["-", "a", "b", "c", "a*", "b*", "c*", "a@", "b@"];
  const all = versions.flatMap((base) =>
    versions.flatMap((ours) => versions.map((theirs) => [base, ours, theirs] as const)),
  );

  test(`laws over all ${all.length} combinations`, () => {
    for (const [base, ours, theirs] of all) {
      const said = `base ${base}, ours ${ours}, theirs ${theirs}`;
      const becomes = decide(base, ours, theirs);
      expect(decide(base, theirs, ours), `${said}: the same whoever is called ours`).toBe(becomes);
      if (ours === theirs) expect(becomes, `${said}: alike on both sides`).toBe(base === ours ? "untouched" : ours);
      else if (ours === base) expect(becomes, `${said}: follows the side that changed it`).toBe(theirs);
      else if (theirs === base) expect(becomes, `${said}: follows the side that changed it`).toBe(ours);
      else if (becomes === "-") expect(`${ours}${theirs}`, `${said}: nothing changed is deleted`).toBe("--");
      else if (!/^(merge|conflict)/.test(becomes)) {
        // both changed it, differently, and no person is asked: each side's content must still be there, or be the base's
        const contents = [ours, theirs]
          .filter((version) => version !== "-" && version[0] !== base[0])
          .map((version) => version[0]);
        expect(
          contents.every((content) => content === becomes[0]),
          `${said}: became ${becomes}`,
        ).toBe(true);
      }
    }
  });
});

describe("every class decides over every combination", () => {
  const versions = ["-", "a", "b", "c", "a*", "b*", "c*", "a@", "b@"];
  const all = versions.flatMap((base) =>
    versions.flatMap((ours) => versions.map((theirs) => [base, ours, theirs] as const)),
  );
  const decideBy = (policy: Policy, base: string, ours: string, theirs: string, path = "x"): Decision | undefined => {
    const options = { isCritical: critical.isCritical, policyOf: () => policy };
    const [decision] = reconcile(
      changes({ [path]: base }, { [path]: ours }),
      changes({ [path]: base }, { [path]: theirs }),
      options,
    );
    return decision;
  };
  const policies: Policy[] = ["ask", "by-id", "append", "both", "merge", { prefer: "desktop" }];

  test.each(policies.map((policy) => [typeof policy === "object" ? "prefer" : policy, policy] as const))(
    "%s: as any class where one side changed it, by its own rule where both did, with a reason, alike for both sides",
    (_, policy) => {
      for (const [base, ours, theirs] of all) {
        const said = `base ${base}, ours ${ours}, theirs ${theirs}`;
        const decision = decideBy(policy, base, ours, theirs);
        const mirrored = decideBy(policy, base, theirs, ours);
        expect(outcome(mirrored), said).toBe(outcome(decision));
        if (base === ours || base === theirs || ours === theirs) {
          expect(outcome(decision), said).toBe(decide(base, ours, theirs));
          continue;
        }
        expect(decision?.reason, said).not.toBe("");
        if (decision?.kind === "unite") expect(decision.policy, said).toEqual(policy as typeof decision.policy);
        if (policy === "ask") expect(decision?.kind, said).not.toBe("unite");
        if (typeof policy === "object") expect(decision?.kind, said).not.toBe("conflict");
        const isDeletion = ours === "-" || theirs === "-";
        if (isDeletion) {
          const whenCritical = decideBy(policy, base, ours, theirs, "critical.json");
          expect(whenCritical?.kind, `${said}: critical`).toBe("conflict");
          const byPolicy: Record<string, Decision["kind"]> = { ask: "conflict", prefer: "unite" };
          const expected = byPolicy[typeof policy === "object" ? "prefer" : policy] ?? "take";
          expect(decision?.kind, `${said}: a deletion`).toBe(expected);
          if (decision?.kind === "take") expect(decision.result, said).not.toBeNull();
        }
      }
    },
  );

  // base, ours, theirs, then what ask, a content class and prefer make of it
  const rows: [string, string, string, string, string, string][] = [
    ["a", "b", "c", "conflict", "unite", "unite"],
    ["-", "a", "b", "conflict", "unite", "unite"],
    ["a", "b", "a*", "take", "take", "take"],
    ["a", "a*", "b", "take", "take", "take"],
    ["-", "a", "a*", "take", "take", "take"],
    ["a", "b", "-", "conflict", "take", "unite"],
    ["a", "-", "a*", "conflict", "take", "unite"],
    ["a", "a@", "b", "conflict", "conflict", "unite"],
    ["a@", "b@", "c@", "conflict", "conflict", "unite"],
    ["-", "a", "b@", "conflict", "conflict", "unite"],
  ];
  test.each(rows)(
    "base %s, ours %s, theirs %s: ask %s, a content class %s, prefer %s",
    (base, ours, theirs, ...kinds) => {
      const asked = (["ask", "append", { prefer: "desktop" }] as const).map(
        (policy) => decideBy(policy, base, ours, theirs)?.kind,
      );
      expect(asked).toEqual(kinds as Decision["kind"][]);
    },
  );
});

describe("renames and places", () => {
  const cases: {
    name: string;
    base: Record<string, string>;
    ours: Record<string, string>;
    theirs: Record<string, string>;
    becomes: Record<string, string>;
  }[] = [
    {
      name: "a file renamed here and edited there keeps both",
      base: { old: "a" },
      ours: { new: "a" },
      theirs: { old: "b" },
      becomes: { old: "-", new: "b" },
    },
    {
      name: "a rename carries the other side's mode along",
      base: { old: "a" },
      ours: { new: "a" },
      theirs: { old: "b*" },
      becomes: { old: "-", new: "b*" },
    },
    {
      name: "renamed alike on both sides",
      base: { old: "a" },
      ours: { new: "a" },
      theirs: { new: "a" },
      becomes: { old: "-", new: "a" },
    },
    {
      name: "renamed differently asks, under every name",
      base: { old: "a" },
      ours: { one: "a" },
      theirs: { two: "a" },
      becomes: { old: "conflict", one: "conflict", two: "conflict" },
    },
    {
      name: "renamed here and deleted there keeps the renamed file",
      base: { old: "a" },
      ours: { new: "a" },
      theirs: {},
      becomes: { old: "-", new: "a" },
    },
    {
      name: "the new name was taken on the other side",
      base: { old: "a" },
      ours: { new: "a" },
      theirs: { old: "b", new: "c" },
      becomes: { old: "conflict", new: "conflict" },
    },
    {
      name: "a content found twice is no rename, and the edit stays",
      base: { old: "a" },
      ours: { new: "a", copy: "a" },
      theirs: { old: "b" },
      becomes: { old: "b", new: "a", copy: "a" },
    },
    {
      name: "a file here and a folder there",
      base: {},
      ours: { place: "a" },
      theirs: { "place/inner": "b" },
      becomes: { place: "conflict", "place/inner": "conflict" },
    },
    {
      name: "an edit of a file that became a folder",
      base: { place: "a" },
      ours: { place: "b" },
      theirs: { "place/deep/inner": "c" },
      becomes: { place: "conflict", "place/deep/inner": "conflict" },
    },
    {
      name: "a file that became a folder on one side only",
      base: { place: "a" },
      ours: { place: "a" },
      theirs: { "place/inner": "b" },
      becomes: { place: "-", "place/inner": "b" },
    },
    {
      name: "a folder that became a file on one side only",
      base: { "place/inner": "a" },
      ours: { "place/inner": "a" },
      theirs: { place: "b" },
      becomes: { "place/inner": "-", place: "b" },
    },
  ];
  test.each(cases)("$name", ({ base, ours, theirs, becomes }) => {
    for (const [one, other] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const decisions = reconcile(changes(base, one), changes(base, other), critical);
      expect(Object.fromEntries(decisions.map((decision) => [decision.path, outcome(decision)]))).toEqual(becomes);
    }
  });
});

type Tree = Record<string, string>;

/** A tree after its decisions, all of which must be takes. */
function carriedOut(tree: Tree, decisions: readonly Decision[]): Tree {
  const result = { ...tree };
  for (const decision of decisions) {
    if (outcome(decision) === "-") delete result[decision.path];
    else result[decision.path] = outcome(decision);
  }
  return result;
}

/** Contents that a side has and the base has nowhere, at paths that the other side left alone. */
function broughtIn(base: Tree, side: Tree, other: Tree): string[] {
  const known = new Set(Object.values(base).map((text) => text[0]));
  const own = Object.entries(side).filter(([name]) => other[name] === base[name] || other[name] === undefined);
  return own.map(([, text]) => text).filter((text) => !known.has(text[0]));
}

describe("properties", () => {
  const path = fc.constantFrom("a", "b", "c", "d", "d/e", "d/f", "critical.json");
  const version = fc.constantFrom("a", "b", "c", "a*", "b@");
  // a tree never has a file and a folder of one name
  const tree = fc.dictionary(path, version, { maxKeys: 6, noNullPrototype: true }).map((files) => {
    const legal = Object.entries(files).filter(([name]) => name === "d" || !(name.startsWith("d/") && "d" in files));
    return Object.fromEntries(legal);
  });
  const three = fc.tuple(tree, tree, tree);

  test("every content that only one side has is in the result, or a person is asked", () => {
    fc.assert(
      fc.property(three, ([base, ours, theirs]) => {
        const decisions = reconcile(changes(base, ours), changes(base, theirs), critical);
        if (decisions.some(({ kind }) => kind !== "take")) return;
        const result = carriedOut(base, decisions);
        const contents = new Set(Object.values(result).map((text) => text[0]));
        for (const text of [...broughtIn(base, ours, theirs), ...broughtIn(base, theirs, ours)]) {
          expect(contents.has(text[0])).toBe(true);
        }
        for (const name of Object.keys(result)) expect("d" in result && name.startsWith("d/")).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  test("the plan is the same whoever is called ours, and carrying it out twice changes nothing", () => {
    fc.assert(
      fc.property(three, ([base, ours, theirs]) => {
        const plan = (one: Record<string, string>, other: Record<string, string>): Record<string, string> =>
          Object.fromEntries(
            reconcile(changes(base, one), changes(base, other), critical).map((decision) => [
              decision.path,
              outcome(decision),
            ]),
          );
        const forth = plan(ours, theirs);
        expect(plan(theirs, ours)).toEqual(forth);
        if (Object.values(forth).some((text) => /^(merge|conflict)/.test(text))) return;
        const decisions = reconcile(changes(base, ours), changes(base, theirs), critical);
        const result = carriedOut(base, decisions);
        const reached = carriedOut(ours, reconcile(changes(ours, result), changes(ours, ours), critical));
        expect(reached).toEqual(result);
      }),
      { numRuns: 3000 },
    );
  });
});
