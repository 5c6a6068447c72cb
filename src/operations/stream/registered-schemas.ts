import { MessageCheck } from '../../engine/formats/avro/message.ts';
import { BinaryFault } from '../../engine/formats/binary-fault.ts';
import type { RegisteredSchema, SchemaRegistry } from '../../kafka/registry.ts';

/** A schema of Avro that values are written by. */
export interface WrittenSchema {
  readonly id: number;
  /** With all that it refers to, as a file of its values needs it. */
  readonly text: string;
  readonly check: MessageCheck;
}

/** What values of a schema are read by: `json`, or a schema of Avro. Any other text says why they cannot be read. */
export type SchemaUse = WrittenSchema | 'json' | string;

/** Ids beyond this number are forgotten: a topic has a few. */
const MAX_SCHEMAS = 1000;

/** Schemas of a registry, ready to read values by. */
export class RegisteredSchemas {
  readonly #registry: SchemaRegistry;
  readonly #known = new Map<number, SchemaUse>();

  constructor(registry: SchemaRegistry) {
    this.#registry = registry;
  }

  /** What was asked for before; undefined where it has to be asked for. */
  known(id: number): SchemaUse | undefined {
    return this.#known.get(id);
  }

  /** Ask the registry. @throws VarveError where that cannot be done */
  async ask(id: number): Promise<SchemaUse> {
    if (this.#known.size >= MAX_SCHEMAS) this.#known.clear();
    const found = await this.#find(id);
    this.#known.set(id, found);
    return found;
  }

  async #find(id: number): Promise<SchemaUse> {
    const found = await this.#registry.schema(id);
    if (found === undefined) return `the registry has no schema ${id}`;
    if (found.type === 'JSON') return 'json';
    if (found.type !== 'AVRO') return `schema ${id} is of a kind that is not read: only Avro and JSON are`;
    try {
      const text = await this.#whole(found);
      return { id, text, check: new MessageCheck(JSON.parse(text)) };
    } catch (error) {
      if (error instanceof BinaryFault) return `schema ${id} cannot be used: ${error.message}`;
      if (error instanceof SyntaxError) return `schema ${id} cannot be used: it is no JSON`;
      throw error;
    }
  }

  /** Put the definitions of what a schema refers to where it does so first. */
  async #whole(schema: RegisteredSchema): Promise<string> {
    if (schema.references.length === 0) return quotedName(schema.schema);
    const texts = await this.#registry.referenced(schema);
    const left = new Map([...texts].map(([name, text]) => [name, JSON.parse(text) as unknown]));
    return JSON.stringify(withDefinitions(JSON.parse(quotedName(schema.schema)), left));
  }
}

/** Registries give the name of a primitive type with or without quotes. */
function quotedName(schema: string): string {
  return /^\w+$/.test(schema) ? JSON.stringify(schema) : schema;
}

function withDefinitions(node: unknown, left: Map<string, unknown>): unknown {
  if (typeof node === 'string') {
    const definition = left.get(node);
    if (definition === undefined) return node;
    left.delete(node);
    return withDefinitions(definition, left);
  }
  if (Array.isArray(node)) return node.map((one) => withDefinitions(one, left));
  if (typeof node !== 'object' || node === null) return node;
  const { fields, items, values, type, ...rest } = node as Record<string, unknown>;
  return {
    ...rest,
    // Names of types stand in these places alone.
    ...(type !== undefined && { type: withDefinitions(type, left) }),
    ...(fields !== undefined && {
      fields: Array.isArray(fields) ? fields.map((field) => withDefinitions(field, left)) : fields,
    }),
    ...(items !== undefined && { items: withDefinitions(items, left) }),
    ...(values !== undefined && { values: withDefinitions(values, left) }),
  };
}
