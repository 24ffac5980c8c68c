// The addresses outside the program that a person can open from it, by name. A page asks by the
// name alone, so no page can make the program open any other address.
export const links = {
  /** Kingma & Welling, Auto-Encoding Variational Bayes. */
  vaePaper: 'https://arxiv.org/abs/1312.6114',
} as const

export type LinkName = keyof typeof links
export const linkNames = Object.keys(links) as [LinkName, ...LinkName[]]
