import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Find varve's folder for what outlives a process and is no setting. Source: XDG Base Directory Specification. */
export function stateFolder(): string {
  const { XDG_STATE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_STATE_HOME !== undefined && isAbsolute(XDG_STATE_HOME)) return join(XDG_STATE_HOME, 'varve');
  if (process.platform === 'win32')
    return join(LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'varve', 'state');
  return join(homedir(), '.local', 'state', 'varve');
}
