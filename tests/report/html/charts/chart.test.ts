import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chart as drawn } from '../../../../src/report/html/charts/chart.ts';
import type { Overlay } from '../../../../src/report/html/charts/overlay.ts';

function chart(overlay: Overlay, name: string): string {
  return String(drawn(overlay, name));
}

function attribute(html: string, name: string): string[] {
  return new RegExp(`data-${name}="([^"]*)"`).exec(html)![1]!.replaceAll('&#9;', '\t').split('&#10;');
}

function ticks(html: string): string[] {
  return [...html.matchAll(/y="164"[^>]*>([^<]*)</g)].map(([, text]) => text!);
}

const halves = { before: [0.5, 0.5], after: [0.25, 0.75] };

describe('chart', () => {
  it('names whole numbers by themselves, with a tick in the middle of each bin', () => {
    const edges = [1, 2, 3, 4];
    const html = chart({ kind: 'numeric', edges, step: 1, after: [0.2, 0.3, 0.5] }, 'month');
    expect(attribute(html, 'names')).toEqual(['1', '2', '3']);
    expect(attribute(html, 'shares')).toEqual(['20 %', '30 %', '50 %']);
    expect(ticks(html)).toEqual(['1', '3', '2']);
    expect(html).toContain('d="M34,148V');
  });

  it('names edges of a range, and reads both sides', () => {
    const html = chart({ kind: 'numeric', edges: [-10, 0, 10], ...halves }, 'delay');
    expect(attribute(html, 'names')).toEqual(['-10 to 0', '0 to 10']);
    expect(attribute(html, 'shares')).toEqual(['50 %\t25 %', '50 %\t75 %']);
    expect(html).toContain('aria-valuemax="2"');
  });

  it('writes dates, and times of day without one', () => {
    const start = Date.UTC(2013, 0, 1);
    const dates = chart(
      { kind: 'time', edges: [start, start + 864e5, start + 3 * 864e5], step: 864e5, ...halves },
      'day',
    );
    expect(attribute(dates, 'names')).toEqual(['2013-01-01', '2013-01-02 to 2013-01-03']);
    const hours = Array.from({ length: 25 }, (_, hour) => hour * 36e5);
    const times = chart({ kind: 'time', edges: hours, after: Array(24).fill(1 / 24) }, 'time');
    expect(attribute(times, 'names').slice(0, 2)).toEqual(['00:00 to 01:00', '01:00 to 02:00']);
    expect(ticks(times)).toEqual(['00:00', '06:00', '12:00', '18:00']);
  });

  it('puts ticks at the edges of uneven bins', () => {
    expect(ticks(chart({ kind: 'numeric', edges: [0, 1, 100], ...halves }, 'x'))).toEqual(['0', '100', '1']);
  });

  it('sets apart what lies beyond the drawn range, with the ends of the data and of the range', () => {
    const edges = [-50, 0, 10, 20, 30, 1000];
    const html = chart({ kind: 'numeric', edges, step: 1, after: [0.1, 0.2, 0.4, 0.2, 0.1] }, 'delay');
    expect(attribute(html, 'names')).toEqual(['-50 to -1', '0 to 9', '10 to 19', '20 to 29', '30 to 999']);
    expect(html).toContain('Beyond the break: -50 to -1, 30 to 999');
    expect(ticks(html)).toEqual(['-50', '999', '0', '30', '5', '10', '15', '20', '25']);
    const stops = attribute(html, 'stops')[0]!.split(' ').map(Number);
    const widths = stops.slice(1).map((stop, at) => Math.round(stop - stops[at]!));
    expect(widths.slice(1, 4)).toEqual([81, 81, 81]);
    expect(widths[0]).toBe(40);
  });

  it('draws equal density equally high where a bin at an end is narrower', () => {
    const html = chart({ kind: 'numeric', edges: [5, 10, 20, 30], after: [0.2, 0.4, 0.4] }, 'x');
    const heights = [...html.matchAll(/V([\d.]+)h/g)].map(([, height]) => height);
    expect(new Set(heights.slice(-3)).size).toBe(1);
  });

  it('draws two bins to scale, but where one holds what lies beyond', () => {
    const html = chart({ kind: 'numeric', edges: [100, 102, 105], step: 1, after: [0.4, 0.6] }, 'id');
    expect(html).toMatch(/d="M34,148V([\d.]+)h128\.8V\1h193\.2V148"/);
    expect(chart({ kind: 'numeric', edges: [0, 1, 1000], ...halves }, 'x')).toContain('h161V');
  });

  it('names days, months or years of an axis, each with its year', () => {
    const ticksFrom = (from: string, to: string) =>
      ticks(chart({ kind: 'time', edges: [from, to].map((day) => Date.parse(day)), after: [1] }, 'x')).slice(
        2,
      );
    expect(ticksFrom('2021-01-01', '2023-05-01')).toEqual(['2021-10', '2022-04']);
    expect(ticksFrom('2010-03-05', '2019-05-01')).toEqual(['2014', '2016']);
    expect(ticksFrom('2021-01-03', '2021-02-10')).toEqual(['2021-01-17']);
  });

  it('draws values to scale, and all others not at all', () => {
    const html = chart({ kind: 'categorical', labels: ['', 'b', null], after: [0.02, 0.01, 0.97] }, 'id');
    expect(attribute(html, 'names')).toEqual(['(empty)', 'b', 'all others']);
    const widths = [...html.matchAll(/class="after-bar"[^>]* width="([\d.]+)"/g)].map(([, width]) => width);
    expect(widths).toEqual(['236', '118']);
    expect(html).toContain('97 %');
  });

  it('gives long values the room that there is', () => {
    const label = '인천 국제공항 제2여객터미널';
    expect(chart({ kind: 'categorical', labels: [label, 'b'], after: [0.6, 0.4] }, 'x')).toContain(
      `>${label}<`,
    );
  });

  it('adds together more values and bins than can be told apart', () => {
    const labels = Array.from({ length: 24 }, (_, at) => `v${at}`);
    expect(
      attribute(chart({ kind: 'categorical', labels, after: Array(24).fill(1 / 24) }, 'x'), 'names'),
    ).toHaveLength(9);
    const edges = Array.from({ length: 201 }, (_, at) => at);
    const html = chart({ kind: 'numeric', edges, after: Array(200).fill(1 / 200) }, 'x');
    expect(attribute(html, 'shares')).toEqual(Array(50).fill('2 %'));
  });

  it('says where there is nothing to draw', () => {
    expect(chart({ kind: 'categorical', labels: [null], after: [1] }, 'id')).toContain(
      'No value is frequent.',
    );
    expect(chart({ kind: 'categorical', labels: [], after: [] }, 'x')).toContain('No values');
  });

  it('draws finite shapes for whatever numbers', () => {
    const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
    const sorted = fc
      .uniqueArray(number, { minLength: 2, maxLength: 90 })
      .map((edges) => edges.sort((a, b) => a - b));
    fc.assert(
      fc.property(sorted, fc.constantFrom('numeric', 'time'), fc.boolean(), (edges, kind, whole) => {
        const shares = edges.slice(1).map(() => 1 / (edges.length - 1));
        const html = chart(
          { kind, edges, step: whole ? 1 : undefined, before: shares.map(() => 0), after: shares } as Overlay,
          'x',
        );
        expect(html.replace(/data-names="[^"]*"/, '')).not.toMatch(/NaN|Infinity|undefined/);
      }),
    );
  });
});
