// Task lists and what machines do to them at once, made up by fast-check: several versions of one file that never touch
// the same thing in different ways, so that uniting them is never a question for a person.
import fc from "fast-check";

/** How a JSON file is written. */
export interface Style {
  /** "" for everything on one line. */
  readonly indent: string;
  readonly lineEnd: "\n" | "\r\n";
  readonly colon: ":" | ": ";
  readonly endsWithLine: boolean;
  /** Characters beyond ASCII as `\uXXXX`. */
  readonly escapes: boolean;
}

export interface Subtask {
  id: string;
  done: boolean;
}

export interface Task {
  id: string;
  title: string;
  tags: string[];
  subtasks: Subtask[];
  [field: string]: unknown;
}

export interface Brain {
  version: number;
  meta: Record<string, string>;
  tasks: Task[];
}

export interface Story {
  readonly base: Brain;
  readonly sides: readonly Brain[];
  /** Of the base, then of each side. */
  readonly styles: readonly Style[];
}

const styleOf: fc.Arbitrary<Style> = fc.record({
  indent: fc.constantFrom("", "  ", "    ", "\t"),
  lineEnd: fc.constantFrom("\n", "\r\n"),
  colon: fc.constantFrom(":", ": "),
  endsWithLine: fc.boolean(),
  escapes: fc.boolean(),
});

export function printed(value: unknown, style: Style): string {
  const text = write(value, style, style.lineEnd);
  return style.endsWithLine ? `${text}${style.lineEnd}` : text;
}

function write(value: unknown, style: Style, line: string): string {
  if (typeof value !== "object" || value === null) return scalar(value, style);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const items = Array.isArray(value)
    ? value.map((one) => write(one, style, line + style.indent))
    : Object.entries(value).map(
        ([key, one]) => `${scalar(key, style)}${style.colon}${write(one, style, line + style.indent)}`,
      );
  if (items.length === 0) return `${open}${close}`;
  if (style.indent === "") return `${open}${items.join(",")}${close}`;
  return `${open}${line}${style.indent}${items.join(`,${line}${style.indent}`)}${line}${close}`;
}

function scalar(value: unknown, style: Style): string {
  const text = JSON.stringify(value);
  if (!style.escapes) return text;
  return text.replace(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const KINDS = ["title", "field", "tags", "subtask", "done", "drop subtask", "delete", "add", "meta", "shared"] as const;

const DELETES: readonly string[] = ["drop subtask", "delete"];

interface Deed {
  readonly machine: number;
  readonly kind: (typeof KINDS)[number];
  readonly target: number;
  readonly word: string;
}

/** A task that belongs to none of the machines may be changed by all, each in fields of its own; it is never deleted. */
const SHARED = "everybody's";

export interface StoryOptions {
  /** Lets at most one of the machines rewrite the whole file. */
  readonly restyle: boolean;
  readonly deletes?: boolean;
}

/** Stories of `machines` machines that nobody has to decide. */
export function stories(machines: number, { restyle, deletes = true }: StoryOptions): fc.Arbitrary<Story> {
  const kinds = KINDS.filter((kind) => deletes || !DELETES.includes(kind));
  const machine = fc.nat(machines - 1);
  const word = fc.constantFrom("call", "é", "", 'long words, {and} "signs" [\\]', "__proto__", "1");
  return fc
    .record({
      size: fc.nat(9),
      style: styleOf,
      deeds: fc.array(fc.record({ machine, kind: fc.constantFrom(...kinds), target: fc.nat(99), word }), {
        maxLength: 14,
      }),
      orders: fc.option(fc.tuple(machine, fc.nat(99), fc.nat(99))),
      restyled: restyle ? fc.option(fc.tuple(machine, styleOf)) : fc.constant(null),
    })
    .map(({ size, style, deeds, orders, restyled }) => {
      const base = firstBrain(size, machines);
      const sides = Array.from({ length: machines }, (_, index) => {
        const side = structuredClone(base);
        const moves = orders !== null && orders[0] === index;
        if (moves) move(side.tasks, orders[1], orders[2]);
        for (const [at, deed] of deeds.entries()) if (deed.machine === index) act(side, deed, `${index}-${at}`);
        return side;
      });
      const sideStyles = sides.map((_, index) => (restyled !== null && restyled[0] === index ? restyled[1] : style));
      return { base, sides, styles: [style, ...sideStyles] };
    });
}

function firstBrain(size: number, machines: number): Brain {
  const tasks = Array.from({ length: size }, (_, at): Task => {
    const owner = at % (machines + 1);
    const subtasks = Array.from({ length: at % 4 }, (_none, step) => ({ id: `s${step}`, done: false }));
    return {
      id: `t-${at}`,
      title: `Aufgabe für ${at}`,
      owner: owner === machines ? SHARED : owner,
      tags: ["a"],
      subtasks,
    };
  });
  return { version: 1, meta: { by: "hand" }, tasks };
}

function move(tasks: Task[], from: number, to: number): void {
  const [task] = tasks.splice(from % Math.max(1, tasks.length), 1);
  if (task !== undefined) tasks.splice(to % (tasks.length + 1), 0, task);
}

function act(side: Brain, { machine, kind, target, word }: Deed, name: string): void {
  const own = side.tasks.filter(({ owner }) => owner === machine);
  const task = own[target % Math.max(1, own.length)];
  const shared = side.tasks.filter(({ owner }) => owner === SHARED);
  const common = shared[target % Math.max(1, shared.length)];
  if (kind === "add") {
    const added: Task = { id: `n-${target % 7}-${name}`, title: word, owner: machine, tags: [], subtasks: [] };
    side.tasks.splice(target % (side.tasks.length + 1), 0, added);
  } else if (kind === "meta") side.meta[`${word}${machine}`] = word;
  else if (kind === "shared") {
    if (common === undefined) return;
    common[`note ${machine}`] = word;
    common.subtasks.splice(target % (common.subtasks.length + 1), 0, { id: `s-${name}`, done: true });
  } else if (task !== undefined) edit(side, task, { kind, target, word, name });
}

function edit(side: Brain, task: Task, how: { kind: Deed["kind"]; target: number; word: string; name: string }): void {
  const { kind, target, word, name } = how;
  const step = target % Math.max(1, task.subtasks.length);
  if (kind === "title") task.title = `${word} ${name}`;
  else if (kind === "field") task[`${word}-${target % 3}`] = [word, { [word]: null }];
  else if (kind === "tags") task.tags.push(word);
  else if (kind === "subtask") task.subtasks.splice(step, 0, { id: `s-${name}`, done: false });
  else if (kind === "done" && task.subtasks[step] !== undefined) task.subtasks[step].done = true;
  else if (kind === "drop subtask") task.subtasks.splice(step, 1);
  else if (kind === "delete") side.tasks.splice(side.tasks.indexOf(task), 1);
}
