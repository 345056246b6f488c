// What becomes of lists of entries that two machines changed: cases as people and programs write them, to the byte.
import { describe, expect, test } from "bun:test";
import { bodyOf, completedEntry } from "../cmd/demo/bodies.ts";
import { Random } from "../cmd/demo/random.ts";
import { uniteEntries } from "../lib/merge/append.ts";
import { conserved } from "../lib/merge/entry-conservation.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytesOf = (given: string | Uint8Array): Uint8Array => (typeof given === "string" ? encode(given) : given);

/** The united text, or `refused: ` and why; asked with the sides in both orders. */
function unite(base: string | null, ours: string | Uint8Array, theirs: string | Uint8Array): string {
  const ask = (one: string | Uint8Array, other: string | Uint8Array): string => {
    const united = uniteEntries({
      base: base === null ? null : encode(base),
      ours: bytesOf(one),
      theirs: bytesOf(other),
    });
    return "content" in united ? Buffer.from(united.content).toString("utf8") : `refused: ${united.refused}`;
  };
  const answer = ask(ours, theirs);
  expect(ask(theirs, ours)).toBe(answer);
  return answer;
}

interface Case {
  readonly name: string;
  readonly base: string | null;
  readonly ours: string;
  readonly theirs: string;
  readonly becomes: string;
}

function check(cases: readonly Case[]): void {
  test.each(cases)("$name", ({ base, ours, theirs, becomes }) => expect(unite(base, ours, theirs)).toBe(becomes));
}

const LIST = "# Completed tasks\n\n- [x] 2026-01-02 Two\n- [x] 2026-01-03 Three\n  with a note\n";
const NEWEST = "# Completed tasks\n\n- [x] 2026-01-03 Three\n  with a note\n- [x] 2026-01-02 Two\n";
const SECTIONS =
  "# Completed tasks\n\n## 2026-01-02 review budget\n\n- id: 1\n- time: 5 min\n\nIt went well.\n\n## 2026-01-03 send report\n\n- id: 2\n- time: 9 min\n\nSent.\n";
const section = (day: string, title: string, id: number): string =>
  `\n## ${day} ${title}\n\n- id: ${id}\n- time: 5 min\n\nDone.\n`;
const LOG =
  "2026-01-04T09:00:00Z INFO start\n2026-01-04T10:00:00Z ERROR failed\nTraceback (most recent call last):\n  File x\nValueError: y\n";

describe("additions on both sides come in time order", () => {
  check([
    {
      name: "oldest first",
      base: LIST,
      ours: `${LIST}- [x] 2026-01-05 Five\n`,
      theirs: `${LIST}- [x] 2026-01-04 Four\n  and why\n`,
      becomes: `${LIST}- [x] 2026-01-04 Four\n  and why\n- [x] 2026-01-05 Five\n`,
    },
    {
      name: "newest first",
      base: NEWEST,
      ours: NEWEST.replace("\n- [x]", "\n- [x] 2026-01-04 Four\n- [x]"),
      theirs: NEWEST.replace("\n- [x]", "\n- [x] 2026-01-05 Five\n- [x]"),
      becomes: NEWEST.replace("\n- [x]", "\n- [x] 2026-01-05 Five\n- [x] 2026-01-04 Four\n- [x]"),
    },
    {
      name: "of the same day: by text, on every machine alike",
      base: LIST,
      ours: `${LIST}- [x] 2026-01-04 Zebra\n`,
      theirs: `${LIST}- [x] 2026-01-04 Apple\n`,
      becomes: `${LIST}- [x] 2026-01-04 Apple\n- [x] 2026-01-04 Zebra\n`,
    },
    {
      name: "one between old ones stays there",
      base: LIST,
      ours: LIST.replace("- [x] 2026-01-03", "- [x] 2026-01-02 Later that day\n- [x] 2026-01-03"),
      theirs: `${LIST}- [x] 2026-01-04 Four\n`,
      becomes: `${LIST.replace("- [x] 2026-01-03", "- [x] 2026-01-02 Later that day\n- [x] 2026-01-03")}- [x] 2026-01-04 Four\n`,
    },
    {
      name: "the same on both is there once, an undated one stays after its predecessor",
      base: LIST,
      ours: `${LIST}- [x] 2026-01-04 Four\n- [x] no date\n- [x] 2026-01-06 Six\n`,
      theirs: `${LIST}- [x] 2026-01-04 Four\n- [x] 2026-01-05 Five\n`,
      becomes: `${LIST}- [x] 2026-01-04 Four\n- [x] no date\n- [x] 2026-01-05 Five\n- [x] 2026-01-06 Six\n`,
    },
    {
      name: "headings with what belongs to them",
      base: SECTIONS,
      ours: SECTIONS + section("2026-01-05", "call Anna", 5),
      theirs: SECTIONS + section("2026-01-04", "pause campaign", 4),
      becomes: SECTIONS + section("2026-01-04", "pause campaign", 4) + section("2026-01-05", "call Anna", 5),
    },
    {
      name: "headings that tell their date below",
      base: "# Done\n\n### Task A\n\n**Completed:** 2026-01-02\n",
      ours: "# Done\n\n### Task A\n\n**Completed:** 2026-01-02\n\n### Task B\n\n**Completed:** 2026-01-05 17:30\n",
      theirs: "# Done\n\n### Task A\n\n**Completed:** 2026-01-02\n\n### Task C\n\n**Completed:** 2026-01-04\n",
      becomes:
        "# Done\n\n### Task A\n\n**Completed:** 2026-01-02\n\n### Task C\n\n**Completed:** 2026-01-04\n\n### Task B\n\n**Completed:** 2026-01-05 17:30\n",
    },
    {
      name: "a log, with the lines that continue one of its own",
      base: LOG,
      ours: `${LOG}2026-01-04T12:00:00Z INFO a\n`,
      theirs: `${LOG}2026-01-04T11:00:00Z ERROR b\nTraceback (most recent call last):\n\n  File z\n`,
      becomes: `${LOG}2026-01-04T11:00:00Z ERROR b\nTraceback (most recent call last):\n\n  File z\n2026-01-04T12:00:00Z INFO a\n`,
    },
    {
      name: "a line of a log that was repeated is there as often as the side says that has it more often",
      base: LOG,
      ours: `${LOG}2026-01-04T12:00:00Z retry\n2026-01-04T12:00:00Z retry\n2026-01-04T12:00:00Z retry\n`,
      theirs: `${LOG}2026-01-04T12:00:00Z retry\n2026-01-04T12:00:00Z retry\n2026-01-04T12:00:01Z gave up\n`,
      becomes: `${LOG}2026-01-04T12:00:00Z retry\n2026-01-04T12:00:00Z retry\n2026-01-04T12:00:00Z retry\n2026-01-04T12:00:01Z gave up\n`,
    },
    {
      name: "times of different zones",
      base: "[2026-01-04 09:00] start\n",
      ours: "[2026-01-04 09:00] start\n[2026-01-04 12:00:00+02:00] ten\n",
      theirs: "[2026-01-04 09:00] start\n[2026-01-04 11:00:00Z] eleven\n",
      becomes: "[2026-01-04 09:00] start\n[2026-01-04 12:00:00+02:00] ten\n[2026-01-04 11:00:00Z] eleven\n",
    },
    {
      name: "both sides made the file",
      base: null,
      ours: "# Done\n\n- [x] 2026-01-03 Three\n",
      theirs: "# Done\n\n- [x] 2026-01-02 Two\n",
      becomes: "# Done\n\n- [x] 2026-01-02 Two\n- [x] 2026-01-03 Three\n",
    },
    {
      name: "the file was empty",
      base: "",
      ours: "2026-01-03 c\n",
      theirs: "2026-01-02 b",
      becomes: "2026-01-02 b\n2026-01-03 c\n",
    },
  ]);
});

describe("headings of days, weeks and months hold entries", () => {
  const days = "# Done\n\n## Sunday 4 January 2026\n\n- [x] A\n\n## Saturday 3 January 2026\n\n- [x] B\n";
  const tasks = "# Done\n\n## 2026-01-04\n\n### Task A\n\nWhat A was.\n\n## 2026-01-03\n\n### Task B\n\nWhat B was.\n";
  check([
    {
      name: "tasks that both add below a day are below one heading",
      base: days,
      ours: days.replace("- [x] A\n", "- [x] A\n- [x] D\n"),
      theirs: days.replace("- [x] A\n", "- [x] A\n- [x] C\n"),
      becomes: days.replace("- [x] A\n", "- [x] A\n- [x] C\n- [x] D\n"),
    },
    {
      name: "a day that both add is one heading",
      base: days,
      ours: days.replace("## Sunday", "## Monday 5 January 2026\n\n- [x] E\n\n## Sunday"),
      theirs: days.replace("## Sunday", "## Monday 5 January 2026\n\n- [x] F\n\n## Sunday"),
      becomes: days.replace("## Sunday", "## Monday 5 January 2026\n\n- [x] E\n- [x] F\n\n## Sunday"),
    },
    {
      name: "different days, the newest first",
      base: days,
      ours: days.replace("## Sunday", "## Monday 5 January 2026\n\n- [x] E\n\n## Sunday"),
      theirs: days.replace("## Sunday", "## Tuesday 6 January 2026\n\n- [x] F\n\n## Sunday"),
      becomes: days.replace(
        "## Sunday",
        "## Tuesday 6 January 2026\n\n- [x] F\n\n## Monday 5 January 2026\n\n- [x] E\n\n## Sunday",
      ),
    },
    {
      name: "headings below headings",
      base: tasks,
      ours: tasks.replace("## 2026-01-03", "### Task D\n\nWhat D was.\n\n## 2026-01-03"),
      theirs: tasks.replace("## 2026-01-03", "### Task C\n\nWhat C was.\n\n## 2026-01-03"),
      becomes: tasks.replace(
        "## 2026-01-03",
        "### Task C\n\nWhat C was.\n\n### Task D\n\nWhat D was.\n\n## 2026-01-03",
      ),
    },
    {
      name: "a day deleted on one side goes, what the other adds elsewhere stays",
      base: days,
      ours: days.slice(0, days.indexOf("\n## Saturday")),
      theirs: days.replace("- [x] A\n", "- [x] A\n- [x] C\n"),
      becomes: days.slice(0, days.indexOf("\n## Saturday")).replace("- [x] A\n", "- [x] A\n- [x] C\n"),
    },
    {
      name: "boxes below a month",
      base: "## January 2026\n\n- [x] A\n",
      ours: "## January 2026\n\n- [x] A\n- [x] C\n",
      theirs: "## January 2026\n\n- [x] A\n- [x] B\n\n## February 2026\n\n- [x] D\n",
      becomes: "## January 2026\n\n- [x] A\n- [x] B\n- [x] C\n\n## February 2026\n\n- [x] D\n",
    },
  ]);
});

describe("deletions and edits are carried over", () => {
  check([
    {
      name: "deleted on one side, the other adds",
      base: LIST,
      ours: LIST.replace("- [x] 2026-01-02 Two\n", ""),
      theirs: `${LIST}- [x] 2026-01-04 Four\n`,
      becomes: `${LIST.replace("- [x] 2026-01-02 Two\n", "")}- [x] 2026-01-04 Four\n`,
    },
    {
      name: "edited on one side, the other adds right after it",
      base: LIST,
      ours: LIST.replace("with a note", "with a longer note"),
      theirs: `${LIST}- [x] 2026-01-03 And more\n`,
      becomes: `${LIST.replace("with a note", "with a longer note")}- [x] 2026-01-03 And more\n`,
    },
    {
      name: "different entries edited",
      base: LIST,
      ours: LIST.replace("Two", "Two, again"),
      theirs: LIST.replace("Three", "Three, again"),
      becomes: LIST.replace("Two", "Two, again").replace("Three", "Three, again"),
    },
    {
      name: "edited alike on both, and more added",
      base: LIST,
      ours: `${LIST.replace("Two", "Zwei")}- [x] 2026-01-04 Four\n`,
      theirs: `${LIST.replace("Two", "Zwei")}- [x] 2026-01-05 Five\n`,
      becomes: `${LIST.replace("Two", "Zwei")}- [x] 2026-01-04 Four\n- [x] 2026-01-05 Five\n`,
    },
    {
      name: "both trimmed an old log, one further than the other",
      base: "2026-01-01 a\n2026-01-02 b\n2026-01-03 c\n",
      ours: "2026-01-02 b\n2026-01-03 c\n2026-01-04 d\n",
      theirs: "2026-01-03 c\n2026-01-05 e\n",
      becomes: "2026-01-03 c\n2026-01-04 d\n2026-01-05 e\n",
    },
    {
      name: "moved on one side, the other adds",
      base: "- a\n- b\n- c\n",
      ours: "- b\n- c\n- a\n",
      theirs: "- a\n- b\n- c\n- d\n",
      becomes: "- b\n- c\n- a\n- d\n",
    },
    {
      name: "a text below a heading edited, another heading deleted",
      base: SECTIONS,
      ours: SECTIONS.replace("It went well.", "It went very well."),
      theirs: SECTIONS.slice(0, SECTIONS.indexOf("\n## 2026-01-03")),
      becomes: SECTIONS.slice(0, SECTIONS.indexOf("\n## 2026-01-03")).replace("It went well.", "It went very well."),
    },
  ]);
});

describe("the head of a file is its own part", () => {
  const mail =
    "---\nfrom: anna@acme.example\ndate: 2026-01-04T09:00:00Z\n---\n\nHello Peter.\nHow are you?\n\nBest,\nAnna\n";
  check([
    {
      name: "changed on one side",
      base: LIST,
      ours: LIST.replace("# Completed tasks\n", "# Completed tasks\n\nWhat is done, the oldest first.\n"),
      theirs: `${LIST}- [x] 2026-01-04 Four\n`,
      becomes: `${LIST.replace("# Completed tasks\n", "# Completed tasks\n\nWhat is done, the oldest first.\n")}- [x] 2026-01-04 Four\n`,
    },
    {
      name: "another title",
      base: LIST,
      ours: LIST.replace("# Completed tasks", "# Done"),
      theirs: `${LIST}- [x] 2026-01-04 Four\n`,
      becomes: `${LIST.replace("# Completed tasks", "# Done")}- [x] 2026-01-04 Four\n`,
    },
    {
      name: "front matter changed on one side, a paragraph added on the other",
      base: mail,
      ours: mail.replace("from: anna", "from: anna.b"),
      theirs: `${mail}\nAnswered on Monday.\n`,
      becomes: `${mail.replace("from: anna", "from: anna.b")}\nAnswered on Monday.\n`,
    },
    {
      name: "a paragraph added to a mail on both sides",
      base: mail,
      ours: `${mail}\nSeen.\n`,
      theirs: `${mail}\nAnswered on Monday.\n`,
      becomes: `${mail}\nAnswered on Monday.\n\nSeen.\n`,
    },
  ]);
});

describe("line ends, blank lines and the end of the file", () => {
  const crlf = (text: string): string => text.replaceAll("\n", "\r\n");
  const open = LIST.trimEnd();
  check([
    {
      name: "CRLF, and a byte order mark",
      base: crlf(`\ufeff${LIST}`),
      ours: crlf(`\ufeff${LIST}- [x] 2026-01-05 Five\n`),
      theirs: crlf(`\ufeff${LIST}- [x] 2026-01-04 Four\n`),
      becomes: crlf(`\ufeff${LIST}- [x] 2026-01-04 Four\n- [x] 2026-01-05 Five\n`),
    },
    {
      name: "one side went over to CRLF",
      base: LIST,
      ours: crlf(LIST),
      theirs: `${LIST}- [x] 2026-01-04 Four\n`,
      becomes: crlf(`${LIST}- [x] 2026-01-04 Four\n`),
    },
    {
      name: "mixed line ends stay with their lines",
      base: "2026-01-01 a\r\n2026-01-02 b\n",
      ours: "2026-01-01 a\r\n2026-01-02 b\n2026-01-04 d\r\n",
      theirs: "2026-01-01 a\r\n2026-01-02 b\n2026-01-03 c\n",
      becomes: "2026-01-01 a\r\n2026-01-02 b\n2026-01-03 c\n2026-01-04 d\r\n",
    },
    {
      name: "no final newline, and no two lines in one",
      base: open,
      ours: `${open}\n- [x] 2026-01-05 Five`,
      theirs: `${open}\n- [x] 2026-01-04 Four`,
      becomes: `${open}\n- [x] 2026-01-04 Four\n- [x] 2026-01-05 Five`,
    },
    {
      name: "a final newline that one side added",
      base: open,
      ours: `${open}\n- [x] 2026-01-05 Five`,
      theirs: `${open}\n- [x] 2026-01-04 Four\n`,
      becomes: `${open}\n- [x] 2026-01-04 Four\n- [x] 2026-01-05 Five\n`,
    },
    {
      name: "blank lines between entries, and at the end",
      base: "2026-01-01 a\n\n2026-01-02 b\n\n",
      ours: "2026-01-01 a\n\n2026-01-02 b\n\n2026-01-04 d\n\n",
      theirs: "2026-01-01 a\n\n2026-01-02 b\n\n2026-01-03 c\n\n",
      becomes: "2026-01-01 a\n\n2026-01-02 b\n\n2026-01-03 c\n\n2026-01-04 d\n\n",
    },
    {
      name: "only blank lines",
      base: "\n\n\n",
      ours: "\n\n",
      theirs: "2026-01-01 a\n",
      becomes: "2026-01-01 a\n\n",
    },
    {
      name: "a code fence holds no entries",
      base: LIST,
      ours: `${LIST}- [x] 2026-01-05 Five\n  so:\n\`\`\`\n# 2026-01-01 a comment\n- [x] 2026-01-01 an example\n\`\`\`\n`,
      theirs: `${LIST}- [x] 2026-01-04 Four\n`,
      becomes: `${LIST}- [x] 2026-01-04 Four\n- [x] 2026-01-05 Five\n  so:\n\`\`\`\n# 2026-01-01 a comment\n- [x] 2026-01-01 an example\n\`\`\`\n`,
    },
  ]);
});

describe("dates are read where they are written", () => {
  const forms: readonly (readonly [form: string, earlier: string, later: string])[] = [
    ["a box", "- [x] 2026-02-04 a", "- [x] 2026-11-03 b"],
    ["a number", "1. 2026-02-04: z", "1. 2026-11-03: b"],
    ["the end, in parentheses", "- z (2026-02-04)", "- b (done 2026-11-03)"],
    ["a tick", "- z ✅ 2026-02-04", "- b 📅 2026-01-01 ✅ 2026-11-03"],
    ["emphasis", "- **2026-02-04**: z", "- **2026-11-03**: b"],
    ["words", "4 February 2026 z", "3rd Nov 2026 b"],
    ["American words", "February 4, 2026: z", "Nov. 3, 2026: b"],
    ["a day's name", "Wed, 4 Feb 2026 09:15:32 +0000 z", "Tuesday 3 November 2026 b"],
    ["slashes, proved by the 31st", "04/02/2026 z\n31/10/2026 y", "03/11/2026 b"],
    ["slashes, the American way", "02/04/2026 z\n10/31/2026 y", "11/03/2026 b"],
    ["dots", "04.02.2026 z", "03.11.2026 b"],
    ["a level before it", "WARN 2026-02-04 09:15:32,123 z", "INFO 2026-11-03 09:15:32,123 b"],
    ["half a day", "2026-02-04 9:15 am z", "2026-02-04 8:15 PM b"],
    ["microseconds", "2026-02-04T09:15:32.000100Z z", "2026-02-04T09:15:32.000200Z b"],
  ];
  test.each(forms)("%s", (_form, earlier, later) => {
    const head = "2026-01-01 first\n2026-01-02 second\n";
    const list = earlier.startsWith("-") || earlier.startsWith("1.") ? head.replaceAll("2026-", "- 2026-") : head;
    expect(unite(list, `${list}${later}\n`, `${list}${earlier}\n`)).toBe(`${list}${earlier}\n${later}\n`);
  });

  test("a day that no calendar has, or that can be read in two ways, is none", () => {
    const list = "2026-01-01 first\n2026-01-02 second\n";
    // both lines go on with the one before, which was so edited on both sides
    expect(unite(list, `${list}2026-02-30 b\n`, `${list}2026-13-01 a\n`)).toStartWith("refused: ");
    // by text, as undated ones are
    expect(unite("04/01/2026 a\n", "04/01/2026 a\n05/02/2026 c\n", "04/01/2026 a\n04/03/2026 b\n")).toBe(
      "04/01/2026 a\n04/03/2026 b\n05/02/2026 c\n",
    );
  });
});

describe("entries without dates", () => {
  check([
    {
      name: "a list",
      base: "- a\n- b\n- c\n",
      ours: "- a\n- c\n- d\n",
      theirs: "- a\n- b, as we said\n- c\n- e\n",
      becomes: 'refused: "- b" (line 2 of the merge base) was deleted on one side and edited on the other',
    },
    {
      name: "a list, changed in different places",
      base: "- a\n- b\n- c\n",
      ours: "- a\n- c\n- d\n  more\n",
      theirs: "- a, as we said\n- b\n- c\n- e\n",
      becomes: "- a, as we said\n- c\n- d\n  more\n- e\n",
    },
    {
      name: "lines, each side's in its order",
      base: "start\n",
      ours: "start\nb1\na1\n",
      theirs: "start\nc1\nd1\n",
      becomes: "start\nb1\na1\nc1\nd1\n",
    },
    {
      name: "headings",
      base: "# Done\n\n### A\n\nText.\n",
      ours: "# Done\n\n### A\n\nText.\n\n### C\n\nMore.\n",
      theirs: "# Done\n\n### A\n\nText.\n\n### B\n\nMore.\n",
      becomes: "# Done\n\n### A\n\nText.\n\n### B\n\nMore.\n\n### C\n\nMore.\n",
    },
  ]);
});

describe("what would be a guess is refused", () => {
  const edited = `"- [x] 2026-01-03 Three" (line 4 of the merge base)`;
  const emptied = "the file was emptied on one side and changed on the other";
  const cases: readonly (readonly [name: string, base: string | null, ours: string, theirs: string, why: string])[] = [
    [
      "edited on both",
      LIST,
      LIST.replace("a note", "my note"),
      LIST.replace("a note", "his note"),
      `${edited} was edited differently on both sides`,
    ],
    [
      "edited beyond recognition on both",
      LIST,
      LIST.replace("Two", "Uno"),
      LIST.replace("Two", "Deux"),
      `"- [x] 2026-01-02 Two" (line 3 of the merge base) was edited differently on both sides`,
    ],
    [
      "deleted and edited",
      LIST,
      LIST.slice(0, LIST.indexOf("- [x] 2026-01-03")),
      LIST.replace("a note", "his note"),
      `${edited} was deleted on one side and edited on the other`,
    ],
    [
      "text below a heading",
      SECTIONS,
      SECTIONS.replace("Sent.", "Sent it."),
      SECTIONS.replace("Sent.", "Posted."),
      `"## 2026-01-03 send report" (line 10 of the merge base) was edited differently on both sides`,
    ],
    [
      "heading deleted, entry added below it",
      "## 2026-01-01\n\n- a\n\n## 2026-01-02\n\n- b\n",
      "## 2026-01-02\n\n- b\n",
      "## 2026-01-01\n\n- a\n- c\n\n## 2026-01-02\n\n- b\n",
      `"## 2026-01-01" (line 1 of the merge base) was deleted on one side and edited on the other`,
    ],
    [
      "the head on both",
      LIST,
      LIST.replace("# Completed", "# All completed"),
      LIST.replace("# Completed", "# Most completed"),
      "the head of the file was changed differently on both sides",
    ],
    [
      "front matter on both",
      "---\na: 1\n---\n- x\n",
      "---\na: 2\n---\n- x\n",
      "---\na: 3\n---\n- x\n",
      "the head of the file was changed differently on both sides",
    ],
    [
      "two titles where both made the file",
      null,
      "# A\n\n- x\n",
      "# B\n\n- x\n",
      "the head of the file was changed differently on both sides",
    ],
    [
      "newest first and newest last",
      "2026-01-03 a\n",
      "2026-01-03 a\n2026-01-04 b\n",
      "2026-01-05 c\n2026-01-03 a\n",
      "the newest entries come first on one side and last on the other",
    ],
    [
      "moved to two places",
      "- a\n- b\n- c\n",
      "- b\n- c\n- a\n",
      "- b\n- a\n- c\n",
      `"- a" would come 2 times instead of 1`,
    ],
    [
      "moved and deleted",
      "- a\n- b\n- c\n",
      "- b\n- c\n- a\n",
      "- b\n- c\n",
      `"- a" was deleted on one side and moved on the other`,
    ],
    [
      "repeated and deleted",
      "2026-01-01 a\n2026-01-02 b\n",
      "2026-01-01 a\n2026-01-01 a\n2026-01-02 b\n",
      "2026-01-02 b\n",
      `"2026-01-01 a" was repeated on one side and deleted on the other`,
    ],
    [
      "the same in different orders",
      "- a\n",
      "- a\n- z\n- m\n- k\n",
      "- a\n- k\n- b\n- z\n",
      `"- k" and others were added on both sides in different orders`,
    ],
    [
      "prose of both that would be mixed",
      "Title.\n\nEnd.\n",
      "Title.\n\nEnd.\n\nA one.\n\nC two.\n",
      "Title.\n\nEnd.\n\nB one.\n\nD two.\n",
      `several paragraphs were added at the same place on both sides, "A one." first`,
    ],
    [
      "beside what was deleted",
      "p\ne\nq\n",
      "p\nz\ne\na\nq\n",
      "p\nq\n",
      `"z" was added beside entries that were deleted on the other side, and no date says where it belongs`,
    ],
    [
      "a heading renamed, an entry added below it",
      "# C\n\n## Acme\n\n- [x] 2026-01-01 a\n",
      "# C\n\n## Acme Ltd\n\n- [x] 2026-01-01 a\n",
      "# C\n\n## Acme\n\n- [x] 2026-01-01 a\n- [x] 2026-01-02 b\n",
      `"- [x] 2026-01-02 b" would be lost, or stand below another heading`,
    ],
    [
      "a fence left open",
      LIST,
      `${LIST}- [x] 2026-01-04 Four\n\`\`\`\nopen\n`,
      `${LIST}- [x] 2026-01-05 Five\n\`\`\`\n2026-02-02 x\n\`\`\`\n`,
      "the entries of both sides would no longer be read apart",
    ],
    ["emptied", LIST, "", `${LIST}- [x] 2026-01-04 Four\n`, emptied],
    ["nothing but blank lines left", LIST, "\n \n", `${LIST}- [x] 2026-01-04 Four\n`, emptied],
  ];
  test.each(cases)("%s", (_name, base, ours, theirs, why) => {
    const answer = unite(base, ours, theirs);
    expect(answer).toBe(`refused: ${why}`);
  });

  const notText: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ["a NUL", encode("- a\n\0\n")],
    ["bytes that are not UTF-8", new Uint8Array([0x2d, 0x20, 0xff, 0xfe, 0x0a])],
    ["a cut character", new Uint8Array([0x2d, 0x20, 0xe2, 0x9c])],
    ["an overlong form", new Uint8Array([0x2d, 0x20, 0xc0, 0xaf, 0x0a])],
    ["UTF-16", new Uint8Array(Buffer.from("\ufeff- a\n", "utf16le"))],
  ];
  test.each(notText)("%s", (_name, bytes) => {
    expect(unite("- a\n", bytes, "- a\n- b\n")).toBe("refused: one of the versions is no text");
  });

  const documents: readonly (readonly [name: string, base: string | null, ours: string, theirs: string])[] = [
    ["a page", "<!doctype html>\n<p>a\n", "<!doctype html>\n<p>a\n<p>b\n", "<!doctype html>\n<p>a\n<p>c\n"],
    ["a page in one version", "- a\n", "<p>a\n<p>b\n", "- a\n- c\n"],
    ["a drawing", null, '<svg viewBox="0 0 1 1">\n<g/>\n</svg>\n', '<svg viewBox="0 0 1 1">\n<a/>\n</svg>\n'],
    ["a JSON document", "[\n1\n]\n", "[\n1,\n2\n]\n", "[\n1,\n3\n]\n"],
  ];
  test.each(documents)("%s", (_name, base, ours, theirs) => {
    const why = "the content is a page or a JSON document, not a list of entries";
    expect(unite(base, ours, theirs)).toBe(`refused: ${why}`);
  });

  test("lines of JSON are a log, and a log may begin with a number in angle brackets", () => {
    expect(unite('{"a":1}\n', '{"a":1}\n{"c":1}\n', '{"a":1}\n{"b":1}\n')).toBe('{"a":1}\n{"b":1}\n{"c":1}\n');
    expect(unite("<34>a\n", "<34>a\n<34>c\n", "<34>a\n<34>b\n")).toBe("<34>a\n<34>b\n<34>c\n");
  });

  test("control characters of an entry are not in the words", () => {
    const answer = unite("- a \u001b[31m\u0007b\n- c\n", "- c\n", "- a \u001b[31m\u0007b more\n- c\n");
    expect(answer).toBe(
      'refused: "- a  [31m b" (line 1 of the merge base) was deleted on one side and edited on the other',
    );
  });
});

describe("what only one side changed is that side's, to the byte", () => {
  const odd = ["", "\0\0", "- a\r\n\r\n\r\n- a", "\ufeff", "---\nopen", "```\n```\n```", "# a\n# a\n"];
  test.each(odd)("%j", (text) => {
    expect(unite("- base\n", text, "- base\n")).toBe(text);
    expect(unite("- base\n", text, text)).toBe(text);
    expect(unite(null, text, text)).toBe(text);
  });
});

describe("files as the demonstration writes them", () => {
  test("completed tasks and logs of both sides", () => {
    const random = new Random(7);
    const tasks = bodyOf("completed", 1, 8000, "acme");
    const [one, other] = [completedEntry(random), completedEntry(random)];
    const united = unite(tasks, tasks + one, tasks + other);
    expect(united.length).toBe(tasks.length + one.length + other.length);
    for (const part of [tasks.trimEnd(), one.trimEnd(), other.trimEnd()]) expect(united).toContain(part);
    const log = bodyOf("log", 2, 8000, "acme");
    const lines = bodyOf("log", 3, 500, "acme").split("\n").filter(Boolean);
    const both = unite(log, `${log}${lines[0]}\n`, `${log}${lines[1]}\n`);
    expect(both.split("\n").toSorted()).toEqual(`${log}${lines[0]}\n${lines[1]}\n`.split("\n").toSorted());
  });
});

describe("whatever stands in a file, it is read once", () => {
  const hostile = [
    "a",
    "-",
    " ",
    "#",
    "`",
    "[",
    "(",
    "9",
    "*",
    "\t",
    "\r",
    "- [ ] ",
    "2026-01-0",
    "(2026-01-01) ",
    "✅ ",
    "```js\n",
    "```\n",
    "---\n",
    "- \n",
    "# \n",
  ];
  test.each(hostile)("a flood of %j", (piece) => {
    // a megabyte in one line, or ten thousand lines
    const flood = piece.repeat(piece.endsWith("\n") ? 10_000 : Math.ceil((1 << 20) / piece.length));
    const sides = { ours: encode(`- a\n${flood}\n`), theirs: encode(`- a\n${flood}\n- b\n`) };
    const united = uniteEntries({ base: encode("- a\n"), ...sides });
    const text = "content" in united ? Buffer.from(united.content).toString() : united.refused;
    const isAlone = text.split("\n").filter((line) => line === "- b").length === 1;
    expect({ isAlone, begins: text.slice(0, 4) }).toEqual({ isAlone: true, begins: "- a\n" });
    expect(text.length).toBeGreaterThanOrEqual(flood.length);
  });

  test("a log of 50,000 lines", () => {
    const line = (at: number): string =>
      `${new Date(1.76e12 + at * 61_000).toISOString()} INFO campaign ${at} checked\n`;
    const lines = (from: number, to: number): string =>
      Array.from({ length: to - from }, (_, at) => line(from + at)).join("");
    const united = uniteEntries({
      base: encode(lines(0, 50_000)),
      ours: encode(lines(100, 51_000)),
      theirs: encode(lines(50, 50_000) + lines(50_500, 51_500)),
    });
    expect("content" in united && Buffer.from(united.content).toString() === lines(100, 51_500)).toBe(true);
  });
});

describe("conserved", () => {
  const versions = (base: string | null, ours: string, theirs: string) => ({
    base: base === null ? null : encode(base),
    ours: encode(ours),
    theirs: encode(theirs),
  });
  const cases: readonly (readonly [
    name: string,
    base: string | null,
    ours: string,
    theirs: string,
    result: string,
    says: string | null,
  ])[] = [
    ["all there", "- a\n", "- a\n- b\n", "- a\n- c\n", "- a\n- c\n- b\n", null],
    [
      "an addition lost",
      "- a\n",
      "- a\n- b\n",
      "- a\n- c\n",
      "- a\n- b\n",
      '"- c" would be lost, or stand below another heading',
    ],
    [
      "an old entry lost",
      "- a\n",
      "- a\n- b\n",
      "- a\n- c\n",
      "- b\n- c\n",
      '"- a" would be lost, or stand below another heading',
    ],
    ["one doubled", "- a\n", "- a\n- b\n", "- a\n- b\n", "- a\n- b\n- b\n", '"- b" would come 2 times instead of 1'],
    [
      "a deletion undone",
      "- a\n- b\n",
      "- a\n",
      "- a\n- b\n- c\n",
      "- a\n- b\n- c\n",
      '"- b" was deleted on one side and moved on the other',
    ],
    ["no base", null, "- a\n", "- b\n", "- a\n", '"- b" would be lost, or stand below another heading'],
    [
      "the head",
      "# A\n\n- a\n",
      "# A\n\n- a\n- b\n",
      "# B\n\n- a\n",
      "# A\n\n- a\n- b\n",
      '"# A" was deleted on one side and moved on the other',
    ],
    [
      "below another day",
      "## 2026-01-01\n\n- a\n\n## 2026-01-02\n\n- b\n",
      "## 2026-01-01\n\n- a\n- x\n\n## 2026-01-02\n\n- b\n",
      "## 2026-01-01\n\n- a\n\n## 2026-01-02\n\n- b\n- y\n",
      "## 2026-01-01\n\n- a\n\n## 2026-01-02\n\n- b\n- x\n- y\n",
      '"- x" would be lost, or stand below another heading',
    ],
  ];
  test.each(cases)("%s", (_name, base, ours, theirs, result, says) => {
    expect(conserved(versions(base, ours, theirs), encode(result))).toBe(says);
    expect(conserved(versions(base, theirs, ours), encode(result))).toBe(says);
  });
});
