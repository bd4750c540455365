/**
 * How long to wait before asking again, in milliseconds: two seconds while something happens, slowly up to half a minute
 * while nothing does, and doubling up to two minutes while it fails.
 *
 * @param quiet how many times in a row there was nothing new
 * @param failures how many times in a row it failed
 * @param retryAfterMs what the server asked for
 * @param random 0 to 1; spreads the load of many viewers
 */
export function pollDelay(quiet: number, failures: number, retryAfterMs: number | undefined, random: number): number {
  const wanted =
    failures > 0
      ? Math.min(120_000, 2000 * 2 ** Math.min(failures, 10))
      : Math.min(30_000, 2000 * 1.3 ** Math.min(quiet, 20))
  return Math.max(Math.round(wanted * (0.9 + 0.2 * random)), retryAfterMs ?? 0)
}
