import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Sandbox } from './sandbox.ts';

/**
 * The work of a day with a remote, from the first push of data.csv, which lies there, to a clone of somebody else.
 * @param place the URL of the remote, and options of `remote add`
 * @param onPushed looks at what the first push has made
 */
export function aDayWith(box: Sandbox, place: readonly string[], onPushed = () => {}): void {
  box.ok(['remote', 'add', 'origin', ...place]);
  box.ok(['add', 'data.csv']);
  box.commit('data');
  box.ok(['push']);
  onPushed();
  box.ok(['verify', '--remote', 'origin']);
  box.write('repo/data.csv', `id\n${'2\n'.repeat(50)}`);
  box.ok(['add', 'data.csv']);
  box.commit('more');
  box.ok(['push']);
  box.ok(['gc', '--remote', 'origin', '--grace', '0']);
  box.ok(['du', '--remote', 'origin']);

  box.run('git', ['clone', '-q', box.path('repo'), box.path('clone')], '.');
  const said = box.varve(['pull', '--json'], 'clone');
  expect(JSON.parse(said.out).error).toMatchObject({ code: 'settings-untrusted' });
  box.ok(['trust'], 'clone');
  box.ok(['pull'], 'clone');
  expect(readFileSync(box.path('clone/data.csv'), 'utf8')).toBe(
    readFileSync(box.path('repo/data.csv'), 'utf8'),
  );
}
