import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Find varve's folder for settings of this user. Source: XDG Base Directory Specification. */
export function configFolder(): string {
  const { XDG_CONFIG_HOME, APPDATA } = process.env;
  if (isGiven(XDG_CONFIG_HOME)) return join(XDG_CONFIG_HOME, 'varve');
  if (process.platform === 'win32') return join(APPDATA || join(homedir(), 'AppData', 'Roaming'), 'varve');
  return join(homedir(), '.config', 'varve');
}

/** Find varve's folder for what outlives a process and is no setting. Source: XDG Base Directory Specification. */
export function stateFolder(): string {
  const { XDG_STATE_HOME, LOCALAPPDATA } = process.env;
  if (isGiven(XDG_STATE_HOME)) return join(XDG_STATE_HOME, 'varve');
  if (process.platform === 'win32')
    return join(LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'varve', 'state');
  return join(homedir(), '.local', 'state', 'varve');
}

/** The specification has relative paths ignored: they would lie wherever the user stands, as in a repository. */
function isGiven(folder: string | undefined): folder is string {
  return folder !== undefined && isAbsolute(folder);
}
