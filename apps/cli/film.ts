// latent film: all stored frames of a run's manifold, from step 0 on, as an animated GIF or an MP4.
import { animationEndings, startAnimation } from '../../main/files/animation.ts'
import { captioned } from '../../main/files/caption.ts'
import type { Picture } from '../../main/files/png.ts'
import { mosaic } from '../../main/files/tiles.ts'
import type { Client } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { FrameInfo, Run } from '../../preload/contract/records.ts'
import type { Call, Command } from './command.ts'
import { manifoldRows } from './manifold.ts'
import { count } from './numbers.ts'
import { outFlags, outGiven, writeOut } from './output.ts'
import { withSession } from './session.ts'
import { atScale, scaleFlag, scaleGiven } from './size.ts'
import { timingFlags, timingGiven } from './timing.ts'

const [delay, hold] = [120, 2000] // milliseconds

export const film: Command = {
  name: 'film',
  summary: 'Animate the latent manifold over the course of training (GIF or MP4).',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [
    ...outFlags('.gif, or .mp4: H.264'),
    ...timingFlags(delay, hold),
    scaleFlag(1),
    { name: 'labels', help: 'Write the step under each frame.' },
  ],
  examples: [
    'latent film last --out film.gif',
    'latent film last --fps 12 --scale 2 --labels --out film.mp4',
  ],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const out = outGiven(call.flags, animationEndings)
      const [timing, scale, labels] = [
        timingGiven(call.flags, delay, hold),
        scaleGiven(call.flags, 1),
        call.flags.on('labels'),
      ]
      const run = await client.runs.get({ run: call.arguments[0]! })
      const frames = await framesOf(client, run.id)
      const drawn = async (frame: FrameInfo) => {
        const picture = atScale(await plane(client, run, frame), scale)
        return labels ? captioned(picture, `step ${count(frame.step)}`) : picture
      }
      const first = await drawn(frames[0]!)
      const size = { width: first.width, height: first.height }
      const animation = await startAnimation(out.ending, { ...size, ...timing })
      for (const [index, frame] of frames.entries()) {
        call.terminal.progress(
          `frame ${index + 1} of ${frames.length}`,
          (index + 1) / frames.length,
        )
        animation.add(
          index === 0 ? first.pixels : (await drawn(frame)).pixels,
          index === frames.length - 1,
        )
      }
      call.terminal.settle()
      const steps = frames.map((frame) => frame.step)
      const text = `${frames.length} frames, steps ${steps[0]} to ${steps.at(-1)}, ${size.width} x ${size.height} pixels`
      await writeOut(call, out, animation.bytes(), text, {
        run: run.id,
        frames: frames.length,
        steps,
        ...size,
      })
    }),
}

// A run's frames are of one size; one that is not could not stand in the same film.
async function framesOf(client: Client, run: string): Promise<FrameInfo[]> {
  const frames = await client.runs.frames({ run })
  const [first] = frames
  if (!first)
    throw new StudioError(
      'not-found',
      `Expected stored frames, found none in run ${run}. Train a run without --frames 0.`,
    )
  return frames.filter(
    (frame) =>
      frame.grid === first.grid &&
      frame.tileWidth === first.tileWidth &&
      frame.tileHeight === first.tileHeight,
  )
}

// The manifold's tiles lie first in a frame; the reconstructions after them have no place in the
// film.
async function plane(client: Client, run: Run, info: FrameInfo): Promise<Picture> {
  const frame = await client.runs.frame({ run: run.id, step: info.step })
  const rows = manifoldRows(run.config.latentSize, frame.grid)
  const [tiles, size] = [frame.grid * rows, frame.tileWidth * frame.tileHeight]
  const pixels = frame.pixels.subarray(0, tiles * size)
  return mosaic(
    { width: frame.tileWidth, height: frame.tileHeight, channels: 1, count: tiles, pixels },
    frame.grid,
  )
}
