/** Entries of one day in UTC, by action and outcome: `GET /activity`. */
export interface ActivityDay {
  /** Such as `2026-11-25`. */
  readonly day: string
  readonly actions: readonly {
    readonly action: string
    readonly success: number
    readonly failure: number
    readonly denied: number
  }[]
}

/** The days from one time to another, those without entries too. */
export function fillDays(days: readonly ActivityDay[], since: string, until: string): ActivityDay[] {
  const known = new Map(days.map((day) => [day.day, day]))
  const filled: ActivityDay[] = []
  const end = Date.parse(until)
  for (
    let time = Date.parse(`${since.slice(0, 10)}T00:00:00Z`);
    time < end && filled.length < 100;
    time += 86_400_000
  ) {
    const day = new Date(time).toISOString().slice(0, 10)
    filled.push(known.get(day) ?? { day, actions: [] })
  }
  return filled
}

/** The actions of which there are most entries; `*` is what the server has folded together. */
export function topActions(days: readonly ActivityDay[], count: number): string[] {
  const totals = new Map<string, number>()
  for (const { actions } of days)
    for (const { action, success, failure, denied } of actions.filter(({ action }) => action !== '*'))
      totals.set(action, (totals.get(action) ?? 0) + success + failure + denied)
  return [...totals]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, count)
    .map(([action]) => action)
}

/** How many entries a day has, and how many of them failed or were denied. */
export function dayTotals({ actions }: ActivityDay): { readonly entries: number; readonly problems: number } {
  let [entries, problems] = [0, 0]
  for (const { success, failure, denied } of actions) {
    entries += success + failure + denied
    problems += failure + denied
  }
  return { entries, problems }
}
