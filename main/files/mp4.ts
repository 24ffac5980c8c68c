// Writes grey films as MP4: H.264 baseline, 4:2:0, which every player and browser reads. The
// encoder is minih264 and libmp4v2 as WebAssembly (h264-mp4-encoder): it runs on every machine and
// brings no native code.
import { createRequire } from 'node:module'
import type { H264MP4Encoder } from 'h264-mp4-encoder'
import type { Animation, Film } from './film.ts'
import { StudioError } from '../../preload/contract/errors.ts'

let films = 0
const largestSide = 4096
/**
 * H.264's step between quantised values, 10 to 51: at 18 a film of digits has 42 dB and a third of
 * the GIF's size.
 */
const quantization = 18
/** 0 best to 10 fastest: 5 takes two thirds of the time of 0 for the same picture. */
const speed = 5
const [blackLuma, whiteLuma, noChroma] = [16, 235, 128] // what players take luma and chroma for (ITU-R BT.601, section 2.5.3)
const luma = Uint8Array.from({ length: 256 }, (_, grey) =>
  Math.round(blackLuma + ((whiteLuma - blackLuma) * grey) / 255),
)

/**
 * Frames are kept one at a time; sides that are odd get a black line more, as 4:2:0 halves both.
 */
export async function startMp4(film: Film): Promise<Animation> {
  const { width, height } = film
  const fits = (side: number) => Number.isInteger(side) && side >= 1 && side <= largestSide
  if (!fits(width) || !fits(height))
    throw new StudioError(
      'bad-input',
      `MP4: expected sides from 1 to ${largestSide}, found ${width} x ${height}. Choose a smaller --scale, or a .gif.`,
    )
  const even = { width: width + (width % 2), height: height + (height % 2) }
  const { rate, repeats } = frameRate(film.delay)
  const encoder = Object.assign(await newEncoder(), even, {
    frameRate: rate,
    quantizationParameter: quantization,
    speed,
    groupOfPictures: 2 * rate, // players find a place within two seconds
    outputFilename: `${++films}.mp4`, // one memory holds the files of all encoders
  })
  encoder.initialize()
  const planes = new Uint8Array((even.width * even.height * 3) / 2).fill(
    blackLuma,
    0,
    even.width * even.height,
  )
  planes.fill(noChroma, even.width * even.height)
  let frames = 0
  return {
    add(pixels, last) {
      if (pixels.length !== width * height)
        throw new StudioError(
          'bad-input',
          `MP4: expected ${width * height} grey pixels a frame, found ${pixels.length}.`,
        )
      for (let at = 0; at < pixels.length; at++)
        planes[Math.floor(at / width) * even.width + (at % width)] = luma[pixels[at]!]!
      const times = last ? Math.max(1, Math.round((film.lastDelay * rate) / 1000)) : repeats
      for (let time = 0; time < times; time++) encoder.addFrameYuv(planes)
      frames++
    },
    bytes() {
      if (frames === 0)
        throw new StudioError('bad-input', 'MP4: expected at least one frame, found none.')
      encoder.finalize()
      const bytes = encoder.FS.readFile(encoder.outputFilename)
      encoder.FS.unlink(encoder.outputFilename)
      encoder.delete()
      return bytes
    },
  }
}

/**
 * The encoder counts whole frames a second, so a frame that stays for another time is added more
 * than once, which costs a few bytes: 120 ms are 3 of 25. The lowest rate that is within a
 * hundredth.
 */
export function frameRate(delay: number): { rate: number; repeats: number } {
  for (let rate = 1; rate < 50; rate++) {
    const repeats = Math.round((delay * rate) / 1000)
    if (repeats >= 1 && Math.abs((repeats * 1000) / rate - delay) <= delay / 100)
      return { rate, repeats }
  }
  return { rate: 50, repeats: Math.max(1, Math.round((delay * 50) / 1000)) }
}

// Loading puts listeners on the process that end it at any rejected promise; they are taken away
// again.
async function newEncoder(): Promise<H264MP4Encoder> {
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const before = events.map((event) => process.listeners(event as 'uncaughtException'))
  const { createH264MP4Encoder } = createRequire(import.meta.url)(
    'h264-mp4-encoder',
  ) as typeof import('h264-mp4-encoder')
  const encoder = await createH264MP4Encoder()
  for (const [index, event] of events.entries())
    for (const listener of process.listeners(event as 'uncaughtException'))
      if (!before[index]!.includes(listener)) process.off(event, listener)
  return encoder
}
