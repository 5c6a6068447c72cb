import type { TopicOrigin } from '../topic-origin.ts';
import type { TrustRequest } from './request.ts';

/**
 * Make the request of data that a topic gave: that its brokers are asked, and a registry if one is named, as whom this machine is there.
 * @param file the pointer that says so, relative to the repository
 */
export function topicRequest({ url, registry }: TopicOrigin, file: string): TrustRequest {
  const facts = [{ key: 'topic', value: url, file }];
  if (registry !== undefined) facts.push({ key: 'registry', value: registry, file });
  return { about: 'topic', name: url, facts };
}
