import {
  Composer,
  type Document,
  type DocumentOptions,
  isScalar,
  Lexer,
  type LineCounter,
  type ParseOptions,
  Parser,
  type SchemaOptions,
  visit,
  type YAMLError,
} from 'yaml';

/** What is wrong with a text as YAML, and where. */
export interface YamlFault {
  /** One line. */
  readonly message: string;
  /** Of the fault in the text, in UTF-16 code units from 0. */
  readonly offset: number;
}

type Parsed =
  | { readonly document: Document.Parsed; readonly fault?: undefined }
  | { readonly document?: undefined; readonly fault: YamlFault };

/** The parser makes some hundred bytes of each byte that it reads. A schema of ten thousand columns has two MiB. */
const MAX_YAML_LENGTH = 16 * 2 ** 20;
/** Collections within each other. DVC's files have four, a schema has six. */
const MAX_YAML_DEPTH = 100;

/**
 * Parse one YAML document that may be anyone's, of at most 16 MiB and a hundred levels. The parser calls itself for each level, and
 * where it runs out of stack inside a regular expression, V8 ends the whole process: so the depth is bounded, and not the error caught.
 * @returns the document, or its first fault; warnings stay with the document
 */
export function parseYaml(
  text: string,
  options: ParseOptions & DocumentOptions & SchemaOptions & { readonly lineCounter?: LineCounter },
): Parsed {
  if (text.length > MAX_YAML_LENGTH) return { fault: { message: 'It is larger than 16 MiB.', offset: 0 } };
  try {
    const tokens = boundedTokens(text, options.lineCounter?.addNewLine);
    // The library looks through all keys before each key.
    const documents = new Composer({ ...options, uniqueKeys: false }).compose(tokens, true, text.length);
    return onlyDocument(documents);
  } catch (error) {
    if (error instanceof TooDeep) return { fault: { message: error.message, offset: error.offset } };
    throw error;
  }
}

/** The tokens of a text, as long as it is not too deep. Made of the library's parser in a function, since naming that loads the library. */
function* boundedTokens(
  text: string,
  onNewLine: ((offset: number) => void) | undefined,
): ReturnType<Parser['parse']> {
  onNewLine?.(0);
  const parser = new Parser(onNewLine);
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > MAX_YAML_DEPTH) throw new TooDeep(parser.offset);
  }
  yield* parser.end();
}

class TooDeep extends Error implements YamlFault {
  readonly offset: number;

  constructor(offset: number) {
    super('It is nested more than a hundred levels deep.');
    this.offset = offset;
  }
}

function onlyDocument(documents: Iterator<Document.Parsed, unknown>): Parsed {
  // Of a text without a document the composer makes an empty one.
  const document = documents.next().value as Document.Parsed;
  const [error] = document.errors;
  if (error !== undefined) return { fault: yamlFault(error) };
  const second = documents.next();
  if (second.done === true) return withUniqueKeys(document);
  return { fault: { message: 'It holds more than one document.', offset: second.value.range[0] } };
}

/** The document, or the first key that its mapping has before. Keys that are collections are never the same. */
function withUniqueKeys(document: Document.Parsed): Parsed {
  let fault: YamlFault | undefined;
  visit(document, {
    Map(_, { items }) {
      const known = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (known.has(key.value)) {
          fault = { message: 'Map keys must be unique', offset: key.range?.[0] ?? 0 };
          return visit.BREAK;
        }
        known.add(key.value);
      }
      return undefined;
    },
  });
  return fault === undefined ? { document } : { fault };
}

export function yamlFault({ message, pos }: YAMLError): YamlFault {
  return { message: message.replace(/\s+/g, ' '), offset: pos[0] };
}
