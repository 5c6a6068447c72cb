import { isRecord } from '../../base/json.ts';
import { namedByPlace, requestInvalid, type ServedColumns, setOwn } from './columns.ts';

/** Values of one request: a small shape can claim any number of them. */
const MAX_VALUES = 2 ** 24;

interface Tensor {
  readonly name: string;
  readonly rows: number;
  /** Values of a row. */
  readonly width: number;
  readonly values: readonly unknown[];
}

/**
 * Read the input tensors of a request of the Open Inference Protocol as rows: the first dimension is the batch. Each tensor is the feature
 * of its name. A single one that is no feature holds the features by their places.
 * Source: https://github.com/kserve/open-inference-protocol, "Inference Request JSON Object" and "Tensor Data".
 * @throws VarveError `request-invalid`
 */
export function tensorRows(inputs: readonly unknown[], columns: ServedColumns): Record<string, unknown>[] {
  const tensors = inputs.map(tensorOf);
  const [first] = tensors;
  if (first === undefined) return [];
  if (tensors.some(({ rows }) => rows !== first.rows))
    throw requestInvalid('its tensors have different numbers of rows');
  const isMatrix = tensors.length === 1 && !columns.names.has(first.name);
  return Array.from({ length: first.rows }, (_, row) => {
    if (isMatrix) return namedByPlace(valuesOf(first, row), columns);
    const found: Record<string, unknown> = {};
    for (const tensor of tensors)
      setOwn(found, tensor.name, tensor.width === 1 ? tensor.values[row] : valuesOf(tensor, row));
    return found;
  });
}

function valuesOf({ values, width }: Tensor, row: number): unknown[] {
  return values.slice(row * width, (row + 1) * width);
}

function tensorOf(input: unknown): Tensor {
  const { name, shape, data } = input as { name?: unknown; shape?: unknown; data?: unknown };
  if (typeof name !== 'string' || !isShape(shape))
    throw requestInvalid('a tensor of it has no name or shape');
  if (!Array.isArray(data))
    throw requestInvalid(`its tensor ${JSON.stringify(name)} has no data in the JSON`);
  const count = shape.reduce((product, size) => product * size, 1);
  const values = data.some(Array.isArray) ? (data.flat(Number.POSITIVE_INFINITY) as unknown[]) : data;
  if (count > MAX_VALUES || values.length !== count)
    throw requestInvalid(`its tensor ${JSON.stringify(name)} has not as many values as its shape says`);
  const [rows = 1] = shape;
  // Rows without a value would cost nothing to claim.
  if (rows > 0 && count === 0)
    throw requestInvalid(`its tensor ${JSON.stringify(name)} has rows of no values`);
  return { name, rows, width: rows === 0 ? 0 : count / rows, values };
}

function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** Whether inputs are tensors of that protocol, and not the columns of another. */
export function areTensors(inputs: unknown): inputs is readonly object[] {
  return (
    Array.isArray(inputs) &&
    inputs.length > 0 &&
    inputs.every((one) => isRecord(one) && 'name' in one && 'shape' in one && 'datatype' in one)
  );
}
