import type { Api, Session } from './api.ts'
import type { Text } from './markup/make.ts'
import type { SeenCheckpoint } from './model/integrity.ts'
import type { Place } from './model/place.ts'
import type { Clock } from './model/times.ts'

/** What all views share. */
export interface Context {
  readonly api: Api
  readonly clock: Clock
  /** Asked for when a view is shown: somebody may have signed in anew. */
  readonly session: () => Promise<Session>
  readonly pageSize: number
  /** A text of the page. */
  readonly t: Text
  readonly number: (value: number) => string
  readonly bytes: (value: number) => string
  /** Goes somewhere in the page. */
  readonly go: (place: Place) => void
  /** The address of a place, for links. */
  readonly hrefOf: (place: Place) => string
  /** The address to hand on. */
  readonly shareUrl: (place: Place) => string
  /** Says something to a screen reader. */
  readonly announce: (text: string) => void
  /** The verifier key of the log, if one is known. */
  readonly key: () => { readonly text: string; readonly from: 'attribute' | 'viewer' } | undefined
  /** Remembers a key that the viewer gave; undefined forgets it. */
  readonly setKey: (text: string | undefined) => void
  /** The checkpoint that this browser saw last, and puts another in its place. */
  readonly seen: {
    readonly get: () => SeenCheckpoint | undefined
    readonly set: (seen: SeenCheckpoint) => void
  }
}

/** A part of the page. */
export interface View {
  readonly element: HTMLElement
  /** Shows the view at a place of its own. */
  show(place: Place): void
  /** It is not seen any more. What was typed stays. */
  hide(): void
}
