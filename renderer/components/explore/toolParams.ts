// Which parameters of an address are of one tool alone. They leave the address with their tool and
// come back with it; all others (run, step, cursor, dimensions, classes, the stops of a path) are
// what the tools share.
import type { ParamChanges, Params } from '../../address.ts'

const own: Readonly<Record<string, readonly string[]>> = {
  interpolate: ['along', 'perleg', 'way', 'blend'],
  film: ['show', 'align'],
  dimensions: ['row', 'order', 'reach', 'others', 'inactive'],
  attributes: ['a', 'b', 'c', 'term', 'strength', 'around', 'split', 'nearest'],
  compare: ['same', 'inputs'],
  samplers: ['k', 'seed', 'cluster', 'clusters'],
}
const usual = 'plane' // the tool of an address that names none

/** What the tools of one run stood at when they were left; another run begins anew. */
export class ToolParams {
  readonly #left = new Map<string, Params>()
  #run: string | undefined

  /** Notes what is of the open tool alone. */
  note(params: Params): void {
    if (params['run'] !== this.#run) this.#left.clear()
    this.#run = params['run']
    const tool = params['tool'] ?? usual
    const names = own[tool] ?? []
    this.#left.set(
      tool,
      Object.fromEntries(Object.entries(params).filter(([name]) => names.includes(name))),
    )
  }

  /**
   * The changes of an address that open a tool where it was left, without what is of the others
   * alone.
   */
  open(tool: string): ParamChanges {
    const others = Object.entries(own).flatMap(([name, params]) => (name === tool ? [] : params))
    return {
      ...Object.fromEntries(others.map((name) => [name, null])),
      ...this.#left.get(tool),
      tool: tool === usual ? null : tool,
    }
  }
}

export const toolParams = new ToolParams()
