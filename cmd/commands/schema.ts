// `schema`: the JSON Schema of what each command prints with `--json`.
import type { Answer, Call } from "../answer.ts";
import { SCHEMAS, schemaOf } from "../schema.ts";
import { guardAgainstWrongCommand } from "../usage.ts";

export function schemaCommand({ invocation }: Call): Promise<Answer> {
  const [word] = invocation.words;
  const name = word === undefined ? null : guardAgainstWrongCommand(word).name;
  const schema =
    name === null ? Object.fromEntries(Object.keys(SCHEMAS).map((key) => [key, schemaOf(key)])) : schemaOf(name);
  const object = {
    schema: 1,
    command: "schema",
    exit: 0,
    schemas: name === null ? schema : { [name]: schema },
    failure: null,
  } as const;
  return Promise.resolve({ object, words: JSON.stringify(schema, null, 2).split("\n"), keepFirst: false });
}
