// From any picture of any tool to the Interpolate tool.
import { router } from '../../../router.svelte.ts'
import { toolParams } from '../toolParams.ts'
import { mostStops, parseStops, stopsText, type Stop } from './stops.ts'

/** Opens Interpolate with this stop as its first, or appended to those of the address. */
export function interpolateFrom(stop: Stop, { add = false } = {}): void {
  const before = add ? (parseStops(router.params['points']) ?? []) : []
  router.set({
    ...toolParams.open('interpolate'),
    points: stopsText([...before, stop].slice(-mostStops)),
    along: null,
  })
}
