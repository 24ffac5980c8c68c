// MP4 by the browser's own encoder (WebCodecs), put into its container by mediabunny: H.264 where
// the browser encodes it, which every player reads, else VP9 or AV1.
import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
} from 'mediabunny'
import { StudioError } from '../../../preload/contract/errors.ts'
import type { FilmFile } from './gifFilm.ts'

const largestSide = 4096
/**
 * Bits a second for each pixel: films of digits are all edges, and an encoder shares them out over
 * 30 frames a second.
 */
const bitsPerPixel = 45
const mostBits = 80e6
const names: Partial<Record<string, string>> = { avc: 'H.264', vp9: 'VP9', av1: 'AV1' }

/** Sides that are odd get a black line more: 4:2:0 halves both. */
export async function startMp4(width: number, height: number): Promise<FilmFile> {
  if (width > largestSide || height > largestSide)
    throw new StudioError(
      'bad-input',
      `MP4: expected sides up to ${largestSide}, found ${width} x ${height}. Choose a smaller width.`,
    )
  const size = { width: width + (width % 2), height: height + (height % 2) }
  const codec =
    'VideoEncoder' in globalThis
      ? await getFirstEncodableVideoCodec(['avc', 'vp9', 'av1'], size)
      : null
  if (codec === null)
    throw new StudioError(
      'bad-input',
      'MP4: expected a browser that encodes H.264, VP9 or AV1 (WebCodecs), found none of them. Save the film as GIF.',
    )
  const canvas = new OffscreenCanvas(size.width, size.height)
  const context = canvas.getContext('2d', { alpha: false })!
  const target = new BufferTarget()
  const output = new Output({ format: new Mp4OutputFormat(), target })
  const bitrate = Math.min(mostBits, Math.max(1e6, bitsPerPixel * size.width * size.height))
  // players find a place within two seconds
  const source = new CanvasSource(canvas, { codec, bitrate, keyFrameInterval: 2 })
  output.addVideoTrack(source)
  await output.start()
  let time = 0
  return {
    note: names[codec] ?? codec,
    async add({ rgba }, milliseconds) {
      context.putImageData(new ImageData(rgba, width, height), 0, 0)
      await source.add(time / 1000, milliseconds / 1000)
      time += milliseconds
    },
    async finish() {
      await output.finalize()
      return new Blob([target.buffer!], { type: 'video/mp4' })
    },
  }
}
