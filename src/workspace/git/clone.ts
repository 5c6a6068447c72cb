import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../../errors.ts';
import { git } from './git.ts';

/** Ways to a repository on which Git runs no program that the address names. */
const PROTOCOLS = ['https', 'http', 'ssh', 'git', 'file'];
/** Larger files are no pointers and no settings: they are brought when something asks for them. */
const MAX_BLOB = '16k';

/**
 * Clone a repository for its history alone: nothing is checked out, so that no filter runs; no hook and no template of the user is
 * taken over, and transports that run commands are off. Files of the repository have no say in this.
 * @param address a URL, `host:path`, or an absolute path
 * @param root an empty folder, which becomes a working tree without files; branches are named as in the repository
 * @throws VarveError `repository-unreachable`
 */
export function cloneHistory(address: string, root: string): void {
  refuseCommands(address);
  const folder = join(root, '.git');
  const settings = [
    'core.hooksPath=/dev/null',
    'core.fsmonitor=false',
    'protocol.allow=never',
    ...PROTOCOLS.map((name) => `protocol.${name}.allow=always`),
  ].flatMap((setting) => ['--config', setting]);
  mkdirSync(folder);
  const how = ['--quiet', '--bare', '--no-local', '--template=', `--filter=blob:limit=${MAX_BLOB}`];
  try {
    git(root, ['-c', 'core.hooksPath=/dev/null', 'clone', ...how, ...settings, '--', address, folder]);
    git(root, ['config', 'core.bare', 'false']);
  } catch (error) {
    if (error instanceof VarveError && error.code === 'git-failed') throw unreachable(address, error);
    throw error;
  }
}

/** `ext::…` runs what follows; other names before two colons are programs on PATH. */
function refuseCommands(address: string): void {
  const scheme = /^([\w+.-]+):\/\//.exec(address)?.[1]?.toLowerCase();
  const isAllowed = scheme === undefined || PROTOCOLS.includes(scheme);
  if (isAllowed && !address.startsWith('-') && !/^[\w+.-]*::/.test(address)) return;
  throw new VarveError('repository-unreachable', `${address} is no address that varve follows`, {
    path: address,
    remedy: `Use a path, host:path, or a URL of ${PROTOCOLS.join(', ')}.`,
  });
}

function unreachable(address: string, cause: VarveError): VarveError {
  const said = cause.message.replace(/^git clone failed in [^:]*: /, '');
  return new VarveError('repository-unreachable', `${address} cannot be cloned: ${said}`, {
    path: address,
    remedy: 'Check the address, and that Git can reach it: `git ls-remote` with it lists its branches.',
    cause,
  });
}
