import { BinaryFault } from '../binary-fault.ts';

/** A schema as it stands in a file: JSON of anyone's making. */
export type AvroSchema = string | readonly AvroSchema[] | AvroDefinition;

export interface AvroDefinition {
  readonly type?: unknown;
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly logicalType?: unknown;
  readonly precision?: unknown;
  readonly scale?: unknown;
  readonly size?: unknown;
  readonly symbols?: unknown;
  readonly items?: unknown;
  readonly values?: unknown;
  readonly fields?: unknown;
}

/** Types of a schema by their full names, where definitions may stand anywhere before they are used. */
export class NamedTypes {
  readonly #definitions = new Map<
    string,
    { readonly definition: AvroDefinition; readonly namespace: string }
  >();
  /** Those whose fields are being read: a type that holds itself has values of any depth, which no column has. */
  readonly #open = new Set<string>();

  /** @returns the namespace that holds within the definition */
  define(
    definition: AvroDefinition,
    namespace: string,
  ): { readonly fullName: string; readonly namespace: string } {
    const { name } = definition;
    if (typeof name !== 'string' || name === '') throw new BinaryFault('a type of its schema has no name');
    const own = typeof definition.namespace === 'string' ? definition.namespace : namespace;
    const fullName = name.includes('.') || own === '' ? name : `${own}.${name}`;
    const within = fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')));
    this.#definitions.set(fullName, { definition, namespace: within });
    return { fullName, namespace: within };
  }

  find(name: string, namespace: string): { readonly definition: AvroDefinition; readonly namespace: string } {
    const found = this.#definitions.get(
      namespace === '' || name.includes('.') ? name : `${namespace}.${name}`,
    );
    const any = found ?? this.#definitions.get(name);
    if (any === undefined)
      throw new BinaryFault(`its schema names the type ${JSON.stringify(name)}, which it does not define`);
    return any;
  }

  /** Reads the fields of a type. */
  within<T>(fullName: string, read: () => T): T {
    if (this.#open.has(fullName))
      throw new BinaryFault(
        `the type ${JSON.stringify(fullName)} of its schema holds itself, so that no columns hold its values`,
      );
    this.#open.add(fullName);
    const result = read();
    this.#open.delete(fullName);
    return result;
  }
}

/** @returns the elements, each an object or a name or a union */
export function schemasOf(list: unknown, what: string): readonly AvroSchema[] {
  if (!Array.isArray(list)) throw new BinaryFault(`its schema has no ${what}`);
  return list as readonly AvroSchema[];
}
