/** Strings stay as they are; beside them stand numbers that JSON has not. */
const TEXT_OR_NON_FINITE = /"(?:[^"\\]|\\.)*"|[+-]?\b(?:nan|inf(?:inity)?)\b/gi;

/**
 * Parse JSON as programs write it that know more numbers than JSON does: what is not finite, such as Python's `NaN`, comes as null.
 * @throws SyntaxError
 */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const finite = text.replace(TEXT_OR_NON_FINITE, (part) => (part.startsWith('"') ? part : 'null'));
    if (finite === text) throw error;
    return JSON.parse(finite);
  }
}
