// A made-up working folder such as the product's users have: clients, task lists, e-mails, reports, scripts, state.
// It is planned without touching a disk, then written; the same size and seed give the same bytes on every machine.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bodyOf, type FileKind } from "./bodies.ts";
import { Random, seedOf } from "./random.ts";
import { clientNames, TOPICS, VERBS } from "./words.ts";

export type BrainSize = "S" | "M" | "L";

export interface BrainFile {
  /** Relative to the folder, `/` between the parts, Unicode in composed form. */
  readonly path: string;
  readonly kind: FileKind;
  /** Wanted size; the written one is within a few hundred bytes of it, and 0 for a link. */
  readonly sizeBytes: number;
  readonly seed: number;
  /** The client it is about, or the folder's owner. */
  readonly owner: string;
  readonly executable: boolean;
  /** False for what the folder's `.gitignore` keeps out of git. */
  readonly tracked: boolean;
  /** Target of a symbolic link; null for a file. */
  readonly link: string | null;
}

export interface BrainPlan {
  readonly size: BrainSize;
  readonly seed: number;
  readonly clients: readonly string[];
  readonly files: readonly BrainFile[];
}

interface Shape {
  readonly clients: number;
  readonly files: number;
  readonly sizeBytes: number;
}

/** Files counted with links and ignored files. */
export const SHAPES: Readonly<Record<BrainSize, Shape>> = {
  S: { clients: 32, files: 1_000, sizeBytes: 30_000_000 },
  M: { clients: 64, files: 10_000, sizeBytes: 300_000_000 },
  L: { clients: 200, files: 100_000, sizeBytes: 1_000_000_000 },
};

const OWNER = "roksys";

const DOCUMENT: { kind: FileKind; weight: number } = { kind: "document", weight: 3 };

/** Share of a hundred files, and size relative to an e-mail. */
const BULK: readonly { kind: FileKind; percent: number; weight: number }[] = [
  { kind: "email", percent: 55, weight: 1 },
  { ...DOCUMENT, percent: 20 },
  { kind: "report", percent: 12, weight: 12 },
  { kind: "export", percent: 13, weight: 8 },
];

/** No divisor of a number of clients, so that every client gets some. */
const ODD_EVERY = 41;

/** Names that a shell, an older tool or a careless script trips over. `N` becomes a number. */
const ODD_NAMES = [
  "Résumé of the year N.md",
  "cost & value N.md",
  "Pete's notes N.md",
  'the "final" version N.md',
  "50% off (draft) N.md",
  "#N naïve plan.md",
  "-N starts with a dash.md",
  "café ☕ N.md",
  "$HOME `N`.md",
  "a;b|c N.md",
  " leading space N.md",
  "日本語 N.md",
] as const;

/** The files of a folder of this size, in a fixed order; writes nothing. */
export function planBrain(size: BrainSize, seed: number): BrainPlan {
  const shape = SHAPES[size];
  const random = new Random(seed);
  const clients = clientNames(random, shape.clients);
  const files = [...ownFiles(random), ...clients.flatMap((client) => clientFiles(random, client))];
  const links = linksTo(clients);
  const used = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const bulk = bulkFiles(random, clients, shape.files - files.length - links.length, shape.sizeBytes - used);
  const all = [...files, ...bulk, ...links];
  return { size, seed, clients, files: all.map((file) => ({ ...file, seed: seedOf(file.path, seed) })) };
}

/** Writes the planned files below `folder`, one in memory at a time; what else is there stays. */
export function writeBrain(folder: string, plan: BrainPlan): { files: number; sizeBytes: number } {
  const made = new Set<string>();
  let sizeBytes = 0;
  for (const file of plan.files) {
    const path = join(folder, file.path);
    const parent = dirname(path);
    if (!made.has(parent)) {
      mkdirSync(parent, { recursive: true });
      made.add(parent);
    }
    sizeBytes += writeFile(path, file);
  }
  return { files: plan.files.length, sizeBytes };
}

function writeFile(path: string, file: BrainFile): number {
  if (file.link !== null) {
    symlinkSync(file.link, path);
    return 0;
  }
  const bytes = Buffer.from(bodyOf(file.kind, file.seed, file.sizeBytes, file.owner));
  writeFileSync(path, bytes);
  if (file.executable) chmodSync(path, 0o755);
  return bytes.length;
}

function planned(path: string, kind: FileKind, sizeBytes: number, more: Partial<BrainFile> = {}): BrainFile {
  return { path, kind, sizeBytes, seed: 0, owner: OWNER, executable: false, tracked: true, link: null, ...more };
}

function ownFiles(random: Random): BrainFile[] {
  const untracked = { tracked: false };
  const files = [
    planned(".gitignore", "ignore", 130),
    planned(".mcp.json", "settings", 190, untracked),
    planned("README.md", "document", 3000),
    planned(`${OWNER}/tasks.json`, "tasks", 15_000),
    planned(`${OWNER}/tasks-completed.md`, "completed", 20_000),
    planned("venv/lib/python3.12/site-packages/ads/__init__.py", "library", 4000, untracked),
    planned("venv/bin/ads", "script", 600, { ...untracked, executable: true }),
    planned("inbox/.gitkeep", "empty", 0),
  ];
  for (let at = 0; at < 8; at += 1) {
    files.push(
      planned(`data/state/${slug(random.pick(TOPICS))}-${at}.json`, "state", random.between(1000, 20_000), untracked),
    );
  }
  for (let at = 0; at < 6; at += 1) files.push(planned(`logs/agent-${at}.log`, "log", 40_000, untracked));
  for (let at = 0; at < 20; at += 1) {
    const size = random.between(800, 6000);
    files.push(planned(`shared/scripts/${random.pick(VERBS)}-${at}.sh`, "script", size, { executable: true }));
  }
  return files;
}

function clientFiles(random: Random, client: string): BrainFile[] {
  const owner = { owner: client };
  return [
    planned(`clients/${client}/tasks.json`, "tasks", random.between(6000, 24_000), owner),
    planned(`clients/${client}/CONTEXT.md`, "context", random.between(8000, 40_000), owner),
    planned(`clients/${client}/tasks-completed.md`, "completed", random.between(5000, 30_000), owner),
  ];
}

/** A link to a file, one to a folder, and one whose target is not there. */
function linksTo(clients: readonly string[]): BrainFile[] {
  const first = clients[0] ?? OWNER;
  return [
    planned("current-client.md", "empty", 0, { link: `clients/${first}/CONTEXT.md` }),
    planned("shared/latest scripts", "empty", 0, { link: "scripts" }),
    planned(`clients/${first}/last year`, "empty", 0, { link: "../../archive/2024" }),
  ];
}

function bulkFiles(random: Random, clients: readonly string[], count: number, sizeBytes: number): BrainFile[] {
  const drawn = Array.from({ length: count }, (_, at) => {
    const odd = at % ODD_EVERY === 7;
    const { kind, weight } = odd ? DOCUMENT : drawKind(random);
    const client = clients[at % clients.length] ?? OWNER;
    const serial = String(Math.floor(at / clients.length)).padStart(4, "0");
    const path = odd ? oddPath(client, serial, at) : bulkPath(random, { kind, client, serial });
    return { path, kind, client, parts: weight * random.between(25, 175) };
  });
  const parts = drawn.reduce((sum, file) => sum + file.parts, 0);
  return drawn.map((file) =>
    planned(file.path, file.kind, Math.round((file.parts * sizeBytes) / parts), { owner: file.client }),
  );
}

function drawKind(random: Random): { kind: FileKind; weight: number } {
  let draw = random.between(1, 100);
  for (const row of BULK) {
    if (draw <= row.percent) return row;
    draw -= row.percent;
  }
  throw new Error("the shares of the kinds do not add up to a hundred");
}

function oddPath(client: string, serial: string, at: number): string {
  const name = ODD_NAMES[Math.floor(at / ODD_EVERY) % ODD_NAMES.length] ?? "N.md";
  return `clients/${client}/odd names/${name.replace("N", serial)}`;
}

function bulkPath(random: Random, file: { kind: FileKind; client: string; serial: string }): string {
  const place = `clients/${file.client}`;
  const day = random.day(2025);
  const topic = slug(random.pick(TOPICS));
  if (file.kind === "email") return `${place}/emails/${day.slice(0, 7)}/${day}-${file.serial}.md`;
  if (file.kind === "report") return `${place}/reports/${day}-${topic}-${file.serial}.html`;
  if (file.kind === "export") return `${place}/exports/${day}-${file.serial}.csv`;
  return `${place}/documents/${topic}-${file.serial}.md`;
}

function slug(text: string): string {
  return text.replaceAll(" ", "-");
}
