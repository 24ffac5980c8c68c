// Addresses: what is written is read back, and nothing that a person may type breaks the page.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { href, parseAddress, routeNames } from '../../renderer/address.ts'

test('the thing a route is about stands in the path, the rest in the query', () => {
  expect(href('run', { run: 'x1', step: 3000, tool: 'plane' })).toBe(
    '#/run/x1?step=3000&tool=plane',
  )
  expect(parseAddress('#/run/x1?step=3000&tool=plane')).toEqual({
    route: 'run',
    params: { run: 'x1', step: '3000', tool: 'plane' },
  })
})

test('null, undefined, false and empty texts leave a parameter out; zero does not', () => {
  expect(href('data', { dataset: undefined, split: null, image: '', more: false, first: 0 })).toBe(
    '#/data?first=0',
  )
})

test('an unknown address is the list of runs', () => {
  for (const hash of ['', '#', '#/', '#/nowhere/x', '#/%E0%A4%A/x'])
    expect(parseAddress(hash).route).toBe('runs')
})

test('every address is read back as it was written', () => {
  const names = fc
    .string({ minLength: 1, maxLength: 8 })
    .filter((name) => !['run', 'dataset', '__proto__'].includes(name))
  const values = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  fc.assert(
    fc.property(
      fc.constantFrom(...routeNames),
      fc.dictionary(names, values),
      values,
      (route, others, thing) => {
        const subject =
          route === 'run' || route === 'explore'
            ? { run: thing }
            : route === 'data'
              ? { dataset: thing }
              : {}
        const params = { ...others, ...subject }
        expect(parseAddress(href(route, params))).toEqual({ route, params })
      },
    ),
  )
})
