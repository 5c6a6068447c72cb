import { expect, test } from 'vitest';
import { parseStreamPosition } from '../../src/kafka/positions.ts';

test('a place in a stream is an end, a time, an offset, or one by partition', () => {
  const at = (text: string) => parseStreamPosition(text, '--from');
  expect(at('latest')).toEqual({ kind: 'latest' });
  expect(at('12')).toEqual({ kind: 'offset', offset: 12 });
  expect(at('0:12,3:4')).toEqual({
    kind: 'offsets',
    offsets: new Map([
      [0, 12],
      [3, 4],
    ]),
  });
  const noon = Date.UTC(2026, 10, 28, 12);
  for (const text of ['2026-11-28T12:00:00Z', '2026-11-28 12:00', '2026-11-28T13:00+01:00'])
    expect([text, at(text)]).toEqual([text, { kind: 'time', time: noon }]);
  expect(at('2026-11-28')).toEqual({ kind: 'time', time: Date.UTC(2026, 10, 28) });
  for (const text of ['', 'now', '-1', '0:', '2026-13-01', '2026-11-28Z', '1e3'])
    expect(() => at(text), text).toThrow('is no place in a stream');
});
