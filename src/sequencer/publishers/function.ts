import type { Publisher } from '../publisher.ts'

/**
 * Publishes with a function of the host's: to a ticket, a printer, another database.
 *
 * @param name for the status
 * @param publish see {@link Publisher.publish}
 * @param latest see {@link Publisher.latest}
 */
export function functionPublisher(
  name: string,
  publish: Publisher['publish'],
  latest?: NonNullable<Publisher['latest']>,
): Publisher {
  return latest === undefined ? { name, publish } : { name, publish, latest }
}
