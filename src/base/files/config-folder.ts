import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Find varve's folder for settings of this user. Source: XDG Base Directory Specification. */
export function configFolder(): string {
  const { XDG_CONFIG_HOME, APPDATA } = process.env;
  // The specification has relative paths ignored: they would lie wherever the user stands, as in a repository.
  if (XDG_CONFIG_HOME !== undefined && isAbsolute(XDG_CONFIG_HOME)) return join(XDG_CONFIG_HOME, 'varve');
  if (process.platform === 'win32') return join(APPDATA || join(homedir(), 'AppData', 'Roaming'), 'varve');
  return join(homedir(), '.config', 'varve');
}
