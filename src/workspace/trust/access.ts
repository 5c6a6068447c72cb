import type { Access } from '../config.ts';

/** Names of regions as AWS forms them: `eu-central-1`, `us-gov-west-1`. Anything else might become part of another host's name. */
const AWS_REGION = /^[a-z]{2,3}(-[a-z]+){1,3}-\d{1,2}$/;

/** Whether these settings lead to AWS itself, with the credentials that this machine uses anyway: of them, nobody is asked. */
export function isPlainAws({ endpoint, region, profile }: Access): boolean {
  return endpoint === undefined && profile === undefined && (region === undefined || AWS_REGION.test(region));
}
