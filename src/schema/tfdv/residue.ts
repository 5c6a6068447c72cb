import type { TextField, TextMessage } from './text-proto.ts';

/** The part of a message that a converter understands: a field wholly, or some of the fields of a field. */
export interface Understood {
  readonly [field: string]: true | Understood;
}

/** Gives the fields that are not understood, with their comments; undefined if there are none. */
export function residueOf(message: TextMessage, understood: Understood): TextMessage | undefined {
  const fields = message.fields.flatMap((field): TextField[] => {
    const known = Object.hasOwn(understood, field.name) ? understood[field.name] : undefined;
    if (known === undefined) return [field];
    if (known === true || typeof field.value === 'string') return [];
    const rest = residueOf(field.value, known);
    return rest === undefined ? [] : [{ name: field.name, value: rest }];
  });
  return fields.length === 0 ? undefined : { fields };
}

/** The comments on what is understood, in order. */
export function commentsOf(message: TextMessage, understood: Understood): string[] {
  const own = message.fields.flatMap((field) => {
    const known = Object.hasOwn(understood, field.name) ? understood[field.name] : undefined;
    if (known === undefined) return [];
    const inner =
      typeof field.value === 'string'
        ? []
        : known === true
          ? commentsOf(field.value, everything(field.value))
          : commentsOf(field.value, known);
    return [...(field.above ?? []), ...(field.beside === undefined ? [] : [field.beside]), ...inner];
  });
  return [...own, ...(message.end ?? [])];
}

function everything(message: TextMessage): Understood {
  return Object.fromEntries(message.fields.map((field) => [field.name, true as const]));
}

/** A message with its residue put back: messages of one name become one, all else is added. */
export function withResidue(built: TextMessage, residue: TextMessage | undefined): TextMessage {
  const fields = [...built.fields];
  for (const extra of residue?.fields ?? []) {
    const index = fields.findIndex(
      (field) =>
        field.name === extra.name && typeof field.value !== 'string' && typeof extra.value !== 'string',
    );
    const there = fields[index];
    if (there === undefined || typeof there.value === 'string' || typeof extra.value === 'string')
      fields.push(extra);
    else fields[index] = { ...there, value: withResidue(there.value, extra.value) };
  }
  const end = [...(built.end ?? []), ...(residue?.end ?? [])];
  return end.length === 0 ? { fields } : { fields, end };
}
