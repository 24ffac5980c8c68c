// What may come in from outside: limits hold by the header alone, before anything is decoded.
import { describe, expect, it } from 'vitest'
import {
  checkedHeader,
  mostPixels,
} from '../../../renderer/components/explore/encode/openPicture.ts'
import { boxOf, usualWidth, widthAt } from '../../../renderer/draw/strokes.ts'
import reference from '../../reference-other/pictures.json' with { type: 'json' }

const png = Uint8Array.from(Buffer.from(reference.files.png, 'base64'))

function pngOf(width: number, height: number): Uint8Array {
  const bytes = png.slice()
  const view = new DataView(bytes.buffer)
  view.setUint32(16, width)
  view.setUint32(20, height)
  return bytes
}

describe('pictures from outside', () => {
  it('are refused by their header when they are too large, and say so', () => {
    expect(checkedHeader(png, 'a.png')).toMatchObject({ format: 'PNG', width: 17, height: 11 })
    expect(() => checkedHeader(pngOf(60_000, 60_000), 'bomb.png')).toThrow(
      /bomb\.png: expected at most 40 million pixels, found 60,000 x 60,000 pixels/,
    )
    expect(checkedHeader(pngOf(mostPixels / 1000, 1000), 'edge.png').width).toBe(mostPixels / 1000)
    expect(() => checkedHeader(pngOf(0, 5), 'none.png')).toThrow(/with pixels, found 0 x 5 pixels/)
  })

  it('are refused when they are no pictures', () => {
    expect(() => checkedHeader(new TextEncoder().encode('%PDF-1.7 ...'), 'paper.pdf')).toThrow(
      /paper\.pdf: expected a PNG, JPEG, GIF, BMP or WebP picture, found another kind of file/,
    )
  })
})

describe('a drawing', () => {
  it('has no box while it is empty, and one around its lines', () => {
    expect(boxOf([])).toBeNull()
    const box = boxOf([[{ x: 0.5, y: 0.25, width: 0.1 }], [{ x: 0.7, y: 0.25, width: 0.2 }]])!
    expect(
      [box.left, box.top, box.width, box.height].map((value) => Number(value.toFixed(6))),
    ).toEqual([0.45, 0.15, 0.35, 0.2])
  })

  it('may have more points than a function takes arguments', () => {
    const long = Array.from({ length: 500_000 }, (_, i) => ({ x: i / 500_000, y: 0.5, width: 0.1 }))
    expect(boxOf([long])!.width).toBeCloseTo(1.1, 4)
  })

  it('gets wider with the pen’s pressure; a mouse has the middle one', () => {
    expect(widthAt(0.5)).toBeCloseTo(usualWidth, 10)
    expect(widthAt(1)).toBeGreaterThan(widthAt(0.2))
    expect(widthAt(7)).toBe(widthAt(1))
  })
})
