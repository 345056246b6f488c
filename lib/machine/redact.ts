// Takes secrets out of whatever is written down or sent: user names and passwords in addresses, keys and tokens by
// their form, what stands behind a telling word, and the secrets that this machine knows of.
import { LABEL_KINDS, runKinds } from "../secret-kinds.ts";

const CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']*@/giu;
const RUN = /[A-Za-z0-9_-]{20,}/g;
/** Values of headers and parameters whose name says what they are; prose with a colon and a space is left alone. */
const NAMED =
  /(\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer|token)\s+)?|\b(?:password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token|token)(?:["']\s*:\s*["']|["']?=["']?|:(?=\S))|\bbearer\s+)([^\s"'&,;]{6,})/giu;
const STANDS_FOR = "***";

/**
 * The text without its secrets: `https://me:secret@host` becomes `https://***@host`.
 * @param secrets values that are secret whatever their form
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  // the longest first, so that none leaves part of another
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(secret, STANDS_FOR);
  clean = clean.replace(CREDENTIALS, `$1${STANDS_FOR}@`).replace(NAMED, `$1${STANDS_FOR}`);
  clean = clean.replace(RUN, (run) => (isKey(run) ? STANDS_FOR : run));
  for (const { labels, pattern } of LABEL_KINDS) {
    for (const label of labels) if (clean.includes(label)) clean = withoutLabelled(clean, label, pattern);
  }
  return clean;
}

function isKey(run: string): boolean {
  return runKinds(run.slice(0, 2)).some(
    ({ pattern, lead, tail }) => lead === undefined && tail === undefined && pattern.test(run),
  );
}

function withoutLabelled(text: string, label: string, pattern: RegExp): string {
  const [first = "", ...rest] = text.split(label);
  const cleaned = rest.map((part) => {
    const value = pattern.exec(part)?.[1];
    return value === undefined ? part : part.replace(value, STANDS_FOR);
  });
  return [first, ...cleaned].join(label);
}
