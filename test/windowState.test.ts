// The window's place: what is kept comes back, and whatever a file says or a screen became, the
// window can be seen.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fitBounds, keepWindowState, readWindowState } from '../main/windowState.ts'

const folder = mkdtempSync(join(tmpdir(), 'latent-window-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'deep/state.json')

const laptop = { x: 0, y: 25, width: 1440, height: 875 }
const beside = { x: -1920, y: 0, width: 1920, height: 1040 }

it('keeps bounds and whether the window was maximised', () => {
  const bounds = { x: 12, y: 40, width: 1000, height: 700 }
  keepWindowState(file, bounds, true)
  expect(readWindowState(file, [laptop])).toEqual({ bounds, maximised: true })
})

it('a file that cannot be written is no reason to fail', () => {
  expect(() => keepWindowState('/dev/null/state.json', laptop, false)).not.toThrow()
})

it.each([
  'nothing',
  '',
  '[]',
  '{"bounds":{"x":1},"maximised":true}',
  '{"bounds":{"x":1e9,"y":0,"width":900,"height":700},"maximised":false}',
  '{"bounds":{"x":0,"y":0,"width":"900","height":700},"maximised":false}',
  '{"bounds":{"x":null,"y":0,"width":900,"height":700},"maximised":false}',
])('from %s comes the default', (text) => {
  const damaged = join(folder, 'damaged.json')
  writeFileSync(damaged, text)
  expect(readWindowState(damaged, [laptop])).toEqual({ maximised: false })
  expect(readWindowState(join(folder, 'missing.json'), [laptop])).toEqual({ maximised: false })
})

describe('bounds', () => {
  it('on a screen stay as they are, also on one to the left of the main one', () => {
    const left = { x: -1800, y: 10, width: 900, height: 700 }
    expect(fitBounds(left, [laptop, beside])).toEqual(left)
    expect(fitBounds(left, [laptop])).toBeNull()
  })

  it('are given up when no screen shows enough of the upper edge to drag the window by', () => {
    expect(fitBounds({ x: 1400, y: 100, width: 900, height: 700 }, [laptop])).toBeNull()
    expect(fitBounds({ x: 100, y: 890, width: 900, height: 700 }, [laptop])).toBeNull()
    expect(fitBounds({ x: 100, y: -300, width: 900, height: 700 }, [laptop])).toBeNull()
    expect(fitBounds({ x: 1300, y: 100, width: 900, height: 700 }, [laptop])).not.toBeNull()
  })

  it('are brought to a size between the smallest and that of the screen', () => {
    expect(fitBounds({ x: 0, y: 25, width: 9000, height: 9000 }, [laptop])).toMatchObject({
      width: 1440,
      height: 875,
    })
    expect(fitBounds({ x: 0, y: 25, width: 300, height: 200 }, [laptop])).toMatchObject({
      width: 800,
      height: 600,
    })
    expect(fitBounds({ x: 0, y: 25, width: -300, height: 200 }, [laptop])).toBeNull()
  })
})
