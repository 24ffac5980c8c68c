// What of the film can be saved: the frame that is shown, and all stored frames as a film; of two
// runs both beside each other.
import type { Layout } from '../../../draw/layout.ts'
import { manifoldSheet } from '../../../draw/manifoldSheet.ts'
import type { FrameTiles } from '../../../draw/tiles.ts'
import { count } from '../../../format.ts'
import type { RunState } from '../../../state/run.svelte.ts'
import { loadFrame } from '../../../state/frames.ts'
import type { SaveFilm, SaveSource } from '../../save/saveSource.ts'
import { alignedStep, nearestFrame } from './alignment.ts'
import type { Film } from './film.svelte.ts'

const pace = { delay: 120, hold: 1500 } // milliseconds

export function savedFilm(film: Film): SaveSource | null {
  const { source } = film.subject
  const here = film.first.frame
  const beside = film.beside ? film.second.frame : null
  if (!source.run || !here) return null
  const shown: Of[] = [
    of(here, source),
    ...(beside && film.beside ? [of(beside, film.beside)] : []),
  ]
  return {
    tool: 'film',
    run: [source.run.name, ...(film.beside?.run ? [film.beside.run.name] : [])].join('-and-'),
    step: here.step,
    pictures: [
      { label: 'Frame', name: 'frame', layout: () => shown.map(whole) },
      { label: 'Manifold', name: 'manifold', layout: () => shown.map(manifold) },
    ],
    films: source.frames.length > 1 ? filmsOf(film) : [],
  }
}

/** A frame and of how many latent dimensions it is. */
interface Of {
  frame: FrameTiles
  latentSize: number
}
const of = (frame: FrameTiles, { run }: RunState): Of => ({
  frame,
  latentSize: run?.config.latentSize ?? 2,
})

function filmsOf({ subject, beside, alignment }: Film): SaveFilm[] {
  const { frames, id, run } = subject.source
  const other = beside && {
    id: beside.id,
    frames: beside.frames,
    total: beside.run?.totalSteps ?? 0,
  }
  const framesAt = async (index: number): Promise<Of[]> => {
    const { step } = frames[index]!
    const there =
      other &&
      nearestFrame(other.frames, alignedStep(alignment, step, run?.totalSteps ?? 0, other.total))
    return Promise.all([
      loadFrame(id, step).then((frame) => of(frame, subject.source)),
      ...(other && there
        ? [loadFrame(other.id, there.step).then((frame) => of(frame, beside))]
        : []),
    ])
  }
  const about = { frames: frames.length, ...pace }
  return [
    {
      ...about,
      label: `Film of ${count(frames.length)} manifolds`,
      name: '',
      frame: async (index) => (await framesAt(index)).map(manifold),
    },
    {
      ...about,
      label: 'Film with reconstructions',
      name: 'reconstructions',
      frame: async (index) => (await framesAt(index)).map(whole),
    },
  ]
}

const manifold = ({ frame, latentSize }: Of): Layout[number] => {
  const { tiles, columns } = manifoldSheet(frame.manifold, frame.grid, latentSize)
  return [{ tiles, columns }]
}

// the images over their reconstructions, below the manifold
function whole(shown: Of): Layout[number] {
  const { frame } = shown
  const columns = frame.originals.count
  if (columns === 0) return manifold(shown)
  return [
    ...manifold(shown),
    { tiles: frame.originals, columns },
    { tiles: frame.reconstructions, columns },
  ]
}
