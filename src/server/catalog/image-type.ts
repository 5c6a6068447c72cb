/** The types of images that are shown. SVG is none of them: it is a program that a browser runs. */
export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp' | 'image/avif';

/**
 * The type of an image by the bytes that it begins with, whatever its name says; undefined if it is none.
 * Source: WHATWG MIME Sniffing, §6.1; AVIF specification, §6 (brand `avif`).
 */
export function imageTypeOf(start: Buffer): ImageType | undefined {
  const text = start.toString('latin1', 0, 12);
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(text)) return 'image/gif';
  if (/^RIFF[\s\S]{4}WEBP/.test(text)) return 'image/webp';
  return /^[\s\S]{4}ftypavif/.test(text) ? 'image/avif' : undefined;
}
