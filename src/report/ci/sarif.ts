import { neutral } from '../../wording/neutral.ts';
import { canonicalJson } from '../json.ts';
import type { CiFinding, CiFindings } from './findings.ts';

const LEVELS = { bad: 'error', warn: 'warning', good: 'none' } as const;

/**
 * SARIF 2.1.0 (OASIS, https://docs.oasis-open.org/sarif/sarif/v2.1.0/) with what GitHub code scanning asks for: a rule
 * for each kind, a physical location (the dataset's file as a whole, so line 1), the feature as logical location, and
 * a fingerprint that stays the same while the finding does. Features without drift are no results.
 */
export function sarif(checks: readonly CiFindings[]): string {
  return canonicalJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: checks.map(run),
  });
}

function run(checked: CiFindings): object {
  const results = checked.findings.filter((one) => one.grade !== 'good');
  const rules = [...new Set(results.map((one) => one.rule))].sort();
  return {
    tool: { driver: { name: 'varve', rules: rules.map(rule) } },
    // GitHub takes one run a category, so each dataset is its own.
    automationDetails: { id: `varve/${checked.check}/${uri(checked.subject)}/` },
    results: results.map((one) => result(checked, one, rules.indexOf(one.rule))),
  };
}

/** `ENUM_TYPE_UNEXPECTED_STRING_VALUES` → `Enum type unexpected string values`. */
function rule(id: string): object {
  const words = id.toLowerCase().replaceAll('_', ' ');
  return { id, shortDescription: { text: words.charAt(0).toUpperCase() + words.slice(1) } };
}

function result(checked: CiFindings, finding: CiFinding, ruleIndex: number): object {
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: LEVELS[finding.grade],
    message: { text: [finding.message, ...finding.details].join('\n') },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uri(checked.file) }, region: { startLine: 1 } },
        logicalLocations: [{ name: finding.feature, kind: 'member' }],
      },
    ],
    partialFingerprints: { 'varve/v1': `${checked.check}:${finding.rule}:${finding.feature}` },
  };
}

/** A path as a URI reference (RFC 3986): each segment percent-encoded, so that no colon can read as a scheme's. */
function uri(path: string): string {
  return neutral(path).split('/').map(encodeURIComponent).join('/');
}
