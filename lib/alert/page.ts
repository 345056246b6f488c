// The page of an alert: one self-contained HTML text for a browser or a mail client, light and dark, without a script.
// Everything in it that came from elsewhere is escaped. Pure.
import { lasting, type Message, shownTime } from "./message.ts";

const STYLE = `:root{color-scheme:light dark;--paper:#fff;--ink:#1d1d1f;--soft:#5f6368;--line:#d9dce1;--block:#f4f5f7;--mark:#b3261e}
.calm header{--mark:#1b7f3b}.warn header{--mark:#9a5b00}
@media (prefers-color-scheme:dark){:root{--paper:#17181b;--ink:#ececf0;--soft:#a4a8b0;--line:#35383f;--block:#212328;--mark:#ff897d}.calm header{--mark:#74d68f}.warn header{--mark:#f2b84b}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,sans-serif}
main{max-width:46rem;margin:0 auto;padding:2rem 1.25rem 4rem}
header{border-left:.35rem solid var(--mark);padding-left:1rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .35rem}
h2{font-size:1rem;margin:2rem 0 .5rem;color:var(--soft);font-weight:600}
p{margin:.25rem 0;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:1.25rem 0 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
ul{margin:0;padding-left:1.25rem}li{overflow-wrap:anywhere}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{background:var(--block);border:1px solid var(--line);border-radius:.4rem;padding:.6rem .8rem;margin:.4rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
bdi{unicode-bidi:isolate}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
footer{margin-top:2.5rem;color:var(--soft);font-size:.85rem}`;

/** Nothing is loaded, nothing runs, nothing is sent; only this style applies. Source: Content Security Policy Level 3. */
const POLICY = `default-src 'none'; style-src 'sha256-${Bun.CryptoHasher.hash("sha256", STYLE, "base64")}'; base-uri 'none'; form-action 'none'`;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as HTML shows it, and nothing else. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** Kept apart from what stands around it, whichever way it is written. */
function shown(text: string): string {
  return `<bdi>${escapeHtml(text)}</bdi>`;
}

function section(heading: string, body: string): string {
  return body === "" ? "" : `<section>\n<h2>${heading}</h2>\n${body}\n</section>\n`;
}

function list(items: readonly string[], more: number): string {
  const rows = items.map((item) => `<li><code>${shown(item)}</code></li>`);
  if (more > 0) rows.push(`<li>and ${more} more</li>`);
  return rows.length === 0 ? "" : `<ul>\n${rows.join("\n")}\n</ul>`;
}

function commands(lines: readonly string[]): string {
  return lines.map((line) => `<pre>${shown(line)}</pre>`).join("\n");
}

function factRows(message: Message): string {
  const { machine, folder, command, run, at } = message;
  const longer = lasting(message);
  const rows: [string, string][] = [
    ["machine", machine.name === machine.role ? machine.role : `${machine.role} (${machine.name})`],
    ["folder", folder],
    ["when", `${shownTime(at)}${longer === "" ? "" : `, ${longer}`}`],
    ["command", run === "" ? command : `${command}, run ${run}`],
  ];
  return `<dl>\n${rows.map(([name, value]) => `<dt>${name}</dt><dd>${shown(value)}</dd>`).join("\n")}\n</dl>`;
}

function runRows({ lastRuns }: Message): string {
  if (lastRuns.length === 0) return "";
  const rows = lastRuns.map(({ at, command, ended, exit }) => {
    const end = exit === 0 ? ended : `${ended} (${exit})`;
    return `<tr><td>${shown(shownTime(at))}</td><td>${shown(command)}</td><td>${shown(end)}</td></tr>`;
  });
  return `<table>\n<tr><th>when</th><th>command</th><th>how it ended</th></tr>\n${rows.join("\n")}\n</table>`;
}

function toneOf({ title }: Message): string {
  if (title.startsWith("✅")) return "calm";
  return title.startsWith("⚠️") ? "warn" : "loud";
}

/** The whole page. */
export function formatPage(message: Message): string {
  const { title, cause, machine } = message;
  return `<!doctype html>
<html lang="en" class="${toneOf(message)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(`${title}: ${machine.role}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(title)}</h1>
<p>${shown(cause)}</p>
</header>
${factRows(message)}
${section("Which files", list(message.paths, message.morePaths))}${section(
  "What was done",
  message.done.map((line) => `<p>${shown(line)}</p>`).join("\n"),
)}${section("What to do", commands(message.remedy))}${section("Last runs", runRows(message))}${section(
  "Log",
  message.log.length === 0 ? "" : `<pre>${escapeHtml(message.log.join("\n"))}</pre>`,
)}<footer>petesbrain-sync on ${shown(machine.name)}. This page loads nothing and sends nothing.</footer>
</main>
</body>
</html>
`;
}
