// The page of an alert, in HTML. Pure.
import { commands, escapeHtml, facts, formatHtml, list, section, shown, table } from "../html.ts";
import { spoken } from "../paste.ts";
import { lasting, type Message, shownTime } from "./message.ts";

function factRows(message: Message): string {
  const { machine, folder, command, run, at } = message;
  const longer = lasting(message);
  return facts([
    ["machine", shown(machine.name === machine.role ? machine.role : `${machine.role} (${machine.name})`)],
    ["folder", shown(folder)],
    ["when", shown(`${shownTime(at)}${longer === "" ? "" : `, ${longer}`}`)],
    ["command", shown(run === "" ? command : `${command}, run ${run}`)],
  ]);
}

function runRows({ lastRuns }: Message): string {
  const rows = lastRuns.map(({ at, command, ended, exit }) => {
    return [shown(shownTime(at)), shown(command), shown(exit === 0 ? ended : `${ended} (${exit})`)];
  });
  return table(["when", "command", "how it ended"], rows);
}

function toneOf({ title }: Message): "calm" | "warn" | "loud" {
  if (title.startsWith("✅")) return "calm";
  return title.startsWith("⚠️") ? "warn" : "loud";
}

/** The whole page. */
export function formatPage(message: Message): string {
  const { title, cause, machine } = message;
  const done = message.done.map((line) => `<p>${shown(line)}</p>`).join("\n");
  const log = message.log.length === 0 ? "" : `<pre>${escapeHtml(message.log.join("\n"))}</pre>`;
  return formatHtml({
    title: `${title}: ${machine.role}`,
    tone: toneOf(message),
    body: `<header>
<h1>${escapeHtml(title)}</h1>
<p>${shown(cause)}</p>
</header>
${factRows(message)}
${section("Which files", list(message.paths, message.morePaths))}${section("What was done", done)}${section(
  "What to do",
  commands(message.remedy.flatMap(spoken)),
)}${section("Last runs", runRows(message))}${section("Log", log)}`,
    footer: `petesbrain-sync on ${shown(machine.name)}. This page loads nothing and sends nothing.`,
  });
}
