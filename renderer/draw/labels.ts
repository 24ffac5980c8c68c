// Direct labels at line ends: moved apart just enough that none covers another, in the order of
// their lines.

/**
 * Centres for labels of `height` pixels, wanted at `places`, inside [top, bottom]; the order of the
 * places is kept. Labels that touch share the displacement (pool adjacent violators).
 */
export function spreadLabels(
  places: readonly number[],
  height: number,
  top: number,
  bottom: number,
): number[] {
  const order = places.map((_, index) => index).sort((a, b) => places[a]! - places[b]!)
  const held = (centre: number, members: number) => {
    const half = ((members - 1) / 2) * height
    return Math.max(top + half, Math.min(bottom - half, centre))
  }
  const blocks: { members: number[]; centre: number }[] = []
  for (const index of order) {
    let block = { members: [index], centre: held(places[index]!, 1) }
    for (
      let before = blocks.at(-1);
      before && overlap(before, block, height);
      before = blocks.at(-1)
    ) {
      blocks.pop()
      const members = [...before.members, ...block.members]
      // the block's centre that moves its members least: the mean of where each would put it
      const wanted = members.map(
        (member, position) => places[member]! - (position - (members.length - 1) / 2) * height,
      )
      block = {
        members,
        centre: held(
          wanted.reduce((sum, value) => sum + value, 0) / members.length,
          members.length,
        ),
      }
    }
    blocks.push(block)
  }
  const out = new Array<number>(places.length)
  for (const { members, centre } of blocks) {
    for (const [position, member] of members.entries())
      out[member] = centre + (position - (members.length - 1) / 2) * height
  }
  return out
}

function overlap(
  above: { members: number[]; centre: number },
  below: { members: number[]; centre: number },
  height: number,
): boolean {
  return below.centre - above.centre < ((above.members.length + below.members.length) / 2) * height
}
