// Reads the import lines of a source text, types and dynamic imports included. `Bun.Transpiler#scanImports` is not
// used, because it drops type-only imports, and a layer is broken by a type as well.

export interface ImportLine {
  readonly specifier: string;
  readonly line: number;
}

const FORMS = [
  /(?:^|[;}\n])\s*(?:import|export)\b[^;"'`]*?\bfrom\s*["'](?<specifier>[^"'\n]+)["']/g,
  /(?:^|[;}\n])\s*import\s*["'](?<specifier>[^"'\n]+)["']/g,
  /\b(?:import|require)\s*\(\s*["'`](?<specifier>[^"'`\n]+)["'`]/g,
] as const;

/** Every module that `source` names in an import, a re-export, an `import()` or a `require()`, in order. */
export function importsOf(source: string): ImportLine[] {
  const code = withoutComments(source);
  const found = FORMS.flatMap((form) => [...code.matchAll(form)]);
  return found
    .sort((one, other) => one.index - other.index)
    .map((match) => ({
      specifier: match.groups?.["specifier"] ?? "",
      line: code.slice(0, match.index + match[0].length).split("\n").length,
    }));
}

/** The text with every comment blanked out, line breaks kept; strings and templates stay. */
export function withoutComments(source: string): string {
  return blank(source, /\/\/[^\n]*|\/\*[\s\S]*?\*\//y);
}

/** The text with comments, strings and the words of templates blanked out: what is left are names that are used. */
export function namesOnly(source: string): string {
  const spaces = (text: string): string => text.replace(/[^\n]/g, " ");
  return withoutComments(source)
    .replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, spaces)
    .replace(/`(?:\\.|[^`\\])*`/g, (text) =>
      text.replace(/\$\{[^}]*\}|[^$]+|\$/g, (part) => (part.startsWith("${") ? part : spaces(part))),
    );
}

function blank(source: string, comment: RegExp): string {
  // Strings, templates and regular expressions are stepped over first, so that `//` inside one is not taken for a comment.
  const token =
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=[(,=:[!&|?{};\n]\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
  let at = 0;
  let out = "";
  while (at < source.length) {
    comment.lastIndex = at;
    token.lastIndex = at;
    const [said] = comment.exec(source) ?? [];
    const [kept] = said === undefined ? (token.exec(source) ?? []) : [];
    const next = said?.replace(/[^\n]/g, " ") ?? kept ?? source[at] ?? "";
    out += next;
    at += next.length;
  }
  return out;
}
