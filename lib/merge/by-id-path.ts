// Where a value stands, told as people write it: `tasks[id=t-17].title`.

/** A step; `id` is null for a member, and `key` is "" for an element that has only its index. */
export type Path = { readonly outer: Path; readonly key: string; readonly id: string | null } | null;

const LONGEST = 60;

export function atKey(outer: Path, key: string): Path {
  return { outer, key, id: null };
}

export function atEntry(outer: Path, identityKey: string, id: string): Path {
  return { outer, key: identityKey, id };
}

export function atIndex(outer: Path, index: number): Path {
  return { outer, key: "", id: String(index) };
}

/** The path; "" for the top. */
export function formatPath(path: Path): string {
  const steps: string[] = [];
  for (let one = path; one !== null; one = one.outer) steps.push(formatStep(one));
  return steps.reverse().join("");
}

/** The path as the subject of a sentence. */
export function subjectOf(path: Path): string {
  return path === null ? "the whole content" : formatPath(path);
}

function formatStep({ outer, key, id }: NonNullable<Path>): string {
  if (id !== null) {
    const shown = shorten(/^[\p{L}\p{N}_.:@/-]+$/u.test(id) ? id : JSON.stringify(id));
    return key === "" ? `[${shown}]` : `[${key}=${shown}]`;
  }
  if (!/^[\p{L}\p{N}_-]+$/u.test(key)) return `[${shorten(JSON.stringify(key))}]`;
  return outer === null ? shorten(key) : `.${shorten(key)}`;
}

function shorten(text: string): string {
  const characters = [...text.slice(0, 2 * LONGEST + 2)];
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST).join("")}…` : text;
}
