// What the schemas are made of: the form itself, and the values that many commands print.
import { FAILURES } from "../lib/failure.ts";

export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: string | number | boolean | null;
  readonly enum?: readonly (string | number | null)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

export const text: JsonSchema = { type: "string" };
export const textOrNull: JsonSchema = { type: ["string", "null"] };
export const texts: JsonSchema = { type: "array", items: text };
export const yesOrNo: JsonSchema = { type: "boolean" };
export const number: JsonSchema = { type: "integer", minimum: 0 };
export const time: JsonSchema = { type: "string", pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$` };
export const commit: JsonSchema = { type: ["string", "null"], pattern: "^[0-9a-f]{40}([0-9a-f]{24})?$" };
export const runId: JsonSchema = { type: "string", pattern: String.raw`^(\d{8}T\d{6}Z-[0-9a-f]{4})?$` };
export const exit: JsonSchema = { enum: [0, ...new Set(Object.values(FAILURES).map((row) => row.exit))] };

/** An object whose every property is required. */
export function object(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: "object", properties, required: Object.keys(properties) };
}

export function list(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

export function orNull(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: "null" }] };
}

export const failure = object({
  kind: { enum: Object.keys(FAILURES) },
  title: text,
  cause: text,
  paths: texts,
  remedy: texts,
  log: text,
});

export function head(command: string): Record<string, JsonSchema> {
  return { schema: { const: 1 }, command: { const: command }, exit };
}
