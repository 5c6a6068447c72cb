/** The documents of S3's answers: written, never read. */

/** An element's content: text, or elements one after another, each of which may be left out. */
export type XmlContent = string | number | boolean | readonly (XmlElement | undefined)[];

export interface XmlElement {
  readonly name: string;
  readonly content: XmlContent;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export function xmlElement(name: string, content: XmlContent): XmlElement {
  return { name, content };
}

/** Write a document. @param namespace whether it is of S3's, as all are but errors */
export function xmlDocument({ name, content }: XmlElement, namespace = true): string {
  const attribute = namespace ? ` xmlns="${NAMESPACE}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attribute}>${written(content)}</${name}>`;
}

function written(content: XmlContent): string {
  if (typeof content !== 'object') return escaped(String(content));
  let text = '';
  for (const child of content) {
    if (child !== undefined) text += `<${child.name}>${written(child.content)}</${child.name}>`;
  }
  return text;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** What no document of XML 1.0 can hold, even by number. Source: https://www.w3.org/TR/xml/#charsets */
const UNWRITABLE = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Readers take a bare carriage return for a line feed, so that it goes by its number. */
function escaped(text: string): string {
  return text
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character]!)
    .replaceAll('\r', '&#13;')
    .replaceAll(UNWRITABLE, '\ufffd');
}
