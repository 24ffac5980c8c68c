// What an address holds after a change of tools: what they share stays, what is of one tool goes
// and comes back with it.
import { expect, test } from 'vitest'
import { href, parseAddress } from '../../../renderer/address.ts'
import { ToolParams } from '../../../renderer/components/explore/toolParams.ts'

const after = (address: string, tool: string, memory = new ToolParams()) => {
  const { route, params } = parseAddress(address)
  memory.note(params)
  return href(route, { ...params, ...memory.open(tool) })
}

test("a tool's own parameters leave with it, the step and the cursor stay", () => {
  expect(after('#/explore/r?tool=dimensions&row=2&step=300&z=1,2', 'compare')).toBe(
    `#/explore/r?tool=compare&step=300&z=${encodeURIComponent('1,2')}`,
  )
  expect(after('#/explore/r?tool=attributes&a=class%3A7&split=test&dims=1.2', 'plane')).toBe(
    '#/explore/r?dims=1.2',
  )
})

test('a tool opens where it was left', () => {
  const memory = new ToolParams()
  const away = after('#/explore/r?tool=dimensions&row=2', 'samplers', memory)
  expect(after(`${away}&k=4`, 'dimensions', memory)).toBe('#/explore/r?tool=dimensions&row=2')
  expect(after('#/explore/r?tool=dimensions', 'samplers', memory)).toBe(
    '#/explore/r?tool=samplers&k=4',
  )
})

test('another run begins anew', () => {
  const memory = new ToolParams()
  after('#/explore/r?tool=dimensions&row=2', 'plane', memory)
  expect(after('#/explore/q', 'dimensions', memory)).toBe('#/explore/q?tool=dimensions')
})

test('the stops of a path are shared: Encode adds to them', () => {
  expect(after('#/explore/r?tool=interpolate&points=class%3A1&along=2', 'encode')).toBe(
    '#/explore/r?tool=encode&points=class%3A1',
  )
})
