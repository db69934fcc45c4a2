// JSON Schemas of what authors write, as the server gives them, and values that fit. Pure.

export interface Schema {
  type?: string;
  title?: string;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema | false;
  prefixItems?: readonly Schema[];
  additionalProperties?: Schema | boolean;
  anyOf?: readonly Schema[];
  enum?: readonly string[];
  $ref?: string;
  default?: unknown;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  format?: string;
}

export type Definitions = Readonly<Record<string, Schema>>;
export type Values = Readonly<Record<string, unknown>>;

/** Without references, and without the possibility of null, which is what is left out. */
export function plain(schema: Schema, definitions: Definitions): Schema {
  if (schema.$ref) return plain(definitions[schema.$ref.slice("#/$defs/".length)] ?? {}, definitions);
  const other = schema.anyOf?.find((one) => one.type !== "null");
  return other ? plain(other, definitions) : schema;
}

export const isMedia = (schema: Schema) => schema.type === "string" && Boolean(schema.pattern?.startsWith("^sha256:"));
export const isNumber = (schema: Schema) => schema.type === "number" || schema.type === "integer";
export const isTextList = (schema: Schema) => schema.type === "array" && Boolean(schema.items) && (schema.items as Schema).type === "string" && !isMedia(schema.items as Schema);

/** What somebody begins to write with. */
export function blank(given: Schema, definitions: Definitions): unknown {
  const schema = plain(given, definitions);
  if (schema.prefixItems) return schema.prefixItems.map((one) => blank(one, definitions));
  if (schema.type === "array") {
    const { items } = schema;
    return items && !isTextList(schema) ? Array.from({ length: schema.minItems ?? 0 }, () => blank(items, definitions)) : [];
  }
  if (schema.type === "object") {
    const needed = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name) && name !== "kind");
    return Object.fromEntries(needed.map(([name, one]) => [name, blank(one, definitions)]));
  }
  return schema.type === "boolean" ? Boolean(schema.default) : isNumber(schema) ? null : "";
}

/** As the server takes it: what is empty and need not be there is left out. */
export function cleaned(value: unknown, given: Schema, definitions: Definitions): unknown {
  const schema = plain(given, definitions);
  if (Array.isArray(value)) {
    const { items, prefixItems } = schema;
    return value.map((one, place) => (prefixItems?.[place] || items ? cleaned(one, prefixItems?.[place] ?? (items as Schema), definitions) : one));
  }
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).flatMap(([name, one]) => {
    const part = schema.properties?.[name] ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : {});
    const isNeeded = !schema.properties || schema.required?.includes(name) || name === "kind";
    return !isNeeded && isEmpty(one) ? [] : [[name, cleaned(one, part, definitions)] as const];
  });
  return Object.fromEntries(kept);
}

export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== "object") return false;
  // A picture that was not chosen yet.
  if ("media" in value) return value.media === "";
  return Object.keys(value).length === 0;
}

/** What both have that is not the same, by name. */
export function differing(mine: Values, theirs: Values): string[] {
  return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].filter((name) => JSON.stringify(mine[name]) !== JSON.stringify(theirs[name]) && !(isEmpty(mine[name]) && isEmpty(theirs[name])));
}

export interface Clash {
  path: readonly string[];
  mine: unknown;
  theirs: unknown;
}

/** What two made of the same: what only one of them has changed counts, and of what both have, mine does. */
export function merged(base: Values, mine: Values, theirs: Values): { values: Values; clashes: Clash[] } {
  const values: Record<string, unknown> = { ...theirs };
  const clashes: Clash[] = [];
  for (const name of differing(mine, base)) {
    if (name === "content") {
      const inner = merged(part(base), part(mine), part(theirs));
      values[name] = inner.values;
      clashes.push(...inner.clashes.map((clash) => ({ ...clash, path: [name, ...clash.path] })));
      continue;
    }
    values[name] = mine[name];
    const one = { [name]: theirs[name] };
    if (differing(one, { [name]: mine[name] }).length > 0 && differing(one, { [name]: base[name] }).length > 0) clashes.push({ path: [name], mine: mine[name], theirs: theirs[name] });
  }
  return { values, clashes };
}

const part = (values: Values) => (values.content ?? {}) as Values;

/** With another value there. */
export function withValue(values: Values, [name = "", ...rest]: readonly string[], value: unknown): Values {
  return { ...values, [name]: rest.length > 0 ? withValue((values[name] ?? {}) as Values, rest, value) : value };
}
