import { markup } from '../markup.ts';
import type { Finding, Findings } from './findings.ts';

/**
 * JUnit XML as Jenkins, GitLab and others read it: one test case a finding (for drift: a feature), failed where it is
 * grave; warnings pass and speak through `system-out`. A check without findings is one test case that passed. No times.
 * Source: the JUnit 10 schema of the Jenkins xUnit plugin.
 */
export function junit(checked: Findings): string {
  const cases =
    checked.findings.length > 0 ? checked.findings.map((one) => testCase(checked, one)) : [passed(checked)];
  const failures = checked.findings.filter((one) => one.grade === 'bad').length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="0"`;
  const name = markup(`varve ${checked.check}: ${checked.subject}`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="varve" tests="${cases.length}" failures="${failures}" errors="0">`,
    `  <testsuite name="${name}" ${counts}>`,
    ...cases,
    `    <system-out>${markup(checked.summary)}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(checked: Findings, finding: Finding): string {
  const name = checked.check === 'drift' ? finding.feature : `${finding.feature}: ${finding.rule}`;
  const open = `    <testcase classname="${markup(checked.subject)}" name="${markup(name)}"`;
  if (finding.grade === 'good') return `${open}/>`;
  const text = [finding.message, ...finding.details].map(markup).join('\n');
  const inner =
    finding.grade === 'bad'
      ? `<failure type="${markup(finding.rule)}" message="${markup(finding.message)}">${text}</failure>`
      : `<system-out>warning: ${text}</system-out>`;
  return `${open}>${inner}</testcase>`;
}

function passed(checked: Findings): string {
  return `    <testcase classname="${markup(checked.subject)}" name="${checked.check}"/>`;
}
