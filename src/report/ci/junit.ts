import { markup } from '../markup.ts';
import { inert } from '../neutral.ts';
import type { Finding, Findings } from './findings.ts';

/**
 * JUnit XML as Jenkins, GitLab and others read it: one suite a check, one test case a finding (for drift: a feature),
 * failed where it is grave; warnings pass and speak through `system-out`. A check without findings is one test case that
 * passed. No times. Source: the JUnit 10 schema of the Jenkins xUnit plugin.
 */
export function junit(checks: readonly Findings[]): string {
  const sum = (count: (checked: Findings) => number) =>
    checks.reduce((total, checked) => total + count(checked), 0);
  const document = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="varve" tests="${sum(caseCount)}" failures="${sum(failureCount)}" errors="0">`,
    ...checks.flatMap(suite),
    '</testsuites>',
    '',
  ].join('\n');
  // Details are lines of their own.
  return inert(document);
}

function suite(checked: Findings): string[] {
  const cases =
    checked.findings.length > 0 ? checked.findings.map((one) => testCase(checked, one)) : [passed(checked)];
  const counts = `tests="${cases.length}" failures="${failureCount(checked)}" errors="0" skipped="0"`;
  return [
    `  <testsuite name="${markup(`varve ${checked.check}: ${checked.subject}`)}" ${counts}>`,
    ...cases,
    `    <system-out>${markup(checked.summary)}</system-out>`,
    '  </testsuite>',
  ];
}

const caseCount = ({ findings }: Findings) => Math.max(findings.length, 1);
const failureCount = ({ findings }: Findings) => findings.filter((one) => one.grade === 'bad').length;

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
