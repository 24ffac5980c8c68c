// Batches as the command line has them, blends of pixels, and the strip's layout.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { portion as commandLinePortion } from '../../../apps/cli/model.ts'
import { interpolatePath } from '../../../preload/contract/path.ts'
import {
  blendPixels,
  legTiles,
  portion,
  stripLayout,
} from '../../../renderer/components/explore/interpolate/pathPictures.ts'
import type { Tiles } from '../../../renderer/draw/tiles.ts'

const picture = (...pixels: number[]): Tiles => ({
  count: 1,
  width: pixels.length,
  height: 1,
  channels: 1,
  pixels: Uint8Array.from(pixels),
})

describe('a path as pictures', () => {
  it('is asked in the batches of `latent decode`, so that equal points give equal bits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1024 }),
        fc.integer({ min: 1, max: 300_000 }),
        (latentSize, pixels) => {
          expect(portion(latentSize, pixels)).toBe(
            commandLinePortion(latentSize * 26, pixels * 4, 4096),
          )
        },
      ),
    )
  })

  it('blends where the path has its points: lerp of the pixels themselves', () => {
    const stops = [picture(0, 200), picture(100, 100), picture(255, 0)]
    for (const steps of [2, 3, 7, 60]) {
      const blend = blendPixels(stops, steps)
      const path = interpolatePath(
        stops.map(({ pixels }) => [...pixels]),
        steps,
        'lerp',
      )
      expect(blend.count).toBe(path.length)
      for (const [i, value] of blend.pixels.entries())
        expect(Math.abs(value - path.flat()[i]!)).toBeLessThanOrEqual(0.5 + 1e-9)
      expect([...legTiles(blend, 1, steps).pixels].slice(0, 2)).toEqual([100, 100])
      expect([...blend.pixels].slice(-2)).toEqual([255, 0])
    }
  })

  it('lays legs out so that they fit, with tiles no smaller than one leg a row would have', () => {
    const whole = fc.integer({ min: 1, max: 11 })
    fc.assert(
      fc.property(
        whole,
        fc.integer({ min: 2, max: 60 }),
        fc.constantFrom(1, 2),
        (legs, steps, kinds) => {
          const room = { width: 850, height: 260 }
          const { tile, legsAcross, rows } = stripLayout(room, steps, legs, kinds, 6)
          expect(rows).toBe(Math.ceil(legs / legsAcross) * kinds)
          if (tile > 3) {
            expect(legsAcross * (steps * tile + 6) - 6).toBeLessThanOrEqual(room.width)
            expect(rows * (tile + 6)).toBeLessThanOrEqual(room.height)
          }
          expect(tile).toBeGreaterThanOrEqual(
            Math.floor(Math.min(room.width / steps, room.height / (legs * kinds) - 6)),
          )
        },
      ),
    )
  })
})
