// Sizes told by files that Pillow wrote, and what hostile files do: nothing is read past their end,
// nothing is believed that the limits refuse.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pictureHeader } from '../../../renderer/draw/pictureHeader.ts'
import reference from '../../reference-other/pictures.json' with { type: 'json' }

const files = Object.entries(reference.files).map(([name, text]) => ({
  name,
  bytes: Uint8Array.from(Buffer.from(text, 'base64')),
}))

describe('headers of pictures', () => {
  it.each(files)('tell the size of a $name', ({ name, bytes }) => {
    const format = { png: 'PNG', gif: 'GIF', bmp: 'BMP', jpeg: 'JPEG', webp: 'WebP' }[
      name.split('-')[0]!
    ]
    expect(pictureHeader(bytes)).toEqual({ format, width: 17, height: 11 })
  })

  it.each(files)('of a cut $name are read whole or not at all', ({ bytes }) => {
    const whole = pictureHeader(bytes)
    for (let length = 0; length < Math.min(bytes.length, 1200); length++)
      expect([null, whole]).toContainEqual(pictureHeader(bytes.subarray(0, length)))
    expect(pictureHeader(bytes.subarray(0, 9))).toBeNull()
  })

  it('never throw, whatever the bytes', () => {
    const starts = files.map(({ bytes }) => bytes.subarray(0, 32))
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(31),
        (start, more, keep) => {
          const bytes = Uint8Array.from([...start.subarray(0, keep), ...more])
          const header = pictureHeader(bytes)
          expect(header === null || (header.width >= 0 && header.height >= 0)).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('are not found in text, SVG or nothing', () => {
    for (const text of [
      '',
      'hello',
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
      '%PDF-1.7 and some more text here',
    ])
      expect(pictureHeader(new TextEncoder().encode(text))).toBeNull()
  })
})
