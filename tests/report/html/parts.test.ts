import { describe, expect, it } from 'vitest';
import { strata } from '../../../src/report/html/charts/strata.ts';
import { sentence } from '../../../src/report/html/parts.ts';
import { renderDrift } from '../../../src/report/render.ts';
import { syntheticDrift } from '../synthetic.ts';

describe('a sentence', () => {
  it('keeps a list of Arabic or Hebrew values in its order, each value whole', () => {
    expect(String(sentence('one of دبي, الدار البيضاء, a<b'))).toBe(
      'one of <bdi>دبي</bdi>, <bdi>الدار البيضاء</bdi>, a&lt;b',
    );
    expect(String(sentence('share of "עִברִית" rose'))).toBe('share of &quot;<bdi>עִברִית</bdi>&quot; rose');
    expect(String(sentence('café, 강서윤'))).toBe('café, 강서윤');
  });
});

it('a feature within chance whose values are nearly all different has no small drawing', () => {
  const spark = (verdict: 'drift' | 'none', others: number): boolean => {
    const report = syntheticDrift(3);
    const distribution = {
      kind: 'categorical' as const,
      labels: ['a', null],
      before: [1 - others, others],
      after: [0.5, 0.5],
    };
    const features = [{ ...report.features[0]!, verdict, distribution }];
    return renderDrift({ ...report, features }, 'html', { color: false, width: 80 }).includes(
      'class="spark"><svg',
    );
  };
  expect([spark('none', 0.9), spark('none', 0.7), spark('drift', 0.9)]).toEqual([false, true, true]);
});

describe('the layers of a dataset', () => {
  const layers = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      name: `f${at}`,
      title: `f${at}: in every row`,
      id: `f${at}`,
      height: 1,
      tone: 'plain',
    }));

  it('have their names below where they are few, and are never as wide as areas', () => {
    const few = String(strata(layers(2), 'caption'));
    expect(few).toContain('<span title="f1: in every row">f1</span>');
    expect(few).toContain('width="48"');
    expect(String(strata(layers(50), 'caption'))).not.toContain('<span');
  });
});
