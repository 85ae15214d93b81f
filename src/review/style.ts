import { baseStyle } from './style-base.js'
import { conflictStyle } from './style-conflict.js'
import { frameStyle } from './style-frame.js'
import { overviewStyle } from './style-overview.js'

/** The page's one style sheet. */
export const pageStyle = baseStyle + frameStyle + overviewStyle + conflictStyle
