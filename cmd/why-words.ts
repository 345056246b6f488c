// The words of `why`: what the file is to the tool, the rules it falls under, its digests, who vouches for it and who
// changed it last; and the names that were probably meant where there is no such file.
import type { Why } from "../lib/sync/why.ts";
import { nearest } from "./nearest.ts";
import { columns, count, formatTime } from "./words.ts";

const SUGGESTED = 3;

function standingOf({ standing, changed, digests, ignoredBy, heldBackBy, rules }: Why): string {
  switch (standing) {
    case "tracked":
      if (!changed) return "synced: tracked, and as in the last commit";
      return digests.disk === null
        ? "synced: tracked, and deleted here since the last commit"
        : "synced: tracked, and changed since the last commit";
    case "new":
      return rules.some((rule) => rule.class === "local")
        ? "not synced: declared local, it stays here"
        : "new: the next push publishes it, unless a guard stops it";
    case "ignored":
      return `not synced: ignored by ${ignoredBy?.file}:${ignoredBy?.line} (${ignoredBy?.pattern})`;
    case "held-back":
      return `held back by the guard ${heldBackBy}: it stays here, and every run says so`;
    case "absent":
      return "not there";
  }
}

function digestRows({ disk, committed, baseline }: Why["digests"]): [string, string][] {
  const said = (sha256: string, sizeBytes: number, more: string): string =>
    `${sha256}, ${count(sizeBytes, "byte")}${more}`;
  const isSame = disk !== null && committed?.sha256 === disk.sha256;
  const rows: [string, string][] = [];
  if (disk !== null) rows.push(["on disk", said(disk.sha256, disk.sizeBytes, "")]);
  if (committed !== null)
    rows.push(["committed", isSame ? "the same" : said(committed.sha256, committed.sizeBytes, "")]);
  if (baseline !== null) {
    const at = ` (${formatTime(baseline.takenAt)})`;
    const as = disk?.sha256 === baseline.sha256 ? `the same${at}` : said(baseline.sha256, baseline.sizeBytes, at);
    rows.push(["baseline", as]);
  }
  return rows;
}

function attestedAs({ attested, digests }: Why): string {
  if (digests.committed === null) return "not in the commit that is checked out";
  if (attested === null) return "no machine vouches for the commit that is checked out";
  const who = `by ${attested.role}, commit ${attested.commit.slice(0, 7)}, ${formatTime(attested.at)}`;
  if (attested.sha256 === null) return `${who}, with the whole commit`;
  return attested.sha256 === digests.committed?.sha256 ? `${who}, as committed` : `${who}, as ${attested.sha256}`;
}

function lastChangeAs({ lastChange }: Why): string {
  if (lastChange === null) return "never committed";
  const { machine, author, at, commit, subject } = lastChange;
  const who = machine === null ? `with plain git by ${author}` : `by ${machine.role} (${machine.name})`;
  return `${formatTime(at)} ${who}, commit ${commit.slice(0, 7)}: ${subject}`;
}

/** What `why` reads like. */
export function wordsOfWhy(found: Why): string[] {
  const rows: [string, string][] = found.rules.map(({ class: name, glob, source, means }) => [
    name,
    `${glob === null ? "no glob matches" : `${glob} (${source})`}: ${means}`,
  ]);
  rows.push(...digestRows(found.digests), ["attested", attestedAs(found)], ["last change", lastChangeAs(found)]);
  return [
    `${found.path}: ${standingOf(found)}`,
    ...columns(rows).map((line) => `  ${line}`),
    ...found.notes.map((note) => `note: ${note}`),
  ];
}

/** Files that were probably meant: of the same name elsewhere, or with a name like it in the same folder, or anywhere. */
export function namesNear(path: string, names: readonly string[]): string[] {
  const nameOf = (full: string): string => full.slice(full.lastIndexOf("/") + 1);
  const folderOf = (full: string): string => full.slice(0, full.lastIndexOf("/") + 1);
  const namesakes = names.filter((other) => nameOf(other).toLowerCase() === nameOf(path).toLowerCase());
  const siblings = names.filter((other) => folderOf(other) === folderOf(path));
  const sibling = nearest(nameOf(path), siblings.map(nameOf));
  const anywhere = nearest(nameOf(path), [...new Set(names.map(nameOf))]);
  return [
    ...new Set([
      ...(sibling === null ? [] : [`${folderOf(path)}${sibling}`]),
      ...byLikeness(path, namesakes),
      ...names.filter((other) => anywhere !== null && nameOf(other) === anywhere),
    ]),
  ].slice(0, SUGGESTED);
}

/** Those that share the most folders with the path first. */
function byLikeness(path: string, names: readonly string[]): string[] {
  const parts = new Set(path.split("/"));
  const shared = (name: string): number => name.split("/").filter((part) => parts.has(part)).length;
  return [...names].sort((left, right) => shared(right) - shared(left));
}
