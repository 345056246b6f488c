// Why a content is not united: thrown where it is found, deep in a tree, and turned into a value at the door.

export class Refused extends Error {}
