// Where a value stands, told as people write it: `tasks[id=t-17].title`.

export type Path = { readonly outer: Path; readonly step: string } | null;

const LONGEST_ID = 60;

export function atKey(outer: Path, key: string): Path {
  const plain = /^[\p{L}\p{N}_-]+$/u.test(key);
  if (!plain) return { outer, step: `[${shorten(JSON.stringify(key))}]` };
  return { outer, step: outer === null ? key : `.${key}` };
}

export function atEntry(outer: Path, identityKey: string, id: string): Path {
  const shown = /^[\p{L}\p{N}_.:@/-]+$/u.test(id) ? id : JSON.stringify(id);
  return { outer, step: `[${identityKey}=${shorten(shown)}]` };
}

/** The path; "" for the top. */
export function formatPath(path: Path): string {
  const steps: string[] = [];
  for (let one = path; one !== null; one = one.outer) steps.push(one.step);
  return steps.reverse().join("");
}

/** The path as the subject of a sentence. */
export function subjectOf(path: Path): string {
  return path === null ? "the whole content" : formatPath(path);
}

function shorten(text: string): string {
  const characters = [...text.slice(0, 2 * LONGEST_ID + 2)];
  return characters.length > LONGEST_ID ? `${characters.slice(0, LONGEST_ID).join("")}…` : text;
}
