// What stands in each kind of file of the made-up folder. Every body is near its wanted size and depends on its seed only.
import { Random } from "./random.ts";
import { PEOPLE, prose, sentence, TOPICS, VERBS } from "./words.ts";

export type FileKind =
  | "ignore"
  | "settings"
  | "tasks"
  | "completed"
  | "context"
  | "email"
  | "document"
  | "report"
  | "export"
  | "script"
  | "state"
  | "log"
  | "library"
  | "empty";

/** What `.gitignore` of the folder holds: what its owner keeps out of git, as the product's users do. */
export const IGNORED = [
  ".mcp.json",
  "**/credentials.json",
  "data/state/",
  "*.log",
  "venv/",
  ".venv/",
  "node_modules/",
  "__pycache__/",
  ".cache/",
  "backups/",
  ".DS_Store",
] as const;

type Body = (random: Random, sizeBytes: number, owner: string) => string;

const BODIES: Readonly<Record<FileKind, Body>> = {
  ignore: () => `${IGNORED.join("\n")}\n`,
  empty: () => "",
  settings: (random) => `${JSON.stringify(settings(random), null, 2)}\n`,
  tasks: (random, sizeBytes, owner) => {
    const tasks: unknown[] = [];
    for (let written = 90; written < sizeBytes; written += 400) tasks.push(task(random, owner));
    return `${JSON.stringify({ version: 3, client: owner, tasks }, null, 2)}\n`;
  },
  completed: (random, sizeBytes) => `# Completed tasks\n\n${repeat(sizeBytes, () => completedEntry(random))}`,
  context: (random, sizeBytes, owner) =>
    `# ${owner}: context\n\nLast updated: ${random.day(2025)}\n\n## Account\n\n${prose(random, sizeBytes / 2)}\n\n## Decisions\n\n${prose(random, sizeBytes / 2)}\n`,
  email: (random, sizeBytes, owner) => {
    const head = `---\nfrom: ${random.pick(PEOPLE)} <${owner}@mail.example>\nto: pete@roksys.example\ndate: ${random.day(2025)}T${random.time()}Z\nsubject: ${random.pick(VERBS)} ${random.pick(TOPICS)}\nmessage-id: <${random.uuid()}@mail.example>\n---\n\n`;
    return `${head}${prose(random, sizeBytes - head.length)}\n`;
  },
  document: (random, sizeBytes, owner) => `# ${random.pick(TOPICS)}: ${owner}\n\n${prose(random, sizeBytes)}\n`,
  report: (random, sizeBytes) => {
    const head = `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Report</title></head><body>\n<table>\n`;
    return `${head}${repeat(sizeBytes - head.length, () => reportRow(random))}</table>\n</body></html>\n`;
  },
  export: (random, sizeBytes) =>
    `date,campaign,clicks,impressions,cost,value\n${repeat(sizeBytes, () => exportRow(random))}`,
  script: (random, sizeBytes) => `#!/bin/sh\nset -eu\n${repeat(sizeBytes, () => scriptLine(random))}exit 0\n`,
  state: (random, sizeBytes) => {
    const seen = Array.from({ length: Math.ceil(sizeBytes / 41) }, () => random.uuid());
    return `${JSON.stringify({ updated: random.day(2025), cursor: random.uuid(), seen }, null, 1)}\n`;
  },
  log: (random, sizeBytes) =>
    repeat(
      sizeBytes,
      () =>
        `${random.day(2025)}T${random.time()}Z INFO ${random.pick(VERBS)} ${random.pick(TOPICS)} ${random.between(1, 9999)} ms\n`,
    ),
  library: (random, sizeBytes) =>
    `"""A package of the virtual environment."""\n${repeat(sizeBytes, () => `NAME_${random.between(0, 99999)} = "${random.uuid()}"\n`)}`,
};

/** The text of a file of this kind; within a few hundred bytes of `sizeBytes`, except for kinds of fixed content. */
export function bodyOf(kind: FileKind, seed: number, sizeBytes: number, owner: string): string {
  return BODIES[kind](new Random(seed), sizeBytes, owner);
}

/** A task as an agent would add it to a task list. */
export function task(random: Random, owner: string): Record<string, unknown> {
  return {
    id: random.uuid(),
    title: `${random.pick(VERBS)} ${random.pick(TOPICS)} for ${owner}`,
    status: random.pick(["open", "open", "waiting", "in-progress"]),
    priority: random.pick(["P0", "P1", "P2", "P3"]),
    created: random.day(2025),
    due: random.day(2026),
    estimate_minutes: random.between(5, 240),
    notes: sentence(random),
    tags: [random.pick(TOPICS)],
  };
}

/** An entry of a list of completed tasks, ending in an empty line. */
export function completedEntry(random: Random): string {
  return `## ${random.day(2025)} ${random.pick(VERBS)} ${random.pick(TOPICS)}\n\n- id: ${random.uuid()}\n- time: ${random.between(5, 240)} min\n\n${sentence(random)}\n\n`;
}

function settings(random: Random): unknown {
  return { mcpServers: { ads: { command: "node", args: ["ads.js"], env: { TOKEN: `made-up-${random.uuid()}` } } } };
}

function reportRow(random: Random): string {
  const remark = random.chance(30) ? sentence(random) : "";
  return `<tr><td>${random.day(2025)}</td><td>${random.pick(TOPICS)}</td><td>${random.between(0, 99999)}</td><td>${money(random)}</td><td>${remark}</td></tr>\n`;
}

function exportRow(random: Random): string {
  return `${random.day(2025)},${random.pick(TOPICS)} ${random.between(1, 40)},${random.between(0, 4000)},${random.between(0, 200000)},${money(random)},${money(random)}\n`;
}

function scriptLine(random: Random): string {
  return `# ${sentence(random)}\necho "${random.pick(VERBS)} ${random.pick(TOPICS)}" >/dev/null\n`;
}

function money(random: Random): string {
  return `${random.between(0, 999)}.${random.between(10, 99)}`;
}

function repeat(sizeBytes: number, make: () => string): string {
  const parts: string[] = [];
  let written = 0;
  while (written < sizeBytes) {
    const part = make();
    parts.push(part);
    written += part.length;
  }
  return parts.join("");
}
