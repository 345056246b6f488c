// The vocabulary of the made-up folder: topics, verbs, names, and prose that compresses about as English does.
import { Random } from "./random.ts";

export const TOPICS = listed(
  "account structure, ad copy, asset group, audience list, bid strategy, brand terms, budget, " +
    "call tracking, consent banner, conversion value, landing page, merchant feed, negative keywords, " +
    "price list, product titles, quarterly review, search terms, seasonal plan, shipping labels, site speed, " +
    "tracking tag, invoice",
);

export const VERBS = listed(
  "agree, archive, audit, brief, check, compare, draft, explain, forecast, move, pause, prepare, rebuild, " +
    "review, send, split, tidy, update",
);

export const PEOPLE = listed("Anna, Bjørn, Chloë, David, Émile, Fatima, Grace, Hugo, Inês, Jürgen");

const NAME_STARTS = listed(
  "amber, ash, birch, clear, crow, dove, elder, fern, glen, hazel, ivy, kings, lark, mill, oak, pine, " +
    "quarry, rose, stone, thorn",
);
const NAME_ENDS = listed(
  "bridge, bury, combe, dale, field, ford, gate, ham, hurst, ley, mere, shaw, stead, wick, worth",
);

const GRAINS =
  "ab ac al am an ar as at be ca ce co de di el em en er fi ga ha im in is la le li lo ma me mi mo na ne no of om on or pa pe po qu ra re ri ro sa se si so ta te ti to tra un ur va ve vi wa we".split(
    " ",
  );
const SENTENCES = 6000;

let pool: readonly string[] | null = null;

/** Different names of clients, lower case, fit for a folder; at most 300. */
export function clientNames(random: Random, count: number): string[] {
  const all = NAME_STARTS.flatMap((start) => NAME_ENDS.map((end) => start + end));
  if (count > all.length) throw new Error(`only ${all.length} client names can be made, not ${count}`);
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = random.between(0, at);
    [all[at], all[other]] = [all[other] ?? "", all[at] ?? ""];
  }
  return all.slice(0, count);
}

/** One sentence out of a fixed stock. */
export function sentence(random: Random): string {
  pool ??= makeSentences();
  return random.pick(pool);
}

/** Paragraphs of at least `sizeBytes`, and less than a sentence more. */
export function prose(random: Random, sizeBytes: number): string {
  const parts: string[] = [];
  let written = 0;
  while (written < sizeBytes) {
    const text = sentence(random);
    const draw = random.between(0, 99);
    const part = joined(text, draw);
    parts.push(part);
    written += part.length;
  }
  return parts.join("");
}

/** The sentence with what follows it: mostly a space, now and then a number, an empty line, or a place in a list. */
function joined(text: string, draw: number): string {
  if (draw < 12) return `${text} (${draw * 7919 + text.length})\n`;
  if (draw < 24) return `${text}\n\n`;
  return draw < 28 ? `\n- ${text}\n` : `${text} `;
}

function listed(words: string): readonly string[] {
  return words.split(", ");
}

function makeSentences(): string[] {
  const random = new Random(20260104);
  const words = Array.from({ length: 3000 }, () =>
    Array.from({ length: random.between(1, 4) }, () => random.pick(GRAINS)).join(""),
  );
  return Array.from({ length: SENTENCES }, () => {
    const length = random.between(6, 18);
    const parts = Array.from({ length }, () => makeWord(random, words));
    const text = parts.join(" ");
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  });
}

function makeWord(random: Random, words: readonly string[]): string {
  const draw = random.between(0, 99);
  if (draw < 12) return random.pick(TOPICS);
  if (draw < 18) return random.pick(VERBS);
  if (draw < 20) return random.pick(PEOPLE);
  // Short of two draws multiplied, every word would be equally likely, and prose would compress worse than prose does.
  return words[Math.floor((random.between(0, 2999) * random.between(0, 2999)) / 3000)] ?? "";
}
