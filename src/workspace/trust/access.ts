import type { Access } from '../config.ts';

/** Names of regions as AWS forms them: `eu-central-1`, `us-gov-west-1`. Anything else might become part of another host's name. */
const AWS_REGION = /^[a-z]{2,3}(-[a-z]+){1,3}-\d{1,2}$/;

/**
 * Whether these settings lead to AWS itself, with the credentials that this machine uses anyway, and ask nothing more: of them,
 * nobody is asked. More would be to let others read what is written, or to pay for what is read.
 */
export function isPlainAws({ region, ...others }: Access): boolean {
  return Object.keys(others).length === 0 && (region === undefined || AWS_REGION.test(region));
}
