// latent film: all stored frames of a run's manifold, from step 0 on, as an animated GIF.
import { startGif } from '../../main/files/gif.ts'
import { mosaic } from '../../main/files/tiles.ts'
import type { Client } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { FrameInfo } from '../../preload/contract/records.ts'
import { wholeNumber, type Call, type Command } from './command.ts'
import { bytesOf } from './model.ts'
import { outFlag, outGiven, writeOut } from './output.ts'
import { withSession } from './session.ts'

export const film: Command = {
  name: 'film',
  summary: 'How the latent plane formed, as an animated GIF.',
  arguments: [{ name: 'RUN', required: true, help: 'Id, beginning of an id, exact name, or "last".' }],
  flags: [
    outFlag('.gif'),
    { name: 'delay', value: 'MS', help: 'Milliseconds a frame. (120)' },
    { name: 'hold', value: 'MS', help: 'Milliseconds that the last frame stays. (2000)' },
    { name: 'once', help: 'Play once instead of for ever.' },
  ],
  examples: ['latent film last --out film.gif'],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const out = outGiven(call.flags, ['.gif'])
      const [delay, hold] = [wholeNumber(call.flags, 'delay', 120, 20, 60_000), wholeNumber(call.flags, 'hold', 2000, 20, 60_000)]
      const run = await client.runs.get({ run: call.arguments[0]! })
      const frames = await client.runs.frames({ run: run.id })
      const [first] = frames
      if (!first)
        throw new StudioError('not-found', `Run ${run.id} has no stored frames. Runs keep them unless trained with --frames 0.`)
      // a run's frames are of one size; one that is not could not stand in the same film
      const same = frames.filter(
        (frame) => frame.grid === first.grid && frame.tileWidth === first.tileWidth && frame.tileHeight === first.tileHeight,
      )
      const size = { width: first.grid * first.tileWidth, height: first.grid * first.tileHeight }
      const gif = startGif({ ...size, delay, lastDelay: hold, loop: !call.flags.on('once') })
      for (const [index, frame] of same.entries()) {
        call.terminal.progress(`frame ${index + 1} of ${same.length}`, (index + 1) / same.length)
        gif.add(await plane(client, run.id, frame), index === same.length - 1)
      }
      call.terminal.settle()
      await writeOut(out, gif.bytes())
      call.terminal.print(
        `${out}: ${same.length} frames, steps ${first.step} to ${same.at(-1)!.step}, ${size.width} x ${size.height} pixels`,
      )
      call.terminal.document({ file: out, run: run.id, frames: same.length, steps: same.map((frame) => frame.step), ...size })
    }),
}

// The manifold's tiles lie first in a frame; the reconstructions after them have no place in the film.
async function plane(client: Client, run: string, info: FrameInfo): Promise<Uint8Array> {
  const frame = await client.runs.frame({ run, step: info.step })
  const [count, size] = [frame.grid * frame.grid, frame.tileWidth * frame.tileHeight]
  const pixels = (await bytesOf(frame.pixels)).subarray(0, count * size)
  return mosaic({ width: frame.tileWidth, height: frame.tileHeight, channels: 1, count, pixels }, frame.grid).pixels
}
