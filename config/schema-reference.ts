import { z } from 'zod';

/** What of JSON Schema the lab's own schemas use. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
}

/** A schema as JSON Schema, for editors. What a function checks is not in it. */
export function jsonSchema(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
}

/** Rows `| key | type | default | meaning |` for every key, nested ones by their path: `guests[].vmid`. */
export function keyTable(schema: z.ZodType): string {
  const head = ['| key | type | default | meaning |', '| --- | --- | --- | --- |'];
  return [...head, ...rows(jsonSchema(schema), '')].join('\n');
}

function rows(schema: Schema, path: string): string[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const place = path === '' ? key : `${path}.${key}`;
    return [row(place, value, required.has(key)), ...below(value, place)];
  });
}

function below(schema: Schema, path: string): string[] {
  const object = objectOf(schema);
  if (object.items) return below(object.items, `${path}[]`);
  if (typeof object.additionalProperties === 'object')
    return below(object.additionalProperties, `${path}.<name>`);
  return rows(object, path);
}

/** Of something that may be null, what it else is. */
function objectOf(schema: Schema): Schema {
  return schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
}

function row(path: string, schema: Schema, required: boolean): string {
  const standard =
    schema.default === undefined ? (required ? '(required)' : '–') : `\`${JSON.stringify(schema.default)}\``;
  return `| \`${path}\` | ${typeOf(schema)} | ${standard} | ${schema.description ?? ''} |`;
}

function typeOf(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.prefixItems) return `[${schema.prefixItems.map(typeOf).join(', ')}]`;
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  const unbounded = [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  const least = unbounded.includes(schema.minimum ?? Number.NaN) ? undefined : schema.minimum;
  const most = unbounded.includes(schema.maximum ?? Number.NaN) ? undefined : schema.maximum;
  const range =
    least !== undefined && most !== undefined
      ? `, ${least} to ${most}`
      : least !== undefined
        ? `, ${least} or more`
        : '';
  return `${schema.type ?? 'any'}${range}`;
}
