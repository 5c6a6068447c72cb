/** What the names of devices are on Windows, with any extension. https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
const FORBIDDEN = /[<>:"|?*]/;
/** Bytes of one name on ext4, APFS and NTFS alike. */
const MAX_NAME_BYTES = 255;

/** A file whose name some systems cannot keep, and why, as the rest of a sentence. */
export interface UnportableName {
  readonly path: string;
  readonly why: string;
}

/**
 * Find the first file whose name this system keeps and another does not; undefined if all can be kept everywhere. Linear in the paths.
 * @param paths POSIX; of a folder that is empty with a `/` at its end
 */
export function unportableName(paths: Iterable<string>): UnportableName | undefined {
  const spelled = new Map<string, string>();
  for (const path of paths) {
    let step = '';
    for (const name of path.replace(/\/$/, '').split('/')) {
      step = step === '' ? name : `${step}/${name}`;
      const why = problemElsewhere(name);
      if (why !== undefined) return { path: step, why };
      const folded = step.normalize('NFC').toLowerCase();
      const other = spelled.get(folded);
      if (other !== undefined && other !== step)
        return { path: step, why: `is the same as ${JSON.stringify(other)} on Windows and on macOS` };
      spelled.set(folded, step);
    }
  }
  return undefined;
}

function problemElsewhere(name: string): string | undefined {
  const [mark] = FORBIDDEN.exec(name) ?? [];
  if (mark !== undefined) return `has a ${mark}, which no name on Windows has`;
  if (DEVICE.test(name)) return 'is the name of a device on Windows';
  if (/[. ]$/.test(name)) return 'ends in a dot or a space, which Windows takes away';
  return Buffer.byteLength(name) > MAX_NAME_BYTES ? `is longer than ${MAX_NAME_BYTES} bytes` : undefined;
}
