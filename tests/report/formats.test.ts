import { spawnSync } from 'node:child_process';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { FORMATS, type ReportFormat } from '../../src/report/format.ts';
import { profileDocument } from '../../src/report/json.ts';
import { renderDrift, renderProfile, renderValidation } from '../../src/report/render.ts';
import { installed } from './peers.ts';
import { anomalies, hostile, poisoned, syntheticDrift, syntheticValidation } from './synthetic.ts';
import { flights, flightsLater } from './synthetic-profile.ts';

const options = { color: false, width: 100, name: 'data/flights.csv' };
const hostileFlights = {
  ...flights,
  tables: flights.tables.map((table) => ({ ...poisoned(table), rows: table.rows })),
};

const drift = (format: ReportFormat) => renderDrift(syntheticDrift(19), format, options);
const validation = (format: ReportFormat) => renderValidation(syntheticValidation(), format, options);

/** Each kind of report in a format, with data that means harm. */
function harmful(format: ReportFormat): string[] {
  return [
    renderDrift(poisoned(syntheticDrift(19)), format, options),
    renderValidation(poisoned(syntheticValidation()), format, options),
    ...(['junit', 'sarif', 'github'].includes(format)
      ? []
      : [renderProfile(hostileFlights, format, options)]),
  ];
}

describe('every format', () => {
  it.each(FORMATS)('gives equal documents for equal reports as %s', (format) => {
    expect(drift(format)).toBe(drift(format));
    expect(validation(format)).toBe(validation(format));
    expect(drift(format).endsWith('\n')).toBe(true);
  });

  it.each(FORMATS.filter((format) => format !== 'json'))(
    'lets no acting character through as %s',
    (format) => {
      for (const document of harmful(format)) {
        expect(document).not.toMatch(
          /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u,
        );
      }
    },
  );

  it.each(FORMATS)('takes reports of nothing, and features without values, as %s', (format) => {
    const said = (document: string) => document.replace(/<script>[\s\S]*?<\/script>/, '');
    const nonsense = /NaN|undefined|-Infinity/;
    const one = syntheticDrift(1);
    const nothing = { kind: 'categorical', labels: [], before: [], after: [] } as const;
    const odd = { ...one.features[0]!, strength: 1e6, reasons: [], measures: [], distribution: nothing };
    for (const report of [
      {
        ...one,
        features: [],
        added: [],
        removed: [],
        verdict: 'none' as const,
        summary: 'no drift in 0 features',
      },
      { ...one, features: [odd] },
    ]) {
      expect(said(renderDrift(report, format, options))).not.toMatch(nonsense);
    }
    expect(said(renderValidation(syntheticValidation([]), format, options))).not.toMatch(nonsense);
    if (['junit', 'sarif', 'github'].includes(format)) return;
    const empty = { varveProfile: 1 as const, tables: [{ name: '', rows: 0, features: [] }] };
    expect(said(renderProfile(empty, format, options))).not.toMatch(nonsense);
    expect(said(renderProfile({ varveProfile: 1, tables: [] }, format, options))).not.toMatch(nonsense);
  });

  it('says which formats there are for what is asked', () => {
    const refused = expect.objectContaining({
      code: 'format-unsupported',
      remedy: expect.stringContaining('markdown'),
    });
    expect(() => renderProfile(flights, 'sarif', options)).toThrow(refused);
  });
});

describe('text', () => {
  it('gives the answer first, then the strongest features', () => {
    const lines = drift('text').split('\n');
    expect(lines[0]).toMatch(/^✗ 4 of 19 features drifted: dep_delay/);
    expect(lines.findIndex((line) => /^✗ +dep_delay .*█/.test(line))).toBeLessThan(
      lines.findIndex((line) => /^✗ +delay_origin/.test(line)),
    );
    expect(validation('text').split('\n')[0]).toBe(
      '✗ data/flights.csv: 2 errors and 1 warning against data/flights.csv.schema.yaml, 50,000 rows',
    );
  });

  it.each([60, 100, 200])('keeps to %i terminal cells and aligns wide characters', (width) => {
    const report = syntheticDrift(30);
    const wide = {
      ...report,
      features: report.features.map((one, at) => (at === 1 ? { ...one, feature: '航空会社の名前' } : one)),
    };
    const lines = renderDrift(wide, 'text', { ...options, width }).split('\n');
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
    const start = (mark: string): number =>
      stringWidth(lines.find((line) => line.includes(mark))!.split(/[▁▂▃▄▅▆▇█]/)[0]!);
    expect(start('航空会社')).toBe(start('✗  dep_delay'));
  });

  it('colours only when asked, and says the same without', () => {
    const coloured = renderDrift(syntheticDrift(19), 'text', { ...options, color: true });
    expect(drift('text')).not.toContain('\u001b');
    expect(coloured).toContain('\u001b[31m');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(drift('text'));
  });

  it('writes a profile as a table with a sparkline a feature', () => {
    const text = renderProfile(flights, 'text', { ...options, width: 140 });
    expect(text.split('\n')[0]).toBe('data/flights.csv: 2,000 rows, 5 features');
    expect(text).toMatch(/^dep_delay +float +1\.\d %.*[▁▂▃▄▅▆▇█]/m);
    expect(text).toMatch(/^carrier +string .*length 0 +length 4 .*AA \d\d/m);
  });
});

describe('json', () => {
  it('is the report itself, in canonical order', () => {
    expect(JSON.parse(drift('json'))).toEqual(syntheticDrift(19));
    expect(JSON.parse(validation('json'))).toEqual(syntheticValidation());
    expect(JSON.parse(renderProfile(flights, 'json', options))).toEqual(
      JSON.parse(JSON.stringify(profileDocument(flights))),
    );
    const reversed = Object.fromEntries(Object.entries(syntheticDrift(3)).reverse());
    expect(renderDrift(reversed as never, 'json', options)).toBe(
      renderDrift(syntheticDrift(3), 'json', options),
    );
  });
});

describe('markdown', () => {
  it('fits a comment whatever the report', () => {
    for (const document of [
      renderDrift(poisoned(syntheticDrift(2000)), 'markdown', options),
      renderValidation(poisoned(syntheticValidation(Array(3000).fill(anomalies[0]))), 'markdown', options),
      renderProfile(
        { ...hostileFlights, tables: Array(200).fill(hostileFlights.tables[0]) },
        'markdown',
        options,
      ),
    ]) {
      expect(Buffer.byteLength(document)).toBeLessThan(60_000);
      expect(document.split('<details>').length).toBe(document.split('</details>').length);
    }
    expect(renderDrift(syntheticDrift(2000), 'markdown', options)).toMatch(/… and \d+ more/);
  });

  it('keeps every row in as many cells as its title has', () => {
    for (const document of harmful('markdown')) {
      const cells = (line: string): number => line.replace(/\\\|/g, '').split('|').length;
      for (const block of document.split('\n\n')) {
        const rows = block.split('\n').filter((line) => line.startsWith('|'));
        expect(new Set(rows.map(cells)).size).toBeLessThanOrEqual(1);
      }
    }
  });

  it('leaves no markup, link, mention or reference of the data', () => {
    for (const document of harmful('markdown')) {
      const outside = document.replace(/(`+)[^`](?:.*?[^`])?\1(?!`)/g, '');
      expect(outside).not.toMatch(/<(?!br>|\/?details>|\/?summary>|!-- -->)|\]\(|@team|#1\b|:\/\/|:tada:/);
    }
  });
});

describe('junit', () => {
  it('has a test case a feature, failed where it drifted', () => {
    const document = drift('junit');
    expect(document).toContain(
      '<testsuite name="varve drift: data/flights.csv" tests="21" failures="5" errors="0" skipped="0">',
    );
    expect(document.match(/<failure /g)).toHaveLength(5);
    expect(document.match(/<testcase /g)).toHaveLength(21);
    expect(renderValidation(syntheticValidation([]), 'junit', options)).toContain('tests="1" failures="0"');
  });

  it('escapes all that XML reserves', () => {
    for (const document of harmful('junit')) {
      expect(
        document.replace(/<\/?(\?xml|testsuites?|testcase|failure|system-out)\b[^<>]*>/g, ''),
      ).not.toMatch(/[<>]/);
      expect(document).not.toMatch(/&(?!(amp|lt|gt|quot|#39);)/);
    }
  });
});

describe('sarif', () => {
  it('has what SARIF 2.1.0 and GitHub code scanning require', () => {
    const log = JSON.parse(
      renderDrift(syntheticDrift(19), 'sarif', { ...options, file: 'data/flights#1.csv.varve' }),
    );
    expect(log.version).toBe('2.1.0');
    const [run] = log.runs;
    expect(run.tool.driver.name).toBe('varve');
    expect(run.results).toHaveLength(7);
    for (const result of run.results) {
      expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      expect(['error', 'warning']).toContain(result.level);
      expect(result.message.text).toBeTypeOf('string');
      const place = result.locations[0].physicalLocation;
      expect(place).toEqual({
        artifactLocation: { uri: 'data/flights%231.csv.varve' },
        region: { startLine: 1 },
      });
      expect(Object.keys(result.partialFingerprints)).toHaveLength(1);
    }
  });
});

describe('github', () => {
  it('annotates the file, the answer first', () => {
    const lines = validation('github').trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(
      /^::error file=data\/flights\.csv,title=varve schema::data\/flights\.csv: 2 errors/,
    );
    expect(lines[1]).toContain('(0.4 %25)');
    expect(lines[3]).toMatch(/^::warning /);
    expect(renderValidation(syntheticValidation([]), 'github', options)).toMatch(/^::notice /);
  });

  it('lets no text of the data start a command or a property', () => {
    for (const document of harmful('github')) {
      for (const line of document.trimEnd().split('\n')) {
        expect(line).toMatch(/^::(error|warning|notice) file=[^:,]*,title=[^:,]*::/);
        expect(line).not.toMatch(/\r|%(?!25|0A|3A|2C)/);
      }
    }
  });

  it('points at the file that it is told to, with line feeds escaped', () => {
    const report = renderValidation(syntheticValidation(), 'github', {
      ...options,
      file: 'a\n::error::x,y:z',
    });
    expect(report.split('\n')[0]).toContain('file=a\\n%3A%3Aerror%3A%3Ax%2Cy%3Az,title=');
  });
});

describe('prometheus', () => {
  it('names each series once, with help and type', () => {
    const metrics = drift('prometheus');
    expect(metrics).toContain('# TYPE varve_drift_feature_strength gauge\n');
    expect(metrics).toContain('varve_drift_features{dataset="data/flights.csv",verdict="drift"} 4\n');
    expect(validation('prometheus')).toContain('varve_validation_valid{dataset="data/flights.csv"} 0\n');
    expect(renderProfile(flights, 'prometheus', options)).toMatch(
      /^varve_profile_mean\{.*feature="dep_delay"\} -?\d/m,
    );
  });

  const promtool = installed('promtool');
  it.skipIf(promtool === undefined)(
    'is accepted by promtool (skipped where promtool is not installed)',
    () => {
      for (const input of [drift('prometheus'), validation('prometheus'), ...harmful('prometheus')]) {
        const checked = spawnSync(promtool!, ['check', 'metrics'], { input, encoding: 'utf8' });
        expect(checked.stderr + checked.stdout).toBe('');
        expect(checked.status).toBe(0);
      }
    },
  );
});

it('has hostile text to test with', () => {
  expect(drift('text')).not.toContain(hostile);
  expect(flightsLater.tables[0]!.rows).toBe(2000);
});
