// The page of `report`: how the folder stands, its machines, what ran and what was published, what was proven, which
// conflicts there were, what was told. Pure.
import { WENT_THROUGH } from "../lib/failure.ts";
import { commands, facts, formatHtml, section, shown } from "../lib/html.ts";
import { commandOf, pasted } from "../lib/paste.ts";
import { printable } from "../lib/printable.ts";
import type { Overview } from "../lib/sync/overview.ts";
import type { Verdict } from "../lib/sync/status-form.ts";
import { machineCells } from "./machine-words.ts";
import { pastConflicts } from "./report-conflicts.ts";
import { rowsOf, type Said } from "./report-form.ts";
import { newestRuns, runParts } from "./report-runs.ts";
import { rehearsalLine } from "./rollback-words.ts";
import { integrityRows } from "./status-words.ts";
import { count, formatTime } from "./words.ts";

const STYLE = `
:root{--good:#1b7f3b;--idle:#c3c8d1;--wait:#d98a00;--bad:#b3261e;--mine:#1b7f3b;--theirs:#3367d6;--third:#8e44ad}
@media (prefers-color-scheme:dark){:root{--good:#4fb56f;--idle:#4a4f59;--wait:#f2b84b;--bad:#ff897d;--mine:#4fb56f;--theirs:#8ab4f8;--third:#d2a8ff}}
main{max-width:64rem}
h3{font-size:.95rem;margin:1.25rem 0 .25rem;font-weight:600}
th{color:var(--soft);font-weight:600}td:first-child{white-space:nowrap}td{min-width:3rem}
.wide{overflow-x:auto}
figure{margin:.25rem 0 1rem}figcaption{font-size:.85rem;color:var(--soft)}
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font-size:11px}
.end{text-anchor:end}.axis{stroke:var(--line)}.day{fill:transparent}g:hover .day{fill:var(--block)}
.key{display:inline-block;width:.7rem;height:.7rem;border-radius:.15rem;margin-right:.35rem}
.name{margin-right:1rem}
${["good", "idle", "wait", "bad", "mine", "theirs", "third"].map((name) => `rect.${name}{fill:var(--${name})}.key.${name}{background:var(--${name})}`).join("")}`;

const TONES: Readonly<Record<Verdict, "calm" | "warn" | "loud">> = {
  "SAFE TO SWITCH": "calm",
  "NOT YET": "warn",
  ATTENTION: "loud",
};
const LISTED = 30;
const FILES_NAMED = 5;

/** The page. @param clean takes secrets out of a text */
export function formatReport(seen: Overview, clean: (text: string) => string): string {
  // roles come from commits that anybody made, and stand in pictures too, where nothing else is taken out of them
  const published = seen.published.map(({ role, ...rest }) => ({ ...rest, role: role === null ? null : clean(role) }));
  const found = { ...seen, published };
  const said: Said = (text) => shown(printable(clean(text)));
  const { verdict, machine } = found.status;
  const tone = found.missing.length > 0 && verdict === "SAFE TO SWITCH" ? "warn" : TONES[verdict];
  return formatHtml({
    title: printable(clean(`${verdict}: ${machine.role}`)),
    tone,
    style: STYLE,
    body: [
      head(found, said),
      section("Machines", machineRows(found, said)),
      section("Runs", runParts(found, said)),
      section("Conflicts", conflictParts(found, said)),
      section("Integrity", integrityParts(found, said)),
      section("Alerts", alertRows(found, said)),
      section("The newest runs", newestRuns(found, said)),
    ].join("\n"),
    footer: `petesbrain-sync ${said(found.status.machines[0]?.tool ?? "")} on ${said(machine.name)}. This page loads nothing and sends nothing.`,
  });
}

function head({ status, missing, at, since }: Overview, said: Said): string {
  const { verdict, reasons, machine, local } = status;
  const unread = missing.map((text) => `not read: ${text}`);
  return `<header>
<h1>${said(verdict)}</h1>
${[...reasons, ...unread].map((text) => `<p>${said(text)}</p>`).join("\n")}
</header>
${facts([
  ["folder", said(local.folder)],
  ["machine", said(machine.name === machine.role ? machine.role : `${machine.role} (${machine.name})`)],
  ["made", said(`${formatTime(at.toISOString())}, looking back to ${since.toISOString().slice(0, 10)}`)],
  ["changed here", said(local.changed.length === 0 ? "nothing" : count(local.changed.length, "file"))],
])}`;
}

function machineRows({ status, at }: Overview, said: Said): string {
  const cells = status.machines.map((machine) => [...machineCells(machine, at), machine.name, machine.tool]);
  return rowsOf(["machine", "where it is", "last run", "also", "name", "version"], cells, said);
}

function integrityParts({ status, runs, snapshots }: Overview, said: Said): string {
  const proven = runs.filter(({ exit, command }) => WENT_THROUGH.includes(exit) && command !== "rehearse").length;
  const back = runs.filter(({ outcome }) => outcome === "rolled-back");
  const [newest, oldest] = [snapshots[0], snapshots.at(-1)];
  const kept =
    newest === undefined || oldest === undefined
      ? "none"
      : `${count(snapshots.length, "snapshot")}, the newest of ${formatTime(newest.takenAt)}, the oldest of ${formatTime(oldest.takenAt)}`;
  const troubles = runs.filter(({ kind, exit }) => kind === "halted" || (exit >= 30 && exit < 40));
  const rows: [string, string][] = [
    ...integrityRows(status.integrity),
    ["ended verified", `${proven} of ${count(runs.length, "run")}`],
    ["put back", back.length === 0 ? "never" : count(back.length, "time")],
    ["snapshots", kept],
    ["rehearsal", rehearsalLine(status.rehearsal)],
  ];
  const held = status.integrity.heldBack.map(({ path, guard, remedy }) => [path, guard, commandOf(remedy)]);
  const stopped = troubles
    .slice(0, LISTED)
    .map((run) => [formatTime(run.startedAt), run.command, run.cause ?? "", run.run]);
  return [
    facts(rows.map(([name, text]) => [name, said(text)])),
    headed("Held back, so not on the other machine", rowsOf(["file", "guard", "command"], held, said)),
    headed("Stopped by a guard, or damaged", rowsOf(["when", "command", "what", "run"], stopped, said)),
  ].join("\n");
}

function headed(heading: string, html: string): string {
  return html === "" ? "" : `<h3>${heading}</h3>\n${html}`;
}

function conflictParts({ status, runs }: Overview, said: Said): string {
  const waiting = (status.blocked?.conflicts ?? []).map(({ path, className, reason, roles }) => {
    return `<p>${said(`${path} (${className}): ${reason}; ${roles.ours} or ${roles.theirs}`)}</p>
${commands([`petesbrain-sync resolve ${printable(pasted(path))}`])}`;
  });
  const past = pastConflicts(runs).slice(0, LISTED);
  const rows = past.map(({ path, from, runs: times, ended }) => {
    const end = ended === null ? "not yet" : `by ${ended.command}, ${formatTime(ended.at)}`;
    return [formatTime(from), path, count(times, "run"), end];
  });
  const merges = runs.filter(({ merged }) => merged.length > 0).slice(0, LISTED);
  const merged = merges.map(({ startedAt, command, merged: paths, run }) => {
    const more = paths.length > FILES_NAMED ? ` and ${paths.length - FILES_NAMED} more` : "";
    return [formatTime(startedAt), command, `${paths.slice(0, FILES_NAMED).join(", ")}${more}`, run];
  });
  const parts = [
    headed("Waiting for an answer", waiting.join("\n")),
    headed("In this time", rowsOf(["since", "file", "stopped", "answered"], rows, said)),
    headed("Merged without asking", rowsOf(["when", "command", "files", "run"], merged, said)),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "<p>none</p>" : parts.join("\n");
}

function alertRows({ alerts, since }: Overview, said: Said): string {
  const recent = alerts.filter(({ at, read }) => !read || at >= since.toISOString()).slice(0, LISTED);
  const rows = recent.map(({ at, title, cause, read, page, unsent }) => [
    formatTime(at),
    title,
    [
      cause,
      ...unsent.map(({ channel, fault }) => `not sent by ${channel}${fault === null ? " yet" : `: ${fault}`}`),
    ].join("; "),
    read ? "" : "unread",
    page ?? "",
  ]);
  return rows.length === 0 ? "<p>none</p>" : rowsOf(["when", "what", "why", "", "page in the folder"], rows, said);
}
