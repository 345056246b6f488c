// A page for people: one self-contained HTML text for a browser or a mail client, light and dark, without a script.
// Everything in it that came from elsewhere is escaped. Pure.

const BASE_STYLE = `:root{color-scheme:light dark;--paper:#fff;--ink:#1d1d1f;--soft:#5f6368;--line:#d9dce1;--block:#f4f5f7;--mark:#b3261e}
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

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as HTML shows it, and nothing else. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** Kept apart from what stands around it, whichever way it is written. */
export function shown(text: string): string {
  return `<bdi>${escapeHtml(text)}</bdi>`;
}

export function section(heading: string, body: string): string {
  return body === "" ? "" : `<section>\n<h2>${heading}</h2>\n${body}\n</section>\n`;
}

export function list(items: readonly string[], more: number): string {
  const rows = items.map((item) => `<li><code>${shown(item)}</code></li>`);
  if (more > 0) rows.push(`<li>and ${more} more</li>`);
  return rows.length === 0 ? "" : `<ul>\n${rows.join("\n")}\n</ul>`;
}

/** Commands, each in a box of its own; lines that begin with `# ` say what the next one is for. */
export function commands(lines: readonly string[]): string {
  const rows = lines.map((line) => {
    return line.startsWith("# ") ? `<p>${shown(line.slice(2))}:</p>` : `<pre>${shown(line)}</pre>`;
  });
  return rows.join("\n");
}

/** Rows of names and values that are HTML already. */
export function facts(rows: readonly (readonly [name: string, html: string])[]): string {
  return `<dl>\n${rows.map(([name, html]) => `<dt>${name}</dt><dd>${html}</dd>`).join("\n")}\n</dl>`;
}

/** A table of cells that are HTML already; empty for no rows. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const head = `<tr>${heads.map((text) => `<th>${text}</th>`).join("")}</tr>`;
  const body = rows.map((cells) => `<tr>${cells.map((html) => `<td>${html}</td>`).join("")}</tr>`);
  return `<table>\n${[head, ...body].join("\n")}\n</table>`;
}

export interface PageParts {
  readonly title: string;
  readonly tone: "calm" | "warn" | "loud";
  /** Rules beside those that every page has. */
  readonly style?: string;
  /** HTML. */
  readonly body: string;
  readonly footer: string;
}

/** The whole page. Nothing is loaded, nothing runs, nothing is sent; only its own style applies. Source: Content Security Policy Level 3. */
export function formatHtml({ title, tone, style = "", body, footer }: PageParts): string {
  const rules = `${BASE_STYLE}${style}`;
  const digest = Bun.CryptoHasher.hash("sha256", rules, "base64");
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en" class="${tone}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${rules}</style>
</head>
<body>
<main>
${body}<footer>${footer}</footer>
</main>
</body>
</html>
`;
}
