// What of the film can be saved: the frame that is shown, and all stored frames as a film; of two runs both beside each other.
import type { Layout } from '../../../draw/layout.ts'
import type { FrameTiles } from '../../../draw/tiles.ts'
import { count } from '../../../format.ts'
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
  const shown = [here, ...(beside ? [beside] : [])]
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

function filmsOf({ subject, beside, alignment }: Film): SaveFilm[] {
  const { frames, id, run } = subject.source
  const other = beside && { id: beside.id, frames: beside.frames, total: beside.run?.totalSteps ?? 0 }
  const framesAt = async (index: number): Promise<FrameTiles[]> => {
    const { step } = frames[index]!
    const there = other && nearestFrame(other.frames, alignedStep(alignment, step, run?.totalSteps ?? 0, other.total))
    return Promise.all([loadFrame(id, step), ...(other && there ? [loadFrame(other.id, there.step)] : [])])
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

const manifold = (frame: FrameTiles): Layout[number] => [{ tiles: frame.manifold, columns: frame.grid }]

// the images over their reconstructions, below the manifold
function whole(frame: FrameTiles): Layout[number] {
  const columns = frame.originals.count
  if (columns === 0) return manifold(frame)
  return [...manifold(frame), { tiles: frame.originals, columns }, { tiles: frame.reconstructions, columns }]
}
