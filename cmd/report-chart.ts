// What happened on each day as a small picture: stacked columns in SVG, readable without colour by what is said when the
// pointer rests on one. Pure.
import { escapeHtml } from "../lib/html.ts";
import { printable } from "../lib/printable.ts";
import type { Said } from "./report-form.ts";

/** A kind of event, with the class that colours it in the page's own style. */
export interface ChartKind {
  readonly name: string;
  readonly className: string;
}

export interface Chart {
  /** What is counted, for those who do not see the picture. */
  readonly says: string;
  readonly kinds: readonly ChartKind[];
  /** UTC days, the oldest first, each with a number for each kind. */
  readonly days: readonly { readonly day: string; readonly counts: readonly number[] }[];
  readonly said: Said;
}

const WIDTH = 720;
const HEIGHT = 96;
const LABELS = 18;
/** Columns are never so wide that two look like a block. */
const WIDEST = 28;
/** A day with one event shall not look like a day with many. */
const LEAST_SCALE = 4;

const DAY_MS = 86_400_000;

/** UTC days from one time to another, both included: `2026-01-04`. */
export function daysBetween(since: Date, until: Date): string[] {
  const days: string[] = [];
  const first = Math.floor(since.getTime() / DAY_MS) * DAY_MS;
  for (let at = first; at <= until.getTime(); at += DAY_MS) days.push(dayOf(new Date(at).toISOString()));
  return days;
}

/** The day of a time in ISO 8601. */
function dayOf(iso: string): string {
  return iso.split("T")[0] ?? "";
}

/** Counts events by day and kind; those of other days are left out. */
export function countByDay<One>(
  days: readonly string[],
  kinds: number,
  events: readonly One[],
  of: (event: One) => { readonly at: string; readonly kind: number },
): Chart["days"] {
  const counts = new Map(days.map((day) => [day, Array.from({ length: kinds }, () => 0)]));
  for (const event of events) {
    const { at, kind } = of(event);
    const day = counts.get(dayOf(at));
    if (day !== undefined) day[kind] = (day[kind] ?? 0) + 1;
  }
  return [...counts].map(([day, of]) => ({ day, counts: of }));
}

/** The picture and what its colours mean. */
export function formatChart({ says, kinds, days, said }: Chart): string {
  const most = Math.max(LEAST_SCALE, ...days.map(({ counts }) => total(counts)));
  const step = Math.min(WIDEST, WIDTH / Math.max(1, days.length));
  const columns = days.map((day, at) => column(day, kinds, { left: at * step, width: step * 0.72, most }));
  const highest = Math.max(0, ...days.map(({ counts }) => total(counts)));
  const [first, last] = [days[0]?.day ?? "", days.at(-1)?.day ?? ""];
  const right = days.length * step;
  return `<figure>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT + LABELS}" role="img" aria-label="${attribute(`${says}, ${first} to ${last}`)}">
<line class="axis" x1="0" y1="${HEIGHT}" x2="${WIDTH}" y2="${HEIGHT}"/>
${columns.join("\n")}
<text x="0" y="${HEIGHT + LABELS - 4}">${first}</text>
<text x="${round(right)}" y="${HEIGHT + LABELS - 4}" class="end">${last}</text>
</svg>
<figcaption>${kinds.map(({ name, className }) => `<span class="key ${className}"></span><span class="name">${said(name)}</span>`).join("")}at most ${highest} a day</figcaption>
</figure>`;
}

/** Names of others, where no element can isolate them. */
function attribute(text: string): string {
  return escapeHtml(printable(text));
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function column(
  { day, counts }: Chart["days"][number],
  kinds: readonly ChartKind[],
  { left, width, most }: { readonly left: number; readonly width: number; readonly most: number },
): string {
  let top = HEIGHT;
  const parts = kinds.flatMap(({ className }, at) => {
    const count = counts[at] ?? 0;
    if (count === 0) return [];
    const height = (count / most) * (HEIGHT - 4);
    top -= height;
    return `<rect class="${className}" x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}"/>`;
  });
  const said = kinds.flatMap(({ name }, at) => ((counts[at] ?? 0) > 0 ? [`${counts[at]} ${name}`] : []));
  const words = attribute(`${day}: ${said.length === 0 ? "none" : said.join(", ")}`);
  const empty = `<rect class="day" x="${round(left)}" y="0" width="${round(width)}" height="${HEIGHT}"/>`;
  return `<g><title>${words}</title>${empty}${parts.join("")}</g>`;
}

function round(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}
