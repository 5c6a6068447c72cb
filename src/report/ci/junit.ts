import { inert } from '../../wording/neutral.ts';
import { type Markup, markup, separated } from '../markup.ts';
import type { CiFinding, CiFindings } from './findings.ts';

/**
 * JUnit XML as Jenkins, GitLab and others read it: one suite a check, one test case a finding (for drift: a feature),
 * failed where it is grave; warnings pass and speak through `system-out`; what could not be checked is skipped. A check without findings is one test case that
 * passed. No times. Source: the JUnit 10 schema of the Jenkins xUnit plugin.
 */
export function junit(checks: readonly CiFindings[]): string {
  const sum = (count: (checked: CiFindings) => number) =>
    checks.reduce((total, checked) => total + count(checked), 0);
  const counts = markup`tests="${sum(caseCount)}" failures="${sum(failureCount)}" errors="0"`;
  // Details are lines of their own.
  return inert(
    `${markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="varve" ${counts}>
${separated(checks.map(suite))}
</testsuites>
`}`,
  );
}

function suite(checked: CiFindings): Markup {
  const cases =
    checked.findings.length > 0 ? checked.findings.map((one) => testCase(checked, one)) : [passed(checked)];
  const counts = markup`tests="${cases.length}" failures="${failureCount(checked)}" errors="0" skipped="${skippedCount(checked)}"`;
  return markup`  <testsuite name="varve ${checked.check}: ${checked.subject}" ${counts}>
${separated(cases)}
    <system-out>${checked.summary}</system-out>
  </testsuite>`;
}

const caseCount = ({ findings }: CiFindings) => Math.max(findings.length, 1);
const failureCount = ({ findings }: CiFindings) => findings.filter((one) => one.grade === 'bad').length;

const isSkipped = (one: CiFinding) => one.isUnchecked === true && one.grade !== 'bad';
const skippedCount = ({ findings }: CiFindings) => findings.filter(isSkipped).length;

function testCase(checked: CiFindings, finding: CiFinding): Markup {
  const name = checked.check === 'drift' ? finding.feature : `${finding.feature}: ${finding.rule}`;
  const open = markup`    <testcase classname="${checked.subject}" name="${name}"`;
  if (finding.grade === 'good') return markup`${open}/>`;
  const text = separated([finding.message, ...finding.details]);
  if (isSkipped(finding)) return markup`${open}><skipped message="${finding.message}"/></testcase>`;
  const inner =
    finding.grade === 'bad'
      ? markup`<failure type="${finding.rule}" message="${finding.message}">${text}</failure>`
      : markup`<system-out>warning: ${text}</system-out>`;
  return markup`${open}>${inner}</testcase>`;
}

function passed(checked: CiFindings): Markup {
  return markup`    <testcase classname="${checked.subject}" name="${checked.check}"/>`;
}
