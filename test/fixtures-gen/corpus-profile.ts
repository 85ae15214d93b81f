/**
 * What real session trees look like, as figures: a survey of 524 Claude Code sessions (594 MB, 171,792 lines) and 44
 * Codex rollouts (43 MB). Lengths are bytes of a line with its newline; shares are fractions of lines unless a
 * comment says otherwise.
 */

/** Lengths at the quantiles of `quantileRanks`. */
export type Quantiles = readonly [number, number, number, number, number, number, number, number, number]

export const quantileRanks = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1] as const

export interface LineShape {
  readonly share: number
  readonly length: Quantiles
}

/** The longest drawn line. Longer ones (`jumboMinBytes` and up) are placed by plan, because one moves every mean. */
const drawnMaxBytes = 600_000

export const claudeLines = {
  assistant: { share: 0.3803, length: [803, 945, 1012, 1208, 1631, 2694, 10172, 27793, 84793] },
  progress: { share: 0.31876, length: [500, 575, 591, 704, 1838, 4741, 27087, 100744, 217669] },
  user: { share: 0.21904, length: [308, 676, 844, 2403, 8201, 25487, 77569, 182258, drawnMaxBytes] },
  'file-history-snapshot': { share: 0.02681, length: [235, 235, 349, 519, 940, 1478, 3271, 7658, 7774] },
  system: { share: 0.02118, length: [384, 432, 451, 647, 688, 801, 1158, 1886, 15776] },
  'queue-operation': { share: 0.01008, length: [137, 137, 138, 175, 295, 636, 7377, 31246, 36176] },
  attachment: { share: 0.01007, length: [405, 408, 414, 644, 976, 8429, 27531, 28258, 31599] },
  'last-prompt': { share: 0.00551, length: [142, 161, 196, 260, 342, 342, 347, 347, 347] },
  'custom-title': { share: 0.00414, length: [102, 112, 117, 117, 125, 128, 150, 150, 150] },
  mode: { share: 0.00265, length: [82, 82, 82, 82, 82, 82, 82, 82, 82] },
  summary: { share: 0.00113, length: [107, 117, 123, 128, 134, 141, 156, 169, 169] },
  'pr-link': { share: 0.00029, length: [204, 204, 204, 210, 210, 232, 232, 232, 232] },
} as const satisfies Record<string, LineShape>

export type ClaudeLineType = keyof typeof claudeLines

/** The type of a file's first line, as shares of files. */
export const claudeFirstLines = {
  'file-history-snapshot': 0.752,
  summary: 0.086,
  'queue-operation': 0.078,
  system: 0.025,
  progress: 0.021,
  user: 0.019,
  'custom-title': 0.015,
  mode: 0.004,
} as const satisfies Partial<Record<ClaudeLineType, number>>

export const claude = {
  linesPerSession: [2, 39, 87, 209, 440, 834, 1519, 1995, 2331],
  lineMedianBytes: 1120,
  lineMeanBytes: 3459,
  /** Lines over 64 KiB. */
  longLineShare: 0.004092,
  /** One line of more than 1 MiB in so many bytes. */
  bytesPerJumbo: 198_000_000,
  /** One line that is no JSON in so many bytes. */
  bytesPerInvalid: 99_000_000,
  withoutUuidShare: 0.0506,
  duplicateLineShare: 1252 / 171_792,
  /** Parents with two children, among parents. */
  forkShare: 14_202 / 148_273,
  backwardsShare: 0.04523,
  gapSeconds: [0.001, 0.006, 0.249, 1.001, 3.203, 7.039, 149.488, 2673.97, 233_995],
  stepBackSeconds: [0.001, 0.001, 0.017, 0.474, 2.31, 94.75, 18_691, 52_487, 52_487],
  gzipRatio: 5.14,
  /** Shares of files. */
  files: {
    withoutFinalNewline: 211 / 524,
    withBackwardTime: 0.798,
    withFork: 0.859,
    withMissingParent: 0.0687,
    withDanglingToolUse: 0.103,
    withCompaction: 0.15,
    withSecondRoot: 0.125,
  },
} as const

export const codexLines = {
  'event_msg/token_count': { share: 0.18328, length: [274, 595, 673, 685, 721, 724, 776, 779, 780] },
  'response_item/function_call': {
    share: 0.17893,
    length: [237, 309, 350, 467, 541, 661, 2156, 7708, 22533],
  },
  'response_item/function_call_output': {
    share: 0.17866,
    length: [171, 277, 374, 930, 4007, 10670, 40892, 43147, 81108],
  },
  'response_item/reasoning': {
    share: 0.11129,
    length: [107, 107, 169, 295, 1198, 2357, 13247, 47648, 79127],
  },
  'response_item/message': { share: 0.0954, length: [153, 268, 355, 456, 556, 1013, 23866, 33967, 40865] },
  'event_msg/agent_message': { share: 0.07955, length: [139, 236, 281, 335, 403, 562, 2098, 4123, 4704] },
  turn_context: { share: 0.05317, length: [222, 311, 328, 328, 1640, 4091, 4091, 4091, 4091] },
  'event_msg/agent_reasoning': { share: 0.04062, length: [122, 135, 140, 146, 155, 535, 747, 1010, 1072] },
  'response_item/custom_tool_call': {
    share: 0.02027,
    length: [281, 507, 675, 1190, 2238, 4512, 11636, 25861, 34705],
  },
  'response_item/custom_tool_call_output': {
    share: 0.02027,
    length: [268, 307, 319, 358, 372, 423, 752, 1598, 8546],
  },
  'event_msg/user_message': { share: 0.01187, length: [121, 175, 202, 253, 373, 1793, 14336, 40833, 40833] },
} as const satisfies Record<string, LineShape>

export type CodexLineType = keyof typeof codexLines

export const codex = {
  linesPerSession: [2, 3, 215, 568, 901, 1510, 2302, 2302, 2302],
  lineMedianBytes: 505,
  lineMeanBytes: 1456,
  gapSeconds: [0, 0.001, 0.002, 0.114, 1.52, 6.109, 44.88, 1459.759, 50_463],
  withoutFinalNewline: 11 / 44,
} as const

/** A line from here on is one of the very long ones. */
export const jumboMinBytes = 1_048_577
export const jumboMaxBytes = 2_117_182
