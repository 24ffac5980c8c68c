// Our GIFs, taken apart by a small reader of its own (GIF89a specification): blocks, delays, loop,
// and LZW back to pixels.
import { expect, test } from 'vitest'
import { startGif } from '../../main/files/gif.ts'

interface Read {
  width: number
  height: number
  palette: number[]
  loop: number | null
  delays: number[]
  /** Palette indices as written. */
  frames: number[][]
  /** Greys that a reader shows: an index that is transparent leaves what was there. */
  shown: number[][]
}

function readGif(bytes: Uint8Array): Read {
  const word = (at: number) => bytes[at]! | (bytes[at + 1]! << 8)
  expect(Buffer.from(bytes.subarray(0, 6)).toString()).toBe('GIF89a')
  const colours = 2 << (bytes[10]! & 7)
  const read: Read = {
    width: word(6),
    height: word(8),
    palette: [...bytes.subarray(13, 13 + 3 * colours)],
    loop: null,
    delays: [],
    frames: [],
    shown: [],
  }
  let at = 13 + 3 * colours
  let transparent = -1
  const blocks = () => {
    const data: number[] = []
    while (bytes[at]! > 0) {
      data.push(...bytes.subarray(at + 1, at + 1 + bytes[at]!))
      at += 1 + bytes[at]!
    }
    at++
    return data
  }
  while (bytes[at] !== 0x3b) {
    if (bytes[at] === 0x21) {
      const label = bytes[at + 1]
      at += 2
      const data = blocks()
      if (label === 0xf9) {
        read.delays.push(data[1]! | (data[2]! << 8))
        transparent = data[0]! & 1 ? data[3]! : -1
        expect((data[0]! >> 2) & 7).toBe(1) // the frame stays where it is
      }
      if (label === 0xff) read.loop = data[12]! | (data[13]! << 8)
    } else {
      expect(bytes[at]).toBe(0x2c)
      expect([word(at + 5), word(at + 7), bytes[at + 9]]).toEqual([read.width, read.height, 0])
      at += 11
      const frame = unpack(bytes[at - 1]!, blocks())
      const before = read.shown.at(-1)
      read.frames.push(frame)
      read.shown.push(
        frame.map((index, place) =>
          index === transparent ? before![place]! : read.palette[3 * index]!,
        ),
      )
    }
  }
  expect(at).toBe(bytes.length - 1)
  return read
}

function unpack(minimum: number, data: number[]): number[] {
  const [clear, end, output]: [number, number, number[]] = [1 << minimum, (1 << minimum) + 1, []]
  let [table, size, previous]: [number[][], number, number[] | null] = [[], minimum + 1, null]
  const reset = () =>
    ([table, size, previous] = [
      Array.from({ length: end + 1 }, (_, code) => [code]),
      minimum + 1,
      null,
    ])
  reset()
  for (let bit = 0; ;) {
    let code = 0
    for (let i = 0; i < size; i++, bit++) code |= ((data[bit >> 3]! >> (bit & 7)) & 1) << i
    if (code === end) return output
    if (code === clear) {
      reset()
      continue
    }
    const entry: number[] = table[code] ?? [...previous!, previous![0]!]
    output.push(...entry)
    if (previous) table.push([...previous, entry[0]!])
    if (table.length === 1 << size && size < 12) size++
    previous = entry
  }
}

const film = { width: 24, height: 10, delay: 80, lastDelay: 2000, loop: true }
const noise = (seed: number) =>
  Uint8Array.from(
    { length: 240 },
    (_, index) => (((index + 1) * (seed * 2654435761 + 40503)) >>> 7) & 255,
  )

// 31 greys: none is further than 4 from a pixel's own, and black and white are exact where they are
// new
function expectNear(read: Read, frame: number, pixels: Uint8Array): void {
  const greys = read.shown[frame]!
  expect(greys).toHaveLength(pixels.length)
  for (const [at, grey] of pixels.entries())
    expect(Math.abs(greys[at]! - grey), `pixel ${at}`).toBeLessThanOrEqual(
      frame === 0 && (grey === 0 || grey === 255) ? 0 : 4,
    )
}

test('frames, delays and loop come back', () => {
  const frames = [noise(1), new Uint8Array(240), noise(2)]
  const gif = startGif(film)
  frames.forEach((pixels, index) => gif.add(pixels, index === 2))
  const read = readGif(gif.bytes())
  expect([read.width, read.height, read.loop]).toEqual([24, 10, 0])
  expect(read.delays).toEqual([8, 8, 200]) // hundredths of a second
  expect(read.palette.slice(0, 93)).toEqual(
    Array.from({ length: 93 }, (_, index) => Math.round((Math.floor(index / 3) * 255) / 30)),
  )
  frames.forEach((pixels, index) => expectNear(read, index, pixels))
  expect(new Set(read.frames[0]).size).toBeGreaterThan(25)
})

test('a frame large enough to fill the code table comes back', () => {
  const pixels = Uint8Array.from(
    { length: 200 * 200 },
    (_, index) => ((index * 2654435761) >>> 11) & 255,
  )
  const gif = startGif({ ...film, width: 200, height: 200 })
  gif.add(pixels, true)
  expectNear(readGif(gif.bytes()), 0, pixels)
})

test('slow changes add up to no error, and what stays is not written again', () => {
  const gif = startGif({ ...film, width: 20, height: 12 })
  const frames = Array.from({ length: 60 }, (_, frame) =>
    noise(4).map((grey, at) => (at < 120 ? grey : Math.min(255, frame * 3))),
  )
  frames.forEach((pixels, index) => gif.add(pixels, index === 59))
  const read = readGif(gif.bytes())
  frames.forEach((pixels, index) => expectNear(read, index, pixels))
  expect(
    read.frames.slice(1).every((frame) => frame.slice(0, 120).every((index) => index === 31)),
  ).toBe(true)
})

test('a film shown once has no loop', () => {
  const gif = startGif({ ...film, loop: false })
  gif.add(noise(3), true)
  expect(readGif(gif.bytes()).loop).toBeNull()
})

test('a frame of another size and a film without frames are refused', () => {
  expect(() => startGif(film).add(new Uint8Array(239), false)).toThrow(
    /expected 240 grey pixels a frame, found 239/,
  )
  expect(() => startGif(film).bytes()).toThrow(/at least one frame/)
  expect(() => startGif({ ...film, width: 0 })).toThrow(/sides from 1/)
})
