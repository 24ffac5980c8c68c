// latent interpolate: the images along a path between images, classes or points: a strip, an
// animation, or the path itself.
import { greyBytes } from '../../main/engine/grey.ts'
import { animationEndings, startAnimation } from '../../main/files/animation.ts'
import { npyBytes } from '../../main/files/npy.ts'
import { npzBytes } from '../../main/files/npz.ts'
import { pngBytes, type Picture } from '../../main/files/png.ts'
import { mosaic } from '../../main/files/tiles.ts'
import type { Client } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { interpolatePath, type PathMode } from '../../preload/contract/path.ts'
import type { Split } from '../../preload/contract/records.ts'
import { checkpointFlag, checkpointGiven, noteOlder } from './checkpoint.ts'
import { splitFlag, splitGiven } from './codes.ts'
import { choiceGiven, wholeNumber, type Call, type Command, type Flags } from './command.ts'
import { decoded } from './decode.ts'
import { modelOf, type Model } from './model.ts'
import { outFlags, outGiven, writeOut } from './output.ts'
import { withSession } from './session.ts'
import { atScale, scaleFlag, scaleGiven } from './size.ts'
import { stopGiven, stopHelp, stopName, stopPoints, type Stop } from './stops.ts'
import { timingFlags, timingGiven } from './timing.ts'
import { count as counted } from './numbers.ts'

const modes: readonly PathMode[] = ['lerp', 'slerp']
const endings = ['.png', ...animationEndings, '.npy', '.npz'] as const
const [delay, hold] = [100, 1000] // milliseconds
const mostPoints = 4096

export const interpolate: Command = {
  name: 'interpolate',
  summary: 'Interpolate between images, classes or points: strip, animation or array.',
  about:
    'lerp follows a straight line in latent space. slerp follows a great circle, which stays close to typical prior samples in high dimensions (White 2016). Where no great circle is defined, as with one dimension, slerp is the same as lerp.',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [
    { name: 'from', value: 'PLACE', help: `Start: ${stopHelp}.` },
    { name: 'to', value: 'PLACE', help: 'End; the same forms as --from.' },
    {
      name: 'via',
      value: 'PLACE',
      multiple: true,
      help: 'A point in between; may be repeated, in order.',
    },
    splitFlag,
    {
      name: 'steps',
      value: 'N',
      help: 'Images from each point to the next, including both ends. (12)',
    },
    { name: 'mode', value: 'MODE', help: 'lerp or slerp. (lerp)' },
    {
      name: 'pixels',
      help: 'Also blend the pixels of the images directly: in a second row, or side by side in an animation.',
    },
    ...outFlags(
      '.png: a strip; .gif or .mp4: an animation; .npy: the path, N x Z; .npz: z and images, N x pixels',
    ),
    ...timingFlags(delay, hold),
    { ...scaleFlag(1), help: 'Enlarge each pixel to N x N, 1 to 64. (1; 8 in an animation)' },
    checkpointFlag,
  ],
  examples: [
    'latent interpolate last --from 3 --to 42 --out strip.png',
    'latent interpolate last --from class:3 --via class:8 --to class:0 --mode slerp --out walk.gif',
    'latent interpolate last --from z:-2,0 --to z:2,0 --steps 60 --out walk.mp4',
  ],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const [out, split, checkpoint] = [
        outGiven(call.flags, endings),
        splitGiven(call.flags),
        checkpointGiven(call.flags),
      ]
      const [steps, mode] = [
        wholeNumber(call.flags, 'steps', 12, 2, 1000),
        choiceGiven(call.flags, 'mode', modes, 'lerp'),
      ]
      const model = await modelOf(client, call.arguments[0]!)
      const stops = stopsGiven(call.flags, split, model)
      refuseLong(stops.length, steps)
      const { points, choice } = await stopPoints(client, model, stops, split, checkpoint, call)
      // as float32, which the decoder computes with: the path in the file decodes to these very
      // images
      const path = Float32Array.from(interpolatePath(points, steps, mode).flat())
      const images = await decoded(client, model, path, choice, call)
      await noteOlder(client, call.terminal, model.run.id, checkpoint, images.step)
      const walk = {
        client,
        model,
        stops,
        split,
        steps,
        path,
        pixels: images.pixels,
        step: images.step,
      }
      const count = path.length / model.latentSize
      const names = stops.map((stop) => stopName(stop, split, model))
      const text = `${count} points from ${names.join(' to ')}, ${mode}, step ${counted(images.step)}`
      const document = { run: model.run.id, step: images.step, mode, points: count, stops: names }
      await writeOut(call, out, await contents(call, out.ending, walk), text, document)
    }),
}

interface Walk {
  client: Client
  model: Model
  stops: Stop[]
  split: Split
  /** Images a leg. */
  steps: number
  /** N x Z */
  path: Float32Array
  /** N x D in [0, 1] */
  pixels: Float32Array
  step: number
}

function stopsGiven(flags: Flags, split: Split, model: Model): Stop[] {
  const end = (flag: 'from' | 'to') => {
    const text = flags.text(flag)
    if (text === undefined)
      throw new StudioError('bad-input', `--${flag}: expected ${stopHelp}, found nothing.`)
    return stopGiven(flag, text, split, model)
  }
  return [
    end('from'),
    ...flags.texts('via').map((text) => stopGiven('via', text, split, model)),
    end('to'),
  ]
}

function refuseLong(stops: number, steps: number): void {
  const points = (stops - 1) * (steps - 1) + 1
  if (points > mostPoints)
    throw new StudioError(
      'bad-input',
      `--steps: expected at most ${mostPoints} points in total, found ${points}. Use fewer steps.`,
    )
}

async function contents(call: Call, ending: string, walk: Walk): Promise<Uint8Array> {
  const { model, path, pixels } = walk
  const [Z, D] = [model.latentSize, model.pixels]
  const count = path.length / Z
  if (ending === '.npy') return npyBytes(path, [count, Z])
  if (ending === '.npz')
    return npzBytes({
      z: { shape: [count, Z], values: path },
      images: { shape: [count, D], values: pixels },
    })
  const rows = [greyBytes(pixels)]
  if (call.flags.on('pixels')) rows.push(await blended(walk))
  if (ending !== '.png') return animate(call, ending, model, rows, count)
  const strip = mosaic(
    { ...model.image, count: count * rows.length, pixels: Buffer.concat(rows) },
    count,
  )
  return pngBytes(atScale(strip, scaleGiven(call.flags, 1)))
}

// Each frame one image of the path, with its pixel blend to the right of it.
async function animate(
  call: Call,
  ending: string,
  model: Model,
  rows: Uint8Array[],
  count: number,
): Promise<Uint8Array> {
  const [scale, D] = [scaleGiven(call.flags, 8), model.pixels]
  const frame = (index: number): Picture => {
    const tiles = Buffer.concat(rows.map((row) => row.subarray(index * D, (index + 1) * D)))
    return atScale(
      mosaic({ ...model.image, count: rows.length, pixels: tiles }, rows.length),
      scale,
    )
  }
  const { width, height } = frame(0)
  const animation = await startAnimation(ending, {
    width,
    height,
    ...timingGiven(call.flags, delay, hold),
  })
  for (let index = 0; index < count; index++) {
    call.terminal.progress(`frame ${index + 1} of ${count}`, (index + 1) / count)
    animation.add(frame(index).pixels, index === count - 1)
  }
  call.terminal.settle()
  return animation.bytes()
}

/**
 * The straight line between the images themselves; a class or a point stands for what it decodes
 * to. N x D, grey.
 */
async function blended({
  client,
  model,
  stops,
  split,
  steps,
  pixels,
  step,
}: Walk): Promise<Uint8Array> {
  const D = model.pixels
  const ends: number[][] = []
  for (const [at, stop] of stops.entries()) {
    const place = at * (steps - 1) * D
    if (stop.kind !== 'image') ends.push([...pixels.subarray(place, place + D)])
    else {
      const pair = await client.latent.reconstruct({
        run: model.run.id,
        checkpoint: step,
        split,
        indices: [stop.index],
      })
      ends.push([...pair.pixels.subarray(0, D)].map((grey) => grey / 255))
    }
  }
  return greyBytes(Float32Array.from(interpolatePath(ends, steps, 'lerp').flat()))
}
